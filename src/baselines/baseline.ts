/** Baselines: restorations that know no learned prior, which any learned one has to beat. */
import { TweedieError } from '../error.ts'
import type { ObservationSet } from '../observations/index.ts'
import { familyOf, isLinear } from '../operators/index.ts'
import { type SettingSpecs, type Settings, type SettingsOf, settingsOf } from '../settings.ts'
import type { NdArray } from '../tensor/index.ts'

/** What a baseline makes of observations, in the units of the data. */
export interface Estimate {
  /** [N, ...event]. */
  readonly mean: NdArray<'float32'>
  /** [K, N, ...event] of those that say how sure they are; point estimates have none. */
  readonly draws?: NdArray<'float32'>
}

/** How a baseline is asked. */
export interface BaselineOptions {
  /** Draws of each observation, of those that make draws; default 16. */
  readonly draws?: number
  /** Seed of all that is random, 0 … 2⁵³ − 1; default 0. */
  readonly seed?: number
  /** After each part of the work. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** A baseline with its settings. */
export type Baseline = (set: ObservationSet, options?: BaselineOptions) => Promise<Estimate>

/** One baseline, as lists, command lines and comparisons know it. */
export interface BaselineEntry {
  /** As it is written: `--methods kriging`. */
  readonly name: string
  /** As tables print it. */
  readonly title: string
  /** Authors and year. */
  readonly reference: string
  /** Operators that it takes. */
  readonly needs: 'linear' | 'mask'
  /** Whether it makes draws; the others are point estimates. */
  readonly draws: boolean
  readonly settings: SettingSpecs
  /**
   * The baseline with these settings; the others have their defaults.
   *
   * @throws TweedieError `input` for settings that it does not have or that are out of bounds; the baseline
   *   `input` for operators that it does not take and for blind sets, `interrupted`
   */
  make(settings?: Settings): Baseline
}

/** Why a baseline does not take the operator of a set; undefined when it does. */
export const misfitOf = (
  { name, needs }: Pick<BaselineEntry, 'name' | 'needs'>,
  { operator }: Pick<ObservationSet, 'operator'>,
): string | undefined => {
  if (operator.truth) return `${name}: needs the parameters of the operator, which blind sets hide`
  if (needs === 'mask' ? familyOf(operator.name).deletes : isLinear(operator)) return undefined
  const wanted = needs === 'mask' ? 'observations through masks' : 'a linear operator'
  return `${name} needs ${wanted}, got operator '${operator.name}'`
}

/**
 * The entry of a baseline in the list, made of a function of all its settings.
 *
 * @example
 * ```ts
 * const entry = baselineEntry({
 *   name: 'as-observed',
 *   title: 'y itself',
 *   reference: 'for comparison',
 *   needs: 'mask',
 *   draws: false,
 *   settings: {},
 *   make: () => async ({ y }) => ({ mean: y }),
 * })
 * ```
 */
export const baselineEntry = <const S extends SettingSpecs>(
  entry: Omit<BaselineEntry, 'settings' | 'make'> & {
    readonly settings: S
    make(settings: SettingsOf<S>): Baseline
  },
): BaselineEntry => ({
  ...entry,
  make: (given = {}) => {
    const restore = entry.make(settingsOf(entry.name, entry.settings, given))
    return async (set, options) => {
      const misfit = misfitOf(entry, set)
      if (misfit !== undefined) throw new TweedieError('input', misfit)
      return restore(set, options)
    }
  },
})

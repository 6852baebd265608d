/** Entries of the list of methods: needs, cost, settings, and how a method is made of them. */
import { ddpm, type Step } from '../diffusion/index.ts'
import { type SettingSpecs, type Settings, type SettingsOf, settingsOf } from '../settings.ts'
import type { GuidanceMethod, PosteriorMethod } from './method.ts'

/** Network evaluations and vector–Jacobian products through the network, for one observation. */
export interface Cost {
  readonly evaluations: number
  readonly vjps: number
}

/** One posterior method, as lists, command lines and comparisons know it. */
export interface MethodEntry {
  /** As it is written: `--method dps`. */
  readonly name: string
  /** As tables print it. */
  readonly title: string
  /** Authors and year. */
  readonly reference: string
  /**
   * Operators that it takes: any differentiable one, linear ones, linear ones with a pseudo-inverse, masks,
   * or the identity alone.
   */
  readonly needs: 'any' | 'linear' | 'pinv' | 'mask' | 'identity'
  /**
   * Whether the noise of the observation enters; methods without it take y as exact, or weigh it by a
   * setting.
   */
  readonly usesNoise: boolean
  readonly settings: SettingSpecs
  /**
   * Of one step of a sampler made of such steps (default ancestral); {@link MethodEntry.last} comes on top.
   *
   * @throws TweedieError `input` as {@link MethodEntry.make}; likewise `last`
   */
  cost(settings?: Settings, step?: Step): Cost
  /** Of what ends a draw, after its last step. */
  last(settings?: Settings): Cost
  /**
   * The method with these settings; the others have their defaults.
   *
   * @throws TweedieError `input` for settings that the method does not have or that are out of bounds
   */
  make(settings?: Settings): PosteriorMethod
}

type Described<S extends SettingSpecs> = Pick<
  MethodEntry,
  'name' | 'title' | 'reference' | 'needs' | 'usesNoise'
> & {
  readonly settings: S
}

/** The values of settings as a function of the library takes them: all of them optional. */
export type OptionsOf<S extends SettingSpecs> = Partial<SettingsOf<S>>

/**
 * All settings of a method: those given, and the defaults of the specifications, so that the library and the
 * command line have the same.
 *
 * @throws TweedieError `input` for names that the method does not have, and values out of bounds
 *
 * @example
 * ```ts
 * const settings = { gamma: { kind: 'number', default: 1, above: 0, description: 'strength' } } as const
 * const { gamma } = withDefaults('mine', settings, {}) // 1
 * ```
 */
export const withDefaults = <const S extends SettingSpecs>(
  name: string,
  specs: S,
  given: OptionsOf<S>,
): SettingsOf<S> => settingsOf(name, specs, given)

/**
 * The entry of a method in the list of methods, made of functions of all its settings, which come with
 * defaults filled in and checked. For methods that make a whole sampler; see {@link guidanceEntry}.
 *
 * @example
 * ```ts
 * const { make } = methodNamed('red-diff')
 * const method = make({})
 * ```
 */
export const methodEntry = <const S extends SettingSpecs>(
  entry: Described<S> & {
    cost(settings: SettingsOf<S>, step: Step): Cost
    last(settings: SettingsOf<S>): Cost
    make(settings: SettingsOf<S>): PosteriorMethod
  },
): MethodEntry => {
  const complete = (given: Settings = {}) => settingsOf(entry.name, entry.settings, given)
  return {
    ...entry,
    cost: (given, step = ddpm()) => entry.cost(complete(given), step),
    last: (given) => entry.last(complete(given)),
    make: (given) => entry.make(complete(given)),
  }
}

/**
 * The entry of a method that makes a denoiser of a prior and an observation. It costs the same with each
 * evaluation of a step: one of the network, and `vjps` products through its Jacobian.
 *
 * @example
 * ```ts
 * const entry = guidanceEntry({
 *   name: 'plain',
 *   title: 'the prior alone',
 *   reference: 'for comparison',
 *   needs: 'any',
 *   usesNoise: false,
 *   settings: {},
 *   make: () => (prior) => prior,
 *   vjps: () => 0,
 * })
 * ```
 */
export const guidanceEntry = <const S extends SettingSpecs>({
  vjps,
  shifts = () => false,
  ...entry
}: Described<S> & {
  make(settings: SettingsOf<S>): GuidanceMethod
  /** Products through the network's Jacobian for each evaluation. */
  vjps(settings: SettingsOf<S>): number
  /**
   * Whether it works by shifting the next state: the last denoise has none and is the network alone. Default
   * no.
   */
  shifts?(settings: SettingsOf<S>): boolean
}): MethodEntry =>
  methodEntry<S>({
    ...entry,
    cost: (settings, { evaluations }) => ({ evaluations, vjps: evaluations * vjps(settings) }),
    last: (settings) => ({ evaluations: 1, vjps: shifts(settings) ? 0 : vjps(settings) }),
  })

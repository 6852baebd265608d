/** Deletion of entries, y = m ∘ x, shared by its families: random pixels, boxes, vertices. */
import { TweedieError } from '../../error.ts'
import { stream, uniformBatch } from '../../random/index.ts'
import type { SettingSpecs, SettingsOf } from '../../settings.ts'
import { NdArray, type Shape } from '../../tensor/index.ts'
import { maskWithin } from '../domain.ts'
import { mask } from '../mask.ts'
import {
  type DrawRequest,
  defineFamily,
  type Family,
  needed,
  observations,
  type ParameterSpec,
  type Parameters,
} from './family.ts'

/** Settings of families that keep a fraction of the entries, which may differ between observations. */
export const fraction = { kind: 'number', above: 0, max: 1 } as const

export const keepMax = {
  kind: 'number',
  default: 0,
  min: 0,
  max: 1,
  description: 'when above 0, the fraction is drawn for each observation between keep and this',
} as const

/**
 * Shape of masks of latents [N, ...event]: one for all channels of an image, and for all coordinates of a
 * vertex.
 */
export const maskShape = ([n, channels, ...space]: Shape): Shape =>
  space.length > 0 ? [n, 1, ...space] : [n, channels]

/** Without the entries that are none: padding and land are never observed. */
const onlyValid = (masks: NdArray<'float32'>, { event, valid }: DrawRequest): NdArray<'float32'> =>
  valid ? maskWithin(masks, valid, event) : masks

/** Masks, or masks with what is to be said of each beside them. */
type Drawn = NdArray<'float32'> | (Parameters<NdArray<'float32'>> & { readonly mask: NdArray<'float32'> })

const isAlone = (drawn: Drawn): drawn is NdArray<'float32'> => drawn instanceof NdArray

/** A family that deletes entries, from the masks that it draws. */
export const deletion = <const S extends SettingSpecs>({
  name,
  summary,
  settings,
  masks,
  labels = {},
}: {
  readonly name: string
  readonly summary: string
  readonly settings: S
  masks(settings: SettingsOf<S>, request: DrawRequest): Drawn
  /** What is said of each mask. */
  readonly labels?: Readonly<Record<string, ParameterSpec>>
}): Family =>
  defineFamily({
    name,
    summary,
    linear: true,
    settings,
    parameters: {
      mask: {
        about: '1 where y was observed, 0 elsewhere, like one x, or one for all channels',
        binary: true,
        replaces: Object.keys(settings),
        axes: (event) => event.map((n, axis) => (axis === 0 && event.length > 1 ? [1, n] : [n])),
      },
      ...labels,
    },
    blindTo: ['mask'],
    deletes: true,
    draw: (values, request) => {
      const drawn = masks(values, request)
      const all = isAlone(drawn) ? { mask: drawn } : drawn
      return { ...all, mask: onlyValid(all.mask, request) }
    },
    make: (_, parameters, { event }) => mask(needed(name, parameters, 'mask'), event),
    observed: (parameters) => needed(name, parameters, 'mask'),
  })

/**
 * Where a fraction is drawn for each observation: from `keep` to `keepMax`, which is 0 for `keep` itself.
 *
 * @throws TweedieError `input` when the second is below the first
 */
export const keptBetween = (
  name: string,
  { keep, keepMax: most }: { readonly keep: number; readonly keepMax: number },
): readonly [low: number, high: number] => {
  if (most > 0 && most < keep)
    throw new TweedieError(
      'input',
      `operator '${name}': 'keepMax' must be at least 'keep' (${keep}), got ${most}`,
    )
  return [keep, most > 0 ? most : keep]
}

/** u_i in (0, 1), uniform, by which the fraction of observation i is chosen. */
export const shares = (count: number, seed: number, first = 0): Float32Array =>
  uniformBatch(stream(seed, 'observe share'), { observation: observations(count, first) }, [1]).data

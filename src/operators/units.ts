import { NdArray } from '../tensor/ndarray.ts'

/**
 * The prior lives on [-2, 2]; data have units of their own. For a range [lo, hi]: x' = s x + o, s = 4 / (hi -
 * lo), o = -2 - s lo.
 */

/** Lowest and highest value of the data, mapped to [-2, 2] for the prior. */
export type DataRange = readonly [low: number, high: number]

/** x -> scale · x + offset. */
export interface Affine {
  readonly scale: number
  readonly offset: number
}

/** Range of the prior's units. */
export const PRIOR_RANGE: DataRange = [-2, 2]

/** Data units to the prior's: [lo, hi] to [-2, 2]. `toPrior([0, 1])` is x -> 4 x - 2. */
export const toPrior = ([low, high]: DataRange): Affine => {
  const scale = 4 / (high - low)
  return { scale, offset: -2 - scale * low }
}

/** The prior's units to data units: [-2, 2] to [lo, hi]. */
export const fromPrior = ([low, high]: DataRange): Affine => ({
  scale: (high - low) / 4,
  offset: (low + high) / 2,
})

/** Every element through the map. `applyAffine(fromPrior([0, 1]), draws)` are draws in data units. */
export const applyAffine = ({ scale, offset }: Affine, array: NdArray<'float32'>): NdArray<'float32'> =>
  new NdArray(
    'float32',
    array.shape,
    array.data.map((value) => scale * value + offset),
  )

import { NdArray } from '../tensor/ndarray.ts'
import { type DataRange, maskLikeY, type ObservationSet } from './observations.ts'

/**
 * The prior lives on [-2, 2]; data have units of their own. This is the one place where they meet: for a range [lo, hi]
 *
 *     x' = s x + o,   s = 4 / (hi - lo),   o = -2 - s lo,   noise' = s noise.
 */

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

/** y' of each kind of operator, so that y' = A x' + s noise z again. */
const observed = (set: ObservationSet, { scale, offset }: Affine): NdArray<'float32'> => {
  const { y, operator } = set
  switch (operator.kind) {
    case 'identity':
      return applyAffine({ scale, offset }, y)
    case 'mask': {
      const mask = maskLikeY(set).data
      return new NdArray(
        'float32',
        y.shape,
        y.data.map((value, i) => (mask[i] ? scale * value + offset : 0)),
      )
    }
    case 'projection': {
      const { data, shape } = operator.matrix
      const width = shape[2]
      const rowSum = (row: number) =>
        data.subarray(row * width, (row + 1) * width).reduce((sum, a) => sum + a, 0)
      return new NdArray(
        'float32',
        y.shape,
        y.data.map((value, row) => scale * value + offset * rowSum(row)),
      )
    }
  }
}

/**
 * The same observations of x' = s x + o, in the prior's units: range [-2, 2], noise s · noise, the same operator.
 *
 * Masked: y' = s y + o where observed, 0 elsewhere. Projected: y' = s y + o A 1. Identity: y' = s y + o.
 *
 * @example
 * ```ts
 * const { y, operator, noise } = observationsInPriorUnits(readObservations('observations.npz'))
 * ```
 */
export const observationsInPriorUnits = (set: ObservationSet): ObservationSet => {
  const map = toPrior(set.range)
  return { y: observed(set, map), operator: set.operator, noise: map.scale * set.noise, range: PRIOR_RANGE }
}

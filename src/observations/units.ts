/**
 * The prior lives on [-2, 2]; data have units of their own. This is the one place where observations change theirs:
 *
 *     x' = s x + o,   s = 4 / (hi - lo),   o = -2 - s lo,   noise' = s noise.
 */

import { type Affine, applyAffine, PRIOR_RANGE, toPrior } from '../operators/index.ts'
import { NdArray } from '../tensor/ndarray.ts'
import { maskLikeY, type ObservationSet } from './observation-set.ts'
import type { FamilyOperator } from './operator.ts'

/** y' of each kind of operator, so that y' = A x' + s noise z again. */
const observed = (set: ObservationSet, { scale, offset }: Affine): NdArray<'float32'> => {
  const { y, operator } = set
  switch (operator.kind) {
    case 'family':
      return y
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

/** `second` after `first`. */
const after = (first: Affine, second: Affine): Affine => ({
  scale: second.scale * first.scale,
  offset: second.scale * first.offset + second.offset,
})

const IDENTITY: Affine = { scale: 1, offset: 0 }

const withUnits = (operator: FamilyOperator, map: Affine): FamilyOperator => ({
  ...operator,
  units: after(operator.units ?? IDENTITY, map),
})

/**
 * The same observations of x' = s x + o, in the prior's units: range [-2, 2], noise s · noise, the same operator.
 *
 * Masked: y' = s y + o where observed, 0 elsewhere. Projected: y' = s y + o A 1. Identity: y' = s y + o.
 *
 * A family keeps its y, and its operator notes the map: programs make y' = s y + o A 1 of it where y is linear in x, and observe
 * (x' − o)/s where it is not; then the noise keeps its units too.
 *
 * @example
 * ```ts
 * const { y, operator, noise } = observationsInPriorUnits(readObservations('observations.npz'))
 * ```
 */
export const observationsInPriorUnits = (set: ObservationSet): ObservationSet => {
  const { operator, noise, std } = set
  const map = toPrior(set.range)
  const s = operator.kind === 'family' && !operator.linear ? 1 : map.scale
  return {
    y: observed(set, map),
    operator: operator.kind === 'family' ? withUnits(operator, map) : operator,
    noise: s * noise,
    ...(std ? { std: applyAffine({ scale: s, offset: 0 }, std) } : {}),
    range: PRIOR_RANGE,
  }
}

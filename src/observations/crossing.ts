/**
 * The one crossing of units. Data are in units of their own; a prior knows x' = s x + o, which takes their
 * range to [−2, 2]. Since A (s x + o) = s A x + o A 1 for linear A,
 *
 *     y' = s y + o A 1,   noise' = s noise,   with the same A;
 *
 * entries that were never observed are 0 on both sides. Where A is not linear, y and its noise stay as they
 * are and A' x' = A ((x' − o)/s).
 */

import type { Affine, NonlinearOperator, Observation, Operator } from '../operators/index.ts'
import { diagonalNoise, isotropicNoise } from '../operators/index.ts'
import { add, broadcastTo, constant, full, greater, mul, sub, type Tensor, where } from '../tensor/index.ts'

/** A batch as it was observed, in the units of the data. */
export interface RawObservation {
  /** [B, ...A.outShape]. */
  readonly y: Tensor
  readonly A: Operator
  /**
   * 1 where y was observed, 0 elsewhere, broadcastable to y; a nominal mask has fractions. Absent:
   * everywhere.
   */
  readonly observed?: Tensor
  /** Standard deviation of the noise: of all entries alike, or [1 or B, ...A.outShape]. */
  readonly std: number | Tensor
  /** What a linear A saw of the outside of a domain; it is off y already. */
  readonly outside?: Tensor
}

/** y in the units of a prior, see the head of this file; y itself where A is not linear. */
export const crossed = (
  { y, A, observed }: Omit<RawObservation, 'std'>,
  { scale, offset }: Affine,
): Tensor => {
  if (!A.linear) return y
  const ones = broadcastTo(constant(full([], 1, y.dtype)), [y.shape[0], ...A.inShape])
  const shifted = add(mul(y, scale), mul(A.apply(ones), offset))
  return observed ? where(greater(observed, 0), shifted, 0) : shifted
}

/** x' ↦ A((x' − o)/s). */
const ofPriorUnits = (A: NonlinearOperator, { scale, offset }: Affine): NonlinearOperator => ({
  ...A,
  apply: (x) => A.apply(mul(sub(x, offset), 1 / scale)),
})

/** The observation as a prior's posterior takes it, by x' = scale · x + offset. */
export const inPriorUnits = (raw: RawObservation, units: Affine): Observation => {
  const { A, std } = raw
  const s = A.linear ? units.scale : 1
  return {
    y: crossed(raw, units),
    A: A.linear ? A : ofPriorUnits(A, units),
    noise: typeof std === 'number' ? isotropicNoise(s * std) : diagonalNoise(mul(std, s)),
  }
}

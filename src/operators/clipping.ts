import { add, clip, mul, type Shape, sub } from '../tensor/index.ts'
import type { NonlinearOperator } from './operator.ts'

/** Options of {@link clipping}. */
export interface ClippingOptions {
  /** Factor by which contrast around the middle grows before it is cut, default 2. */
  readonly gain?: number
  /** What the sensor can tell, default [0, 1]. */
  readonly low?: number
  readonly high?: number
}

/**
 * A sensor that saturates, seen as the inverse problem of high dynamic range (Song et al. 2023, ΠGDM):
 *
 *     y = clip(m + gain (x − m), low, high),    m = (low + high)/2.
 *
 * Saturated entries have the derivative 0: they say nothing to methods that use derivatives.
 *
 * @example
 * ```ts
 * clipping([3, 32, 32], { gain: 2, low: -1, high: 1 }) // clip(2 x, −1, 1)
 * ```
 */
export const clipping = (
  event: Shape,
  { gain = 2, low = 0, high = 1 }: ClippingOptions = {},
): NonlinearOperator => {
  const middle = (low + high) / 2
  return {
    name: 'clipping',
    linear: false,
    inShape: event,
    outShape: event,
    apply: (x) => clip(add(mul(sub(x, middle), gain), middle), low, high),
  }
}

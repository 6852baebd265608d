import { TweedieError } from '../error.ts'
import { add, clip, mul, type Shape, sub } from '../tensor/index.ts'
import type { NonlinearOperator } from './operator.ts'

/** Options of {@link clipping}. */
export interface ClippingOptions {
  /** Factor by which contrast around the middle grows before it is cut, above 0, default 2. */
  readonly gain?: number
  /** Range of the sensor in the units of x, default [0, 1]. */
  readonly low?: number
  readonly high?: number
}

/**
 * A sensor that saturates: the inverse problem of high dynamic range (Song et al. 2023, ΠGDM):
 *
 *     y = clip(m + gain (x − m), low, high),    m = (low + high)/2.
 *
 * Saturated entries have the derivative 0: they say nothing to methods that use derivatives.
 *
 * @param event - shape of one x, any
 * @throws TweedieError `input` unless the gain is positive and low < high
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
  if (!(gain > 0 && low < high))
    throw new TweedieError(
      'input',
      `clipping: needs a positive gain and low < high, got gain ${gain}, low ${low} and high ${high}`,
    )
  const middle = (low + high) / 2
  return {
    name: 'clipping',
    linear: false,
    inShape: event,
    outShape: event,
    apply: (x) => clip(add(mul(sub(x, middle), gain), middle), low, high),
  }
}

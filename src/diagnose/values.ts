import { TweedieError } from '../error.ts'
import { firstNotFinite, type NdArray, type Shape } from '../tensor/index.ts'
import { sameShape } from '../tensor/shape.ts'

/**
 * The elements of an array as plain numbers, all finite: a diagnostic that averages over a NaN
 * says nothing, so it refuses.
 *
 * @throws TweedieError `input` for int64, `numeric` at the first NaN or infinity, naming
 *   `what` and the position.
 */
export const finiteValues = (array: NdArray, what: string): ArrayLike<number> => {
  const { data } = array
  if (data instanceof BigInt64Array) {
    throw new TweedieError('input', `${what}: expected numbers of a float or small integer dtype, got int64`)
  }
  const first = firstNotFinite({ data })
  if (first < 0) return data
  throw new TweedieError(
    'numeric',
    `${what}: expected finite numbers, got ${data[first]} at element ${first}`,
  )
}

/** @throws TweedieError `shape` unless both shapes are the same. */
export const requireSameShape = (got: Shape, expected: Shape, what: string): void => {
  if (sameShape(got, expected)) return
  throw new TweedieError('shape', `${what}: expected shape [${expected}], got [${got}]`)
}

/**
 * Number of draws of `x` per problem of `truth`: x is `[...truth.shape]` (one) or `[K, ...truth.shape]` (K).
 *
 * @throws TweedieError `shape` when it is neither.
 */
export const leadingDraws = (x: Shape, truth: Shape, what: string): number => {
  const extra = x.length - truth.length
  if (extra === 1) requireSameShape(x.slice(1), truth, `${what} after its draws axis`)
  else requireSameShape(x, truth, what)
  return extra === 1 ? x[0] : 1
}

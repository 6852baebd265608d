import { TweedieError } from '../error.ts'
import { NdArray, sizeOf } from '../tensor/index.ts'
import { finiteValues } from './values.ts'

const requireDraws = (draws: NdArray, least: number, what: string): number => {
  const k = draws.shape[0] ?? 0
  if (k < least) {
    throw new TweedieError(
      'shape',
      `${what}: needs at least ${least} draws on the first axis, got shape [${draws.shape}]`,
    )
  }
  return k
}

const sumOverDraws = (values: ArrayLike<number>, draws: number, size: number): Float64Array => {
  const sum = new Float64Array(size)
  for (let k = 0, at = 0; k < draws; k++) for (let i = 0; i < size; i++, at++) sum[i] += values[at]
  return sum
}

/**
 * Mean over the draws: the estimate of the posterior mean E[x | y], the least squared error
 * that a single image can have.
 *
 * @param draws `[K, N, ...event]`, K ≥ 1
 * @returns float32 `[N, ...event]` (sums in float64)
 * @throws TweedieError `shape` without a draw, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * meanOverDraws(ndarray([0, 1, 2, 5], [2, 2])) // [1, 3]
 * ```
 */
export const meanOverDraws = (draws: NdArray): NdArray<'float32'> => {
  const k = requireDraws(draws, 1, 'meanOverDraws')
  const shape = draws.shape.slice(1)
  const sum = sumOverDraws(finiteValues(draws, 'meanOverDraws: draws'), k, sizeOf(shape))
  return new NdArray(
    'float32',
    shape,
    Float32Array.from(sum, (s) => s / k),
  )
}

/**
 * Standard deviation over the draws, the picture of the uncertainty, with the unbiased 1/(K-1) variance.
 *
 * @param draws `[K, N, ...event]`, K ≥ 2
 * @returns float32 `[N, ...event]` (sums in float64, two passes)
 * @throws TweedieError `shape` for fewer than 2 draws, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * stdOverDraws(ndarray([0, 1, 2, 5], [2, 2])) // [√2, √8]
 * ```
 */
export const stdOverDraws = (draws: NdArray): NdArray<'float32'> => {
  const k = requireDraws(draws, 2, 'stdOverDraws')
  const shape = draws.shape.slice(1)
  const values = finiteValues(draws, 'stdOverDraws: draws')
  const size = sizeOf(shape)
  const mean = sumOverDraws(values, k, size).map((s) => s / k)
  const squares = new Float64Array(size)
  for (let d = 0, at = 0; d < k; d++)
    for (let i = 0; i < size; i++, at++) squares[i] += (values[at] - mean[i]) ** 2
  return new NdArray(
    'float32',
    shape,
    Float32Array.from(squares, (s) => Math.sqrt(s / (k - 1))),
  )
}

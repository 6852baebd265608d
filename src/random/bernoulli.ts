import { TweedieError } from '../error.ts'
import type { NdArray, Shape } from '../tensor/ndarray.ts'
import { batch, eachChunk, type Fill, row } from './rows.ts'
import type { At, BatchAt, Stream } from './stream.ts'

/** Fills with 1 where the word is below p · 2^32, else 0: p is exact to 2^-32, and 0 and 1 are certain. */
const fillBernoulli = (p: number): Fill<Float32Array> => {
  if (!(p >= 0 && p <= 1)) throw new TweedieError('input', `bernoulli: p must lie in [0, 1], got ${p}`)
  const threshold = p * 2 ** 32
  return (out, stream, at) =>
    eachChunk(out.length, stream, at, (words, start, count) => {
      for (let i = 0; i < count; i++) out[start + i] = words[i] >>> 0 < threshold ? 1 : 0
    })
}

/**
 * A 0/1 mask of independent entries that are 1 with probability `p`.
 *
 * @throws TweedieError `input` when `p` is outside [0, 1] or the address is out of range.
 * @example
 * ```ts
 * const mask = bernoulli(stream(0, 'mask'), 0.25, [1, 28, 28], { observation: 7 }) // 25 % observed
 * ```
 */
export const bernoulli = (stream: Stream, p: number, shape: Shape, at: At = {}): NdArray<'float32'> =>
  row(fillBernoulli(p), stream, shape, at)

/** Masks `[B, ...event]`, row i from the address of `observation[i]`. */
export const bernoulliBatch = (stream: Stream, p: number, at: BatchAt, event: Shape): NdArray<'float32'> =>
  batch(fillBernoulli(p), stream, at, event)

/**
 * Standard normals by Box & Muller (1958): (r cos t, r sin t) with r^2 = -2 ln u and t uniform on the circle.
 *
 * The logarithm, sine and cosine are polynomials (kernels.ts) in + - * / and square root only, which IEEE 754
 * rounds alike everywhere: the same bits in every engine, which `Math.log` and `Math.sin` do not promise, and
 * they are faster. Absolute errors are below 1e-10, far under a float32's rounding.
 */
import type { NdArray, Shape } from '../tensor/ndarray.ts'
import { normalsOf } from './kernels.ts'
import { batch, eachChunk, row } from './rows.ts'
import type { At, BatchAt, Stream } from './stream.ts'

/** Fills `out` with standard normals of one address. */
export const fillNormal = (out: Float32Array, stream: Stream, at: At = {}): void =>
  eachChunk(out.length, stream, at, (words, start, count) => normalsOf(out, start, words, count))

/**
 * Standard normals N(0, 1), |z| < 6.8.
 *
 * @param shape shape of the result.
 * @param at address inside the stream; the element index counts row-major through `shape`.
 * @throws TweedieError `input` when the address is out of range.
 * @example
 * ```ts
 * const z = normal(stream(0, 'start'), [1, 28, 28], { observation: 7 })
 * ```
 */
export const normal = (stream: Stream, shape: Shape, at: At = {}): NdArray<'float32'> =>
  row(fillNormal, stream, shape, at)

/**
 * Standard normals `[B, ...event]` whose row i is
 * `normal(stream, event, { …, observation: observation[i] })`, whatever the other rows are.
 *
 * @example
 * ```ts
 * const z = normalBatch(stream(0, 'noise'), { lap: 2, step: 10, observation: [4, 9, 1] }, [1, 28, 28])
 * ```
 */
export const normalBatch = (stream: Stream, at: BatchAt, event: Shape): NdArray<'float32'> =>
  batch(fillNormal, stream, at, event)

import type { NdArray, Shape } from '../tensor/ndarray.ts'
import { batch, eachChunk, row } from './rows.ts'
import type { At, BatchAt, Stream } from './stream.ts'

const SPACING = 2 ** -23

/**
 * Fills `out` with uniforms of one address: the midpoints (k + 1/2) / 2^23, exact in float32, never 0 or 1.
 */
export const fillUniform = (out: Float32Array, stream: Stream, at: At = {}): void =>
  eachChunk(out.length, stream, at, (words, start, count) => {
    for (let i = 0; i < count; i++) out[start + i] = ((words[i] >>> 9) + 0.5) * SPACING
  })

/**
 * Uniforms on the open interval (0, 1).
 *
 * @param shape shape of the result.
 * @param at address inside the stream.
 * @throws TweedieError `input` when the address is out of range.
 * @example
 * ```ts
 * const u = uniform(stream(0, 'times'), [64], { step: 3 })
 * ```
 */
export const uniform = (stream: Stream, shape: Shape, at: At = {}): NdArray<'float32'> =>
  row(fillUniform, stream, shape, at)

/** Uniforms `[B, ...event]`, row i from the address of `observation[i]` (as in `normalBatch`). */
export const uniformBatch = (stream: Stream, at: BatchAt, event: Shape): NdArray<'float32'> =>
  batch(fillUniform, stream, at, event)

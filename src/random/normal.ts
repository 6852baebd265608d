import type { NdArray, Shape } from '../tensor/ndarray.ts'
import { batch, eachChunk, row } from './rows.ts'
import type { At, BatchAt, Stream } from './stream.ts'

/**
 * Standard normals by Box & Muller (1958): (r cos t, r sin t) with r^2 = -2 ln u and t uniform on the circle.
 *
 * The logarithm, sine and cosine are polynomials written out here, in + - * / and square root only, which
 * IEEE 754 rounds alike everywhere: the same bits in every JavaScript engine, which `Math.log` and `Math.sin`
 * do not promise, and they are faster. Absolute errors are below 1e-10, far under a float32's rounding.
 */

/** -2 ln 2 and powers 2^-e, e = 0 … 32. */
const MINUS_2_LN2 = -2 * Math.LN2
const powers = Float64Array.from({ length: 33 }, (_, e) => 2 ** -e)
const QUARTER_TURN = Math.PI / 2 / 2 ** 30

/**
 * -2 ln((w + 1/2) / 2^32) for an unsigned word w, by ln m = 2 artanh((m - 1) / (m + 1)) with m in [1/√2, √2).
 */
const minusTwoLog = (word: number): number => {
  const v = (word >>> 0) + 0.5
  let e = 32 - Math.clz32(word)
  let m = v * powers[e]
  if (m < Math.SQRT1_2) {
    m += m
    e -= 1
  }
  const s = (m - 1) / (m + 1)
  const q = s * s
  const series = 1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13))))))
  return MINUS_2_LN2 * (e - 32) - 4 * s * series
}

/** Writes normals for `count` words from `start` on: words 2i and 2i + 1 make elements 2i and 2i + 1. */
const boxMuller = (out: Float32Array, words: Int32Array, start: number, count: number): void => {
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(minusTwoLog(words[i]))
    const angle = words[i + 1]
    const t = ((angle & 0x3fffffff) - 0x1fffffff - 0.5) * QUARTER_TURN
    const q = t * t
    const sine =
      t * (1 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 + q * (-1 / 39916800))))))
    const cosine =
      1 +
      q *
        (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320 + q * (-1 / 3628800 + q * (1 / 479001600))))))
    // The two top bits turn by quarters: (c, s), (-s, c), (-c, -s), (s, -c).
    const swapped = (angle & 0x40000000) !== 0
    const sign = angle < 0 ? -radius : radius
    out[start + i] = sign * (swapped ? -sine : cosine)
    if (i + 1 < count) out[start + i + 1] = sign * (swapped ? cosine : sine)
  }
}

/** Fills `out` with standard normals of one address. */
export const fillNormal = (out: Float32Array, stream: Stream, at: At = {}): void =>
  eachChunk(out.length, stream, at, (words, start, count) => boxMuller(out, words, start, count))

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

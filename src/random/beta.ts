import { TweedieError } from '../error.ts'
import type { NdArray, Shape } from '../tensor/ndarray.ts'
import { batch, type Fill, row } from './rows.ts'
import { type At, type BatchAt, randomWords, type Stream } from './stream.ts'

/** Above this many uniforms the ratio of gammas is cheaper than sorting. */
const MOST_UNIFORMS = 32

/** Order statistics whose words are made at once. */
const CHUNK = 128

/** Blocks that one gamma may try; a try fails with probability < 0.05, so 32 failures never happen. */
const TRIES = 32

/** The float32 neighbours of 0 and 1: rounding must not leave the open interval. */
const SMALLEST = 2 ** -126
const LARGEST = 1 - 2 ** -24

const inside = (x: number): number => Math.min(LARGEST, Math.max(SMALLEST, x))
const unit = (word: number): number => ((word >>> 0) + 0.5) * 2 ** -32

/** Puts u among the first `count` elements, which are sorted: for a handful, quicker than a call to sort. */
const insert = (sorted: Float64Array, count: number, u: number): void => {
  let at = count
  for (; at > 0 && sorted[at - 1] > u; at--) sorted[at] = sorted[at - 1]
  sorted[at] = u
}

/**
 * Beta(a, b) of integers is the a-th smallest of a + b - 1 uniforms (David & Nagaraja, Order Statistics,
 * 2.3).
 */
const orderStatistic = (a: number, b: number): Fill<Float32Array> => {
  const count = a + b - 1
  const blocks = Math.ceil(count / 4)
  const words = new Int32Array(4 * blocks * CHUNK)
  const uniforms = new Float64Array(count)
  return (out, stream, at) => {
    for (let start = 0; start < out.length; start += CHUNK) {
      const stop = Math.min(start + CHUNK, out.length)
      randomWords(words, blocks * (stop - start), stream, at, start * blocks)
      for (let i = start; i < stop; i++) {
        const first = 4 * blocks * (i - start)
        for (let j = 0; j < count; j++) insert(uniforms, j, unit(words[first + j]))
        out[i] = inside(uniforms[a - 1])
      }
    }
  }
}

/**
 * ln of a Gamma(shape, 1) variable, by G. Marsaglia & W. W. Tsang, "A simple method for generating
 * gamma variables", ACM TOMS 26 (2000): accept d v, v = (1 + x/√(9d))^3, d = shape - 1/3; a shape below
 * 1 is boosted by U^(1/shape). Try k uses block `first + k` alone: two words for the normal x, one for
 * the test, one for the boost.
 */
const logGamma = (shape: number, words: Int32Array, stream: Stream, at: At, first: number): number => {
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3
  for (let k = 0; k < TRIES; k++) {
    randomWords(words, 1, stream, at, first + k)
    const x = Math.sqrt(-2 * Math.log(unit(words[0]))) * Math.cos(2 * Math.PI * unit(words[1]))
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(unit(words[2])) < x * x * 0.5 + d - d * v + d * Math.log(v)) {
      return Math.log(d * v) + (shape < 1 ? Math.log(unit(words[3])) / shape : 0)
    }
  }
  throw new TweedieError('numeric', `beta: no gamma of shape ${shape} was accepted in ${TRIES} tries`)
}

/**
 * Beta(a, b) = g / (g + h), g ~ Gamma(a), h ~ Gamma(b): in logarithms, so that small shapes do not underflow.
 */
const gammaRatio = (a: number, b: number): Fill<Float32Array> => {
  const words = new Int32Array(4)
  return (out, stream, at) => {
    for (let i = 0; i < out.length; i++) {
      const g = logGamma(a, words, stream, at, 2 * TRIES * i)
      const h = logGamma(b, words, stream, at, 2 * TRIES * i + TRIES)
      out[i] = inside(1 / (1 + Math.exp(h - g)))
    }
  }
}

const fillBeta = (a: number, b: number): Fill<Float32Array> => {
  if (!(a > 0 && b > 0 && Number.isFinite(a) && Number.isFinite(b))) {
    throw new TweedieError('input', `beta: a and b must be positive and finite, got (${a}, ${b})`)
  }
  const whole = Number.isInteger(a) && Number.isInteger(b) && a + b - 1 <= MOST_UNIFORMS
  return whole ? orderStatistic(a, b) : gammaRatio(a, b)
}

/**
 * Beta(a, b) variables on the open interval (0, 1), density ∝ x^(a-1) (1-x)^(b-1).
 *
 * Small integers take the order statistic of a + b - 1 uniforms (the same bits on every engine); other
 * parameters the ratio of two gammas, where engines may differ in the last bit. A row holds at most 2^26
 * elements in the second case.
 *
 * @param a positive. @param b positive.
 * @throws TweedieError `input` when a or b is not positive and finite, or the address is out of range.
 * @example
 * ```ts
 * const t = beta(stream(0, 'times'), 3, 3, [64], { step: 3 })
 * ```
 */
export const beta = (stream: Stream, a: number, b: number, shape: Shape, at: At = {}): NdArray<'float32'> =>
  row(fillBeta(a, b), stream, shape, at)

/** Beta variables `[B, ...event]`, row i from the address of `observation[i]`. */
export const betaBatch = (
  stream: Stream,
  a: number,
  b: number,
  at: BatchAt,
  event: Shape,
): NdArray<'float32'> => batch(fillBeta(a, b), stream, at, event)

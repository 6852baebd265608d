import { TweedieError } from '../error.ts'
import { NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'
import { type Fill, fillRows } from './rows.ts'
import { type At, type BatchAt, randomWords, type Stream } from './stream.ts'

/** Blocks that one integer may use: 64 words, each rejected with probability below 1/2. */
const TRIES = 16

/**
 * An unbiased integer in 0 … n - 1, 1 ≤ n ≤ 2^32: words at or above the largest multiple of n are rejected.
 */
const below = (n: number, words: Int32Array, stream: Stream, at: At, element: number): number => {
  const limit = 2 ** 32 - (2 ** 32 % n)
  for (let k = 0; k < TRIES; k++) {
    randomWords(words, 1, stream, at, TRIES * element + k)
    for (let j = 0; j < 4; j++) {
      const word = words[j] >>> 0
      if (word < limit) return word % n
    }
  }
  throw new TweedieError('numeric', `integers: no word below ${limit} in ${4 * TRIES} tries`)
}

const fillIntegers = (lo: number, hi: number): Fill<Int32Array> => {
  if (!(Number.isInteger(lo) && Number.isInteger(hi) && lo >= -(2 ** 31) && hi <= 2 ** 31 && lo < hi)) {
    throw new TweedieError('input', `integers: need -2^31 ≤ lo < hi ≤ 2^31, got lo ${lo}, hi ${hi}`)
  }
  const words = new Int32Array(4)
  return (out, stream, at) => {
    for (let i = 0; i < out.length; i++) out[i] = lo + below(hi - lo, words, stream, at, i)
  }
}

/**
 * Unbiased integers lo … hi - 1 (the upper end is excluded).
 *
 * @param lo lowest value, at least -2^31. @param hi one past the highest, at most 2^31.
 * @throws TweedieError `input` when the interval is empty or the address out of range (a row
 *   holds at most 2^28 integers).
 * @example
 * ```ts
 * const rows = integers(stream(0, 'batches'), 0, 9000, [128], { step: 5 })
 * ```
 */
export const integers = (
  stream: Stream,
  lo: number,
  hi: number,
  shape: Shape,
  at: At = {},
): NdArray<'int32'> => {
  const out = new Int32Array(sizeOf(shape))
  fillIntegers(lo, hi)(out, stream, at)
  return new NdArray('int32', shape, out)
}

/** Integers `[B, ...event]`, row i from the address of `observation[i]`. */
export const integersBatch = (
  stream: Stream,
  lo: number,
  hi: number,
  at: BatchAt,
  event: Shape,
): NdArray<'int32'> => {
  const shape = [at.observation.length, ...event]
  return new NdArray(
    'int32',
    shape,
    fillRows(new Int32Array(sizeOf(shape)), fillIntegers(lo, hi), stream, at),
  )
}

/**
 * A uniformly random order of 0 … n - 1 (Fisher & Yates, from the end; position i takes
 * the integer of element i).
 *
 * @param n length, 0 … 2^28.
 * @throws TweedieError `input` when n is not such an integer or the address is out of range.
 * @example
 * ```ts
 * const order = permutation(stream(0, 'epochs'), 9000, { step: 3 }).data // of epoch 3
 * ```
 */
export const permutation = (stream: Stream, n: number, at: At = {}): NdArray<'int32'> => {
  if (!(Number.isInteger(n) && n >= 0 && n <= 2 ** 28)) {
    throw new TweedieError('input', `permutation: n must be an integer in 0 … 2^28, got ${n}`)
  }
  const order = Int32Array.from({ length: n }, (_, i) => i)
  const words = new Int32Array(4)
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1, words, stream, at, i)
    const moved = order[j]
    order[j] = order[i]
    order[i] = moved
  }
  return new NdArray('int32', [n], order)
}

/** The loops behind all random numbers, on vectors: words of Philox, and normals of words. */
import {
  and,
  bits,
  type Code,
  compiled,
  double,
  f64x2,
  get,
  i32,
  i32add,
  i32below,
  i32x4,
  i64x2,
  type Kernel,
  load,
  or,
  repeat,
  select,
  set,
  shuffle,
  splat,
  store,
  words,
  xor,
} from './wasm.ts'

/** Words that are made at once at most: 16 KiB, half of a first-level cache. */
export const MOST_WORDS = 4096

/** Where the normals begin in memory, in bytes; the words begin at 0. */
const NORMALS = 4 * MOST_WORDS

const M0 = 0xd2511f53
const M1 = 0xcd9e8d57
const W0 = 0x9e3779b9
const W1 = 0xbb67ae85
const ROUNDS = 10

/** The same word in all four places. */
const all = (word: number): Code => words(word, word, word, word)

/**
 * Philox (see philox.ts) of four successive counters at a time: word j of all four is the vector
 * x_j. Locals: address of the end, c0 … c3, k0, k1, address; x0 … x3, and products of 64 bits.
 */
const philox = (): Kernel => {
  const [end, c0, c1, c2, c3, k0, k1, at] = [0, 1, 2, 3, 4, 5, 6, 7]
  const [x0, x1, x2, x3, high0, low0, high1, low1, products] = [8, 9, 10, 11, 12, 13, 14, 15, 16]
  const product = (x: number, factor: number, high: number, low: number): Code => [
    ...set(products, i64x2.productsLow(get(x), all(factor))),
    ...set(high, i64x2.productsHigh(get(x), all(factor))),
    ...set(low, shuffle(get(products), get(high), 0, 2, 4, 6)),
    ...set(high, shuffle(get(products), get(high), 1, 3, 5, 7)),
  ]
  const key = (k: number, weyl: number, r: number): Code => splat(i32add(get(k), i32(Math.imul(weyl, r))))
  const round = (_: unknown, r: number): Code => [
    ...product(x0, M0, high0, low0),
    ...product(x2, M1, high1, low1),
    ...set(x0, xor(xor(get(high1), get(x1)), key(k0, W0, r))),
    ...set(x1, get(low1)),
    ...set(x2, xor(xor(get(high0), get(x3)), key(k1, W1, r))),
    ...set(x3, get(low0)),
  ]
  // Words of one block side by side: the transpose of (x0, x1, x2, x3), by pairs.
  const pairs = (a: number, b: number, half: 'low' | 'high'): Code =>
    half === 'low' ? shuffle(get(a), get(b), 0, 4, 1, 5) : shuffle(get(a), get(b), 2, 6, 3, 7)
  const half = (which: 'low' | 'high', offset: number): Code => [
    ...set(high0, pairs(x0, x1, which)),
    ...set(high1, pairs(x2, x3, which)),
    ...store(get(at), offset, shuffle(get(high0), get(high1), 0, 1, 4, 5)),
    ...store(get(at), offset + 16, shuffle(get(high0), get(high1), 2, 3, 6, 7)),
  ]
  const body = [
    ...set(x0, i32x4.add(splat(get(c0)), words(0, 1, 2, 3))),
    ...set(x1, splat(get(c1))),
    ...set(x2, splat(get(c2))),
    ...set(x3, splat(get(c3))),
    ...Array.from({ length: ROUNDS }, round).flat(),
    ...half('low', 0),
    ...half('high', 32),
    ...set(c0, i32add(get(c0), i32(4))),
    ...set(at, i32add(get(at), i32(64))),
  ]
  return { name: 'philox', parameters: 8, vectors: 9, body: repeat(body, i32below(get(at), get(end))) }
}

const QUARTER_TURN = Math.PI / 2 / 2 ** 30
const MANTISSA = 2n ** 52n - 1n
/** The exponent of [1/2, 1). */
const HALF = 0x3fen << 52n
const SIGN = 1n << 63n

/** c0 + q (c1 + q (c2 + …)). */
const horner = (q: Code, [c, ...rest]: readonly number[]): Code =>
  rest.length === 0 ? double(c) : f64x2.add(double(c), f64x2.mul(q, horner(q, rest)))

/**
 * Normals by Box & Muller (see normal.ts), two pairs at a time. Locals: address of the end, address; then
 * vectors: angles, exponents and signs as integers, the rest doubles.
 */
const normals = (): Kernel => {
  const [end, at] = [0, 1]
  const [angle, v, m, less, s, q, radius, sine, cosine, swapped] = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
  // ln m = 2 artanh((m − 1)/(m + 1)), m in [1/√2, √2), of (w + 1/2) = m 2^e.
  const exponent = i64x2.shr(get(v), i32(52))
  const minusTwoLog = f64x2.sub(
    f64x2.mul(
      double(-2 * Math.LN2),
      f64x2.sub(
        f64x2.sub(f64x2.ofSigned(shuffle(exponent, exponent, 0, 2, 0, 2)), double(1022 + 32)),
        and(get(less), double(1)),
      ),
    ),
    f64x2.mul(f64x2.mul(double(4), get(s)), horner(get(q), [1, 1 / 3, 1 / 5, 1 / 7, 1 / 9, 1 / 11, 1 / 13])),
  )
  const fraction = i32x4.sub(and(get(angle), all(0x3fffffff)), all(0x1fffffff))
  const body = [
    ...set(angle, load(get(at), 0)),
    ...set(v, f64x2.add(f64x2.ofUnsigned(shuffle(get(angle), get(angle), 0, 2, 0, 2)), double(0.5))),
    ...set(angle, shuffle(get(angle), get(angle), 1, 3, 1, 3)),
    ...set(m, or(and(get(v), bits(MANTISSA)), bits(HALF))),
    ...set(less, f64x2.below(get(m), double(Math.SQRT1_2))),
    ...set(m, f64x2.add(get(m), and(get(m), get(less)))),
    ...set(s, f64x2.div(f64x2.sub(get(m), double(1)), f64x2.add(get(m), double(1)))),
    ...set(q, f64x2.mul(get(s), get(s))),
    ...set(radius, f64x2.sqrt(minusTwoLog)),
    ...set(s, f64x2.mul(f64x2.sub(f64x2.ofSigned(fraction), double(0.5)), double(QUARTER_TURN))),
    ...set(q, f64x2.mul(get(s), get(s))),
    ...set(
      sine,
      f64x2.mul(get(s), horner(get(q), [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800])),
    ),
    ...set(cosine, horner(get(q), [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800, 1 / 479001600])),
    // The two top bits turn by quarters: (c, s), (−s, c), (−c, −s), (s, −c).
    ...set(m, i64x2.extend(get(angle))),
    ...set(swapped, i64x2.shrSigned(i64x2.shl(get(m), i32(33)), i32(63))),
    ...set(radius, xor(get(radius), and(get(m), bits(SIGN)))),
    ...set(v, f64x2.mul(get(radius), select(f64x2.neg(get(sine)), get(cosine), get(swapped)))),
    ...set(m, f64x2.mul(get(radius), select(get(cosine), get(sine), get(swapped)))),
    ...store(get(at), NORMALS, shuffle(f64x2.demote(get(v)), f64x2.demote(get(m)), 0, 4, 1, 5)),
    ...set(at, i32add(get(at), i32(16))),
  ]
  return { name: 'normals', parameters: 2, vectors: 10, body: repeat(body, i32below(get(at), get(end))) }
}

interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly philox: (
    end: number,
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    key0: number,
    key1: number,
    at: number,
  ) => void
  readonly normals: (end: number, at: number) => void
}

const kernels = compiled<Kernels>([philox(), normals()])
const made = new Int32Array(kernels.memory.buffer, 0, MOST_WORDS)
const drawn = new Float32Array(kernels.memory.buffer, NORMALS, MOST_WORDS)

/** Below so many elements a loop is quicker than views of their parts. */
const FEW = 64

/** The first `count` elements of one array as those of another from `start` on. */
const copy = <A extends Int32Array | Float32Array>(from: A, count: number, to: A, start = 0): void => {
  if (count < FEW) for (let i = 0; i < count; i++) to[start + i] = from[i]
  else to.set(from.subarray(0, count), start)
}

/** Philox4x32-10 of at most MOST_WORDS / 4 successive counters, 4 words each, into `out` from `start` on. */
export const philoxWords = (
  out: Int32Array,
  start: number,
  blocks: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  key0: number,
  key1: number,
): void => {
  kernels.philox(16 * blocks, c0, c1, c2, c3, key0, key1, 0)
  copy(made, 4 * blocks, out, start)
}

/** At most MOST_WORDS normals, of which words 2i and 2i + 1 make 2i and 2i + 1. */
export const normalsOf = (out: Float32Array, start: number, words: Int32Array, count: number): void => {
  copy(words, count + (count % 2), made)
  kernels.normals(4 * count, 0)
  copy(drawn, count, out, start)
}

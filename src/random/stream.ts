import { TweedieError } from '../error.ts'
import { philox4x32 } from './philox.ts'

/**
 * A random stream: a key of Philox4x32-10. Values are not drawn in sequence but addressed by a counter
 * ({@link At}), so they never depend on batch size, shard, worker count or resume.
 *
 * Two distributions asked of one stream at one address share their bits: give each
 * purpose its own stream name.
 */
export interface Stream {
  /** Two words, 0 … 2^32 - 1 each. */
  readonly key: readonly [number, number]
}

/** The address of one row of random values inside a stream; every part defaults to 0. */
export interface At {
  /** EM iteration, 0 … 2^20 - 1. */
  readonly lap?: number
  /** Index of the observation (or of the training row) in its set, 0 … 2^32 - 1. */
  readonly observation?: number
  /** Index of the posterior draw, 0 … 2^20 - 1. */
  readonly draw?: number
  /** Sampler or training step, 0 … 2^24 - 1. */
  readonly step?: number
  /** First element that is wanted: a part of a long row is drawn without what stands before it. */
  readonly element?: number
}

/** The addresses of a batch of rows: row i is that of `observation[i]` (and `draw[i]`). */
export interface BatchAt {
  /** The same for all rows, see {@link At}; default 0. */
  readonly lap?: number
  /** The same for all rows, see {@link At}; default 0. */
  readonly step?: number
  /** One for all rows or one for each, see {@link At}; default 0. */
  readonly draw?: number | ArrayLike<number>
  /** One for each row: their number is the size of the batch. */
  readonly observation: ArrayLike<number>
}

const limits = { lap: 2 ** 20, observation: 2 ** 32, draw: 2 ** 20, step: 2 ** 24 } as const

/** Number of blocks of 128 bits that one address holds. */
const BLOCKS = 2 ** 32

const FNV_OFFSET = 0xcbf29ce484222325n
const FNV_PRIME = 0x100000001b3n

/** FNV-1a, 64 bits, of the UTF-8 bytes. */
const fnv1a64 = (text: string): bigint => {
  let hash = FNV_OFFSET
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME)
  return hash
}

const low = (n: bigint): number => Number(n & 0xffffffffn)
const high = (n: bigint): number => Number((n >> 32n) & 0xffffffffn)

const naturalNumber = (value: number, what: string): bigint => {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TweedieError('input', `random: ${what} must be an integer in 0 … 2^53 - 1, got ${value}`)
  }
  return BigInt(value)
}

/**
 * The stream of a seed and a name.
 *
 * Its key is the first two words of Philox4x32-10 with key (seed mod 2^32, seed div 2^32) and counter (h mod
 * 2^32, h div 2^32, kind, 0), where h is the FNV-1a-64 hash of the name's UTF-8 bytes and kind 0 for a
 * string, the number itself and kind 1 for a number.
 *
 * @param seed integer in 0 … 2^53 - 1.
 * @param name purpose of the stream, such as `'train noise'`, or an integer.
 * @throws TweedieError `input` when `seed` or a numeric `name` is not such an integer.
 * @example
 * ```ts
 * const z = normal(stream(0, 'start'), [4, 3], { lap: 1, observation: 7 })
 * ```
 */
export const stream = (seed: number, name: string | number): Stream => {
  const s = naturalNumber(seed, 'seed')
  const h = typeof name === 'string' ? fnv1a64(name) : naturalNumber(name, 'numeric stream name')
  const words = new Int32Array(4)
  philox4x32(words, 1, low(h), high(h), typeof name === 'string' ? 0 : 1, 0, low(s), high(s))
  return { key: [words[0] >>> 0, words[1] >>> 0] }
}

const checked = (value: number, part: keyof typeof limits): number => {
  if (Number.isInteger(value) && value >= 0 && value < limits[part]) return value
  throw new TweedieError(
    'input',
    `random: ${part} must be an integer in 0 … ${limits[part] - 1}, got ${value}`,
  )
}

/**
 * Writes `blocks` blocks of 4 random words, from block `first` of the address on, into `out`.
 *
 * The counter is (block : 32 bits, observation : 32, step : 24 + low 8 of draw, high 12 of draw + lap : 20).
 *
 * @throws TweedieError `input` when a part of the address or the last block is out of range.
 */
export const randomWords = (out: Int32Array, blocks: number, { key }: Stream, at: At, first = 0): void => {
  if (first + blocks > BLOCKS) {
    throw new TweedieError(
      'input',
      `random: a row holds at most 2^32 blocks of 4 words, asked for ${first + blocks}`,
    )
  }
  const step = checked(at.step ?? 0, 'step')
  const draw = checked(at.draw ?? 0, 'draw')
  const observation = checked(at.observation ?? 0, 'observation')
  const lap = checked(at.lap ?? 0, 'lap')
  philox4x32(out, blocks, first, observation, step | (draw << 24), (draw >>> 8) | (lap << 12), key[0], key[1])
}

import { TweedieError } from '../error.ts'
import { NdArray, type Shape, sizeOf, zeros } from '../tensor/ndarray.ts'
import { type At, type BatchAt, randomWords, type Stream } from './stream.ts'

/** Writes random values of one address into a row. */
export type Fill<A extends Float32Array | Int32Array> = (out: A, stream: Stream, at: At) => void

/** Words of one block, whose elements are made together. */
const WORDS = 4

/** Words made at once: small enough for the first-level cache. */
const CHUNK_BLOCKS = 256
const words = new Int32Array(4 * CHUNK_BLOCKS)

/**
 * Runs over the row in chunks of fresh words: `write(words, start, count)` turns `count` words into elements
 * `start … start + count - 1`, one word for each.
 */
export const eachChunk = (
  size: number,
  stream: Stream,
  at: At,
  write: (words: Int32Array, start: number, count: number) => void,
): void => {
  for (let start = 0; start < size; start += 4 * CHUNK_BLOCKS) {
    const count = Math.min(4 * CHUNK_BLOCKS, size - start)
    randomWords(words, Math.ceil(count / 4), stream, at, ((at.element ?? 0) + start) / 4)
    write(words, start, count)
  }
}

/** Fills every row of a batch `[B, ...event]`, each from its own address. */
export const fillRows = <A extends Float32Array | Int32Array>(
  out: A,
  fill: Fill<A>,
  stream: Stream,
  { lap, step, draw, observation }: BatchAt,
): A => {
  const batch = observation.length
  const perRow = typeof draw === 'object'
  if (perRow && draw.length !== batch) {
    throw new TweedieError('shape', `random: ${batch} observations need as many draws, got ${draw.length}`)
  }
  const size = batch === 0 ? 0 : out.length / batch
  for (let i = 0; i < batch; i++) {
    const row = out.subarray(i * size, (i + 1) * size) as A
    fill(row, stream, { lap, step, draw: perRow ? draw[i] : draw, observation: observation[i] })
  }
  return out
}

/** One row of a distribution as a float32 array, or a part of it. */
export const row = (fill: Fill<Float32Array>, stream: Stream, shape: Shape, at: At): NdArray<'float32'> => {
  const { element = 0 } = at
  const before = element % WORDS
  const out = zeros([before + sizeOf(shape)]).data
  fill(out, stream, { ...at, element: element - before })
  return new NdArray('float32', shape, before === 0 ? out : out.slice(before))
}

/** A batch `[B, ...event]` of rows of a distribution as a float32 array. */
export const batch = (
  fill: Fill<Float32Array>,
  stream: Stream,
  at: BatchAt,
  event: Shape,
): NdArray<'float32'> => {
  const shape = [at.observation.length, ...event]
  return new NdArray('float32', shape, fillRows(new Float32Array(sizeOf(shape)), fill, stream, at))
}

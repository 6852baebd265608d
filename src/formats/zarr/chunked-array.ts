/** An array that lies in chunks on a regular grid, read by rows. */
import { totalmem } from 'node:os'
import { allocate, type Data, elementBytes } from '../../tensor/dtype.ts'
import { NdArray, type Shape, sizeOf } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { type ArrayField, checkRows, type StoredArray } from '../stored-array.ts'

/** An array and the grid of its chunks. */
export interface ChunkGrid extends ArrayField {
  readonly chunk: Shape
  /** Elements that no chunk holds. */
  readonly fill: number | bigint
}

/** The chunk at a place of the grid, of its full shape; undefined where there is none. */
export type ChunkAt = (at: readonly number[]) => NdArray | undefined

/** Chunks that one read may touch: more of them take hours, and come from a hostile file. */
const MOST_CHUNKS = 10_000_000

/** A part of an array: entries `from … to − 1` along each axis. */
interface Box {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

const shapeOf = ({ from, to }: Box): number[] => to.map((end, axis) => end - from[axis])

/** Places of the grid whose chunks a box meets, one after the other. */
function* placesIn({ from, to }: Box, chunk: Shape): Generator<number[]> {
  const first = from.map((start, axis) => Math.floor(start / chunk[axis]))
  const last = to.map((end, axis) => Math.ceil(end / chunk[axis]) - 1)
  const at = [...first]
  for (;;) {
    yield [...at]
    let axis = at.length - 1
    while (axis >= 0 && at[axis] === last[axis]) {
      at[axis] = first[axis]
      axis--
    }
    if (axis < 0) return
    at[axis]++
  }
}

const chunksIn = ({ from, to }: Box, chunk: Shape): number =>
  chunk.reduce((n, size, axis) => n * (Math.ceil(to[axis] / size) - Math.floor(from[axis] / size)), 1)

/** Calls `run` for each row of a box that lies in one piece in both arrays: where it begins in either. */
const eachRun = (
  box: Shape,
  source: { readonly shape: Shape; readonly from: readonly number[] },
  target: { readonly shape: Shape; readonly from: readonly number[] },
  run: (source: number, target: number, length: number) => void,
): void => {
  const isWhole = (axis: number) => box[axis] === source.shape[axis] && box[axis] === target.shape[axis]
  let axes = Math.max(0, box.length - 1) // axes before those that lie in one piece
  while (axes > 0 && isWhole(axes)) axes--
  const length = sizeOf(box.slice(axes))
  const stepsOf = (shape: Shape) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  const [ofSource, ofTarget] = [stepsOf(source.shape), stepsOf(target.shape)]
  const start = (from: readonly number[], steps: readonly number[]) =>
    steps.reduce((sum, step, axis) => sum + step * from[axis], 0)
  let [s, t] = [start(source.from, ofSource), start(target.from, ofTarget)]
  const index = box.slice(0, axes).map(() => 0)
  for (;;) {
    run(s, t, length)
    let axis = axes - 1
    for (; axis >= 0; axis--) {
      s += ofSource[axis]
      t += ofTarget[axis]
      if (++index[axis] < box[axis]) break
      s -= ofSource[axis] * box[axis]
      t -= ofTarget[axis] * box[axis]
      index[axis] = 0
    }
    if (axis < 0) return
  }
}

/** Copies elements between arrays of one dtype. */
const copy = (target: Data, at: number, source: Data, from: number, length: number): void => {
  if (target instanceof BigInt64Array) {
    if (source instanceof BigInt64Array) target.set(source.subarray(from, from + length), at)
  } else if (!(source instanceof BigInt64Array)) target.set(source.subarray(from, from + length), at)
}

const fill = (target: Data, value: number | bigint, from: number, to: number): void => {
  if (target instanceof BigInt64Array) target.fill(BigInt(value), from, to)
  else target.fill(Number(value), from, to)
}

/** @throws TweedieError `input` for a part that no memory holds, before anything is allocated */
const checkPart = ({ dtype, chunk }: ChunkGrid, box: Box, where: string): void => {
  const bytes = elementBytes(dtype) * sizeOf(shapeOf(box))
  if (bytes > totalmem())
    throw wrong(where, `[${shapeOf(box)}] of ${dtype} are ${bytes} bytes, more than this machine's memory`)
  const chunks = chunksIn(box, chunk)
  if (chunks > MOST_CHUNKS)
    throw wrong(
      where,
      `[${shapeOf(box)}] in chunks of [${chunk}] are ${chunks} chunks, at most ${MOST_CHUNKS}`,
    )
}

/**
 * The array that chunks make.
 *
 * @param where - file and field, for messages
 */
export const chunkedArray = (grid: ChunkGrid, chunkAt: ChunkAt, where: string): StoredArray => {
  const { dtype, shape, chunk } = grid
  const read = (box: Box): NdArray => {
    const part = shapeOf(box)
    if (sizeOf(part) === 0) return new NdArray(dtype, part, allocate(dtype, 0))
    checkPart(grid, box, where)
    const data = allocate(dtype, sizeOf(part))
    for (const at of placesIn(box, chunk)) {
      const corner = at.map((place, axis) => place * chunk[axis])
      const from = corner.map((start, axis) => Math.max(start, box.from[axis]))
      const to = corner.map((start, axis) => Math.min(start + chunk[axis], box.to[axis]))
      const source = { shape: chunk, from: from.map((start, axis) => start - corner[axis]) }
      const target = { shape: part, from: from.map((start, axis) => start - box.from[axis]) }
      const found = chunkAt(at)
      eachRun(shapeOf({ from, to }), source, target, (s, t, length) => {
        if (found) copy(data, t, found.data, s, length)
        else fill(data, grid.fill, t, t + length)
      })
    }
    return new NdArray(dtype, part, data)
  }
  const along = (axis: 0 | 1) => (from: number, to: number) => {
    checkRows(shape, from, to, where, axis)
    return read({
      from: shape.map((_, own) => (own === axis ? from : 0)),
      to: shape.map((size, own) => (own === axis ? to : size)),
    })
  }
  const whole = () => read({ from: shape.map(() => 0), to: shape })
  return { dtype, shape, rows: along(0), columns: along(1), whole }
}

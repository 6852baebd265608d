/** Files of named arrays, whose rows are written as they come. */
import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import { atomicFile } from './bytes/atomic.ts'
import { type ByteSource, eachPiece } from './bytes/byte-source.ts'
import { wrong } from './bytes/bytes.ts'
import { claimedBytes, elementOf, encodeElements } from './elements.ts'
import { formatOf } from './format-of.ts'
import { type ArrayField, type StoredArray, storedArray } from './stored-array.ts'

/** A file of arrays that is being written. */
export interface ArrayWriter {
  /**
   * Writes the next rows of an array, [n, ...], or entries of its second axis that follow, [n, ...]; of one
   * without a first axis, all of it.
   *
   * @throws TweedieError `shape` for another dtype or shape, and for more rows than were announced; `io` when
   * the system refuses, then nothing is left behind
   */
  readonly append: (name: string, rows: NdArray) => void
  /**
   * Writes entries `from …` of the second axis, [K, n, ...], for all K of the first. Each is written once.
   *
   * @throws TweedieError as `append`
   */
  readonly putColumns: (name: string, columns: NdArray, from: number) => void
  /**
   * What was appended to an array: its whole rows so far.
   *
   * @throws TweedieError `io` when the system refuses
   */
  readonly written: (name: string) => StoredArray
  /**
   * Says that no more rows of an array come: its first axis is as long as what was written. The other arrays
   * are whole by then, or nothing of them is written yet.
   *
   * @throws TweedieError `io` when the system refuses, then nothing is left behind
   */
  readonly shorten: (name: string) => void
  /**
   * Flushes the file and gives it its name. Afterwards it is there, whole.
   *
   * @throws TweedieError `shape` when rows are missing; `io` when the system refuses; then nothing is left
   */
  readonly close: () => void
  /** Leaves nothing behind; after `close` it does nothing. For `finally`. */
  readonly discard: () => void
}

/** How far an array has come. */
interface Progress {
  readonly field: ArrayField
  readonly bytes: number
  /** Bytes that were written. */
  done: number
  /** Whether the checksum has them. */
  summed: boolean
  way?: 'rows' | 'columns'
}

/** An array is written by rows or by columns: these may lie anywhere. */
const goes = (name: string, progress: Progress, way: 'rows' | 'columns'): void => {
  progress.way ??= way
  if (progress.way !== way) throw new TweedieError('shape', `field '${name}' is written by ${progress.way}`)
}

/** @throws TweedieError `shape` unless these are rows of it, or entries of its second axis */
const checkNext = (name: string, { dtype, shape }: ArrayField, rows: NdArray): void => {
  const next = String(rows.shape.slice(1))
  const isRow = rows.shape.length === shape.length && next === String(shape.slice(1))
  const isPart = rows.shape.length === shape.length - 1 && next === String(shape.slice(2))
  if (rows.dtype === dtype && (isRow || isPart)) return
  throw new TweedieError(
    'shape',
    `field '${name}' takes rows of ${dtype} [${shape}], got ${rows.dtype} [${rows.shape}]`,
  )
}

/** @throws TweedieError `shape` unless these are columns of it */
const checkColumns = (name: string, { dtype, shape }: ArrayField, columns: NdArray, from: number): void => {
  const [k, n, ...rest] = columns.shape
  const isInside = k === shape[0] && from >= 0 && from + n <= shape[1]
  if (columns.dtype === dtype && isInside && String(rest) === String(shape.slice(2))) return
  throw new TweedieError(
    'shape',
    `field '${name}' takes columns of ${dtype} [${shape}], ` +
      `got ${columns.dtype} [${columns.shape}] at ${from}`,
  )
}

/**
 * Begins a file of arrays of known shapes, whose rows are written as they come: it needs no memory, and
 * appears whole or not at all when it is closed. The bytes are those that `encodeSafetensors` and `encodeNpy`
 * make of the same content, and `encodeNpz` with level 0, for arrays in the order of `fields`.
 *
 * @param fields - dtype and shape of each array
 * @param metadata - free text by key, of `.safetensors` only
 * @throws TweedieError `input` when the format cannot hold them, or is not written by rows; `io` when the
 * system refuses
 *
 * @example
 * ```ts
 * const writer = arrayWriter('draws.safetensors', { draws: { dtype: 'float32', shape: [1000, 3, 32, 32] } })
 * try {
 *   for (let row = 0; row < 1000; row += 100) writer.append('draws', zeros([100, 3, 32, 32]))
 *   writer.close()
 * } finally {
 *   writer.discard()
 * }
 * ```
 */
export const arrayWriter = (
  path: string,
  fields: Readonly<Record<string, ArrayField>>,
  metadata: Readonly<Record<string, string>> = {},
): ArrayWriter => {
  const { layout: layoutOf } = formatOf(path)
  if (!layoutOf)
    throw wrong(path, 'files of this kind are not written by rows; use .safetensors, for example')
  const bytesOf = (name: string, { dtype, shape }: ArrayField): number =>
    claimedBytes(elementOf[dtype], shape, `${path}: field '${name}'`)
  const progress = new Map(
    Object.entries(fields).map(([name, { dtype, shape }]): [string, Progress] => {
      const field = { dtype, shape }
      return [name, { field, bytes: bytesOf(name, field), done: 0, summed: true }]
    }),
  )
  const laidOut = () =>
    layoutOf(Object.fromEntries([...progress].map(([name, { field }]) => [name, field])), path, metadata)
  let layout = laidOut()
  const of = (name: string): Progress => {
    const found = progress.get(name)
    if (found) return found
    throw new TweedieError('shape', `${path}: no field '${name}' was announced`)
  }
  const file = atomicFile(path)
  /** The bytes of an array that were written. */
  const sourceOf = (name: string): ByteSource => ({
    size: of(name).done,
    fill: (target, at) => file.fill(target, layout.starts[name] + at),
  })
  const append = (name: string, rows: NdArray): void => {
    const own = of(name)
    checkNext(name, own.field, rows)
    goes(name, own, 'rows')
    const bytes = encodeElements(rows)
    if (own.done + bytes.length > own.bytes)
      throw new TweedieError('shape', `field '${name}': more rows than its shape [${own.field.shape}] has`)
    file.write(bytes, layout.starts[name] + own.done)
    if (own.summed) layout.sum?.(name, bytes)
    own.done += bytes.length
  }
  const putColumns = (name: string, columns: NdArray, from: number): void => {
    const own = of(name)
    checkColumns(name, own.field, columns, from)
    goes(name, own, 'columns')
    const bytes = encodeElements(columns)
    const [k, n] = columns.shape
    const run = bytes.length / k
    const apart = own.bytes / k
    for (let i = 0; i < k; i++)
      file.write(bytes.subarray(i * run, (i + 1) * run), layout.starts[name] + i * apart + (from * run) / n)
    own.summed = false // they come in another order than they lie
    own.done += bytes.length
  }
  const rowsWritten = ({ field, bytes, done }: Progress): number =>
    Math.floor(done / (bytes / field.shape[0]))
  const written = (name: string): StoredArray => {
    const own = of(name)
    const shape = [rowsWritten(own), ...own.field.shape.slice(1)]
    const placement = { element: elementOf[own.field.dtype], littleEndian: true, shape }
    return storedArray(sourceOf(name), placement, `${path}: field '${name}'`)
  }
  const shorten = (name: string): void => {
    const own = of(name)
    const field = { ...own.field, shape: [rowsWritten(own), ...own.field.shape.slice(1)] }
    progress.set(name, { ...own, field, bytes: bytesOf(name, field) })
    const from = layout.starts
    layout = laidOut()
    const moved = Object.entries(layout.starts).sort(([, a], [, b]) => a - b)
    let end = 0
    for (const [other, to] of moved) {
      // What is shorter begins earlier, or where it was: nothing is written over before it is read.
      const old = {
        size: of(other).done,
        fill: (target: Uint8Array, at: number) => file.fill(target, from[other] + at),
      }
      let at = to
      eachPiece(old, (piece) => {
        file.write(piece, at)
        at += piece.length
      })
      of(other).summed = old.size === 0
      end = Math.max(end, at)
    }
    file.truncate(end)
  }
  const close = (): void => {
    for (const [name, { done, bytes, field }] of progress)
      if (done < bytes) {
        file.discard()
        const row = bytes / (field.shape[0] ?? 1)
        throw new TweedieError(
          'shape',
          `field '${name}': ${done / row} rows were written of [${field.shape}]`,
        )
      }
    for (const [name, { summed }] of progress)
      if (!summed) eachPiece(sourceOf(name), (piece) => layout.sum?.(name, piece))
    for (const { at, bytes } of layout.frame()) file.write(bytes, at)
    file.commit()
  }
  return { append, putColumns, written, shorten, close, discard: file.discard }
}

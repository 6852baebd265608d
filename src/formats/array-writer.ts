/** Files of named arrays, whose rows are written as they come. */
import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import { atomicFile } from './atomic.ts'
import { wrong } from './bytes.ts'
import { claimedBytes, elementOf, encodeElements } from './elements.ts'
import { formatOf } from './format-of.ts'
import type { ArrayField } from './stored-array.ts'

/** A file of arrays that is being written. */
export interface ArrayWriter {
  /**
   * Writes the next rows of an array, [n, ...]; of one without a first axis, all of it.
   *
   * @throws TweedieError `shape` for another dtype or shape, and for more rows than were announced; `io` when
   * the system refuses, then nothing is left behind
   */
  readonly append: (name: string, rows: NdArray) => void
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
interface Progress extends ArrayField {
  /** Bytes that were written. */
  done: number
  readonly bytes: number
}

/** @throws TweedieError `shape` unless these are rows of it */
const checkNext = (name: string, { dtype, shape }: ArrayField, rows: NdArray): void => {
  const [own, next] = [shape, rows.shape].map((s) => String(s.slice(1)))
  if (rows.dtype === dtype && rows.shape.length === shape.length && own === next) return
  throw new TweedieError(
    'shape',
    `field '${name}' takes rows of ${dtype} [${shape}], got ${rows.dtype} [${rows.shape}]`,
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
  const { layout } = formatOf(path)
  if (!layout) throw wrong(path, 'files of this kind are not written by rows; use .safetensors, for example')
  const { starts, sum, frame } = layout(fields, path, metadata)
  const progress = new Map(
    Object.entries(fields).map(([name, { dtype, shape }]): [string, Progress] => {
      const bytes = claimedBytes(elementOf[dtype], shape, `${path}: field '${name}'`)
      return [name, { dtype, shape, bytes, done: 0 }]
    }),
  )
  const of = (name: string): Progress => {
    const found = progress.get(name)
    if (found) return found
    throw new TweedieError('shape', `${path}: no field '${name}' was announced`)
  }
  const file = atomicFile(path)
  const append = (name: string, rows: NdArray): void => {
    const field = of(name)
    checkNext(name, field, rows)
    const bytes = encodeElements(rows)
    if (field.done + bytes.length > field.bytes)
      throw new TweedieError('shape', `field '${name}': more rows than its shape [${field.shape}] has`)
    file.write(bytes, starts[name] + field.done)
    sum?.(name, bytes)
    field.done += bytes.length
  }
  const close = (): void => {
    for (const [name, { done, bytes, shape }] of progress)
      if (done < bytes) {
        file.discard()
        const row = bytes / (shape[0] ?? 1)
        throw new TweedieError('shape', `field '${name}': ${done / row} rows were written of [${shape}]`)
      }
    for (const { at, bytes } of frame()) file.write(bytes, at)
    file.commit()
  }
  return { append, close, discard: file.discard }
}

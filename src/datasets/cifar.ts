import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../error.ts'
import { bytesAt, type OpenFile, openFile } from '../formats/index.ts'
import { NdArray } from '../tensor/ndarray.ts'
import { type CleanSource, type SourceLayout, unitSource, wholeClean, withoutVal } from './data-set.ts'
import { type Items, joinedItems } from './joined-items.ts'
import { unitImages } from './unit-images.ts'

/**
 * CIFAR-10, binary version: records of one label byte and 3072 pixels, 32×32 red, then green, then blue.
 * A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009,
 * https://www.cs.toronto.edu/~kriz/cifar.html.
 */
const SIDE = 32
const PIXELS = 3 * SIDE * SIDE
const RECORD = 1 + PIXELS
const CLASSES = 10

/** The files of each split, as the archive names them. */
const files = {
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: ['test_batch.bin'],
} as const

/** Pictures and labels of a batch. */
export interface CifarBatch {
  /** [N, 3, 32, 32]. */
  readonly images: NdArray<'uint8'>
  /** [N], 0 … 9. */
  readonly labels: NdArray<'uint8'>
}

/** Whether a folder holds CIFAR-10 batches. */
export const isCifarFolder = (folder: string): boolean =>
  [...files.train, ...files.test].some((name) => existsSync(join(folder, name)))

/** How many records a batch has. @throws TweedieError `input` when its size is that of none */
const recordsIn = (size: number, name: string): number => {
  const count = size / RECORD
  if (count > 0 && Number.isInteger(count)) return count
  throw new TweedieError(
    'input',
    `${name}: truncated, or no CIFAR-10 batch: size must be a multiple of ${RECORD} bytes, got ${size}`,
  )
}

/**
 * Reads the bytes of one batch; it may have any number of records.
 *
 * @param name file, for messages.
 * @param first number of the first record in the file, for messages; default 0.
 * @throws TweedieError `input` when the size is not a multiple of 3073, or a label is above 9.
 * @example
 * ```ts
 * const { images, labels } = decodeCifar(readBytes('test_batch.bin'), 'test_batch.bin')
 * ```
 */
export const decodeCifar = (bytes: Uint8Array, name: string, first = 0): CifarBatch => {
  const count = recordsIn(bytes.length, name)
  const images = new Uint8Array(count * PIXELS)
  const labels = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    labels[i] = bytes[i * RECORD]
    if (labels[i] >= CLASSES)
      throw new TweedieError(
        'input',
        `${name}: label of record ${first + i} must be 0 … ${CLASSES - 1}, got ${labels[i]}`,
      )
    images.set(bytes.subarray(i * RECORD + 1, (i + 1) * RECORD), i * PIXELS)
  }
  return {
    images: new NdArray('uint8', [count, 3, SIDE, SIDE], images),
    labels: new NdArray('uint8', [count], labels),
  }
}

/** The pictures of a batch where they lie. */
const batchItems = (file: OpenFile, name: string): Items => ({
  count: recordsIn(file.size, name),
  rows: (from, to) => {
    const bytes = bytesAt(file, from * RECORD, (to - from) * RECORD)
    return unitImages([decodeCifar(bytes, name, from).images])
  },
})

/** Pictures of a folder of CIFAR-10 `.bin` files, read record by record. @throws TweedieError `input` */
const openCifar = (folder: string, split: 'train' | 'test' | 'all'): CleanSource => {
  const wanted = split === 'all' ? [...files.train, ...files.test] : files[split]
  const there = wanted.map((name) => join(folder, name)).filter((path) => existsSync(path))
  if (there.length === 0)
    throw new TweedieError('input', `${folder}: expected ${wanted.join(', ')} for split '${split}'`)
  const open: OpenFile[] = []
  const close = () => {
    for (const file of open) file.close()
  }
  try {
    for (const path of there) open.push(openFile(path))
    const parts = open.map((file, i) => batchItems(file, there[i]))
    const event = [3, SIDE, SIDE]
    return unitSource(joinedItems(parts, event, folder), event, close)
  } catch (error) {
    close()
    throw error
  }
}

/**
 * Pictures of a folder of CIFAR-10 `.bin` files: the five training batches, the test batch, or all; those
 * that are there.
 *
 * @returns [N, 3, 32, 32] in [0, 1].
 * @throws TweedieError `input` when no file of the split is there, or one is damaged.
 * @example
 * ```ts
 * const x = readCifar('cifar-10-batches-bin', 'test') // [10000, 3, 32, 32]
 * ```
 */
export const readCifar = (folder: string, split: 'train' | 'test' | 'all' = 'train'): NdArray<'float32'> =>
  wholeClean(openCifar(folder, split)).x

export const cifarLayout: SourceLayout = {
  form: 'folder with `data_batch_1.bin` …',
  summary: 'CIFAR-10',
  matches: isCifarFolder,
  open: (folder, split) => openCifar(folder, withoutVal(folder, split)),
}

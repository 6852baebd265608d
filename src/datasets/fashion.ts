import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../error.ts'
import { type OpenIdx, openIdx } from '../formats/index.ts'
import { NdArray } from '../tensor/ndarray.ts'
import { type CleanSource, type SourceLayout, unitSource, wholeClean, withoutVal } from './data-set.ts'
import { joinedItems } from './joined-items.ts'
import { unitImages } from './unit-images.ts'

/**
 * Folders of MNIST's layout: four IDX files, gzipped or not. Fashion-MNIST comes so (H. Xiao, K. Rasul & R.
 * Vollgraf, 2017).
 */
const stems = { train: ['train'], test: ['t10k'], all: ['train', 't10k'] } as const

const ENDINGS = ['idx%-ubyte', 'idx%-ubyte.gz'] as const

/** The file of one part, whichever way it is packed. */
const fileOf = (folder: string, stem: string, kind: 'images' | 'labels'): string | undefined =>
  ENDINGS.map((ending) => `${stem}-${kind}-${ending.replace('%', kind === 'images' ? '3' : '1')}`)
    .map((name) => join(folder, name))
    .find((path) => existsSync(path))

/** Whether a folder holds images in IDX files by MNIST's names. */
export const isIdxFolder = (folder: string): boolean =>
  stems.all.some((stem) => fileOf(folder, stem, 'images') !== undefined)

/** Pictures and labels of an IDX folder. */
export interface LabelledImages {
  /** [N, 1, H, W] in [0, 1]. */
  readonly images: NdArray<'float32'>
  /** [N]. */
  readonly labels: NdArray<'uint8'>
}

const bytesOf = ({ data }: NdArray): Uint8Array => {
  if (data instanceof Uint8Array) return data
  throw new Error('opened as bytes')
}

/** The file of a part, open. @throws TweedieError `input` when it is not there, or not of bytes */
const openPart = (folder: string, stem: string, kind: 'images' | 'labels', rank: number): OpenIdx => {
  const path = fileOf(folder, stem, kind)
  if (path === undefined)
    throw new TweedieError(
      'input',
      `${folder}: expected ${stem}-${kind}-idx${rank}-ubyte, or the same with .gz`,
    )
  const file = openIdx(path)
  if (file.dtype === 'uint8' && file.shape.length === rank) return file
  file.close()
  throw new TweedieError('input', `${path}: expected bytes of ${rank} dimensions, got [${file.shape}]`)
}

/** Images of an IDX folder where they lie. */
const openIdxImages = (folder: string, split: keyof typeof stems): CleanSource => {
  const open: OpenIdx[] = []
  const close = () => {
    for (const file of open) file.close()
  }
  try {
    for (const stem of stems[split]) open.push(openPart(folder, stem, 'images', 3))
    const [, h, w] = open[0].shape
    if (open.some(({ shape }) => shape[1] !== h || shape[2] !== w))
      throw new TweedieError('input', `${folder}: training and test images must have one size`)
    const parts = open.map(({ shape: [count], rows }) => ({
      count,
      rows: (from: number, to: number) => {
        const part = rows(from, to)
        return unitImages([new NdArray('uint8', part.shape, bytesOf(part))], [1, h, w])
      },
    }))
    return unitSource(joinedItems(parts, [1, h, w], folder), [1, h, w], close)
  } catch (error) {
    close()
    throw error
  }
}

/** Images of an IDX folder. @throws TweedieError `input` when a file of the split is missing or damaged. */
export const readIdxImages = (folder: string, split: keyof typeof stems = 'train'): NdArray<'float32'> =>
  wholeClean(openIdxImages(folder, split)).x

/** The labels of a part. */
const labelsOf = (folder: string, stem: string): Uint8Array => {
  const file = openPart(folder, stem, 'labels', 1)
  try {
    return bytesOf(file.whole())
  } finally {
    file.close()
  }
}

/**
 * Images and labels of a folder of MNIST's layout, such as Fashion-MNIST.
 *
 * @throws TweedieError `input` when a file of the split is missing or damaged, or labels and images differ in
 * number.
 * @example
 * ```ts
 * const { images, labels } = readFashion('/usr/share/datasets/fashion-mnist', 'test') // [10000, 1, 28, 28]
 * ```
 */
export const readFashion = (folder: string, split: keyof typeof stems = 'train'): LabelledImages => {
  const images = readIdxImages(folder, split)
  const labels = stems[split].flatMap((stem) => [...labelsOf(folder, stem)])
  if (labels.length !== images.shape[0])
    throw new TweedieError('input', `${folder}: ${images.shape[0]} images, but ${labels.length} labels`)
  return { images, labels: new NdArray('uint8', [labels.length], Uint8Array.from(labels)) }
}

export const fashionLayout: SourceLayout = {
  form: 'folder with `train-images-idx3-ubyte` …',
  summary: "MNIST's layout, such as Fashion-MNIST",
  matches: isIdxFolder,
  open: (folder, split) => openIdxImages(folder, withoutVal(folder, split)),
}

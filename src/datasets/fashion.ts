import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../error.ts'
import { decodeIdx, readBytes, withChannel } from '../formats/index.ts'
import { NdArray } from '../tensor/ndarray.ts'
import { type SourceLayout, unitData, withoutVal } from './data-set.ts'
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

const bytesOf = (path: string, rank: number): NdArray<'uint8'> => {
  const { shape, data } = decodeIdx(readBytes(path), path)
  if (data instanceof Uint8Array && shape.length === rank) return new NdArray('uint8', shape, data)
  throw new TweedieError('input', `${path}: expected bytes of ${rank} dimensions, got [${shape}]`)
}

const partOf = (folder: string, stem: string, kind: 'images' | 'labels', rank: number): NdArray<'uint8'> => {
  const path = fileOf(folder, stem, kind)
  if (path === undefined)
    throw new TweedieError(
      'input',
      `${folder}: expected ${stem}-${kind}-idx${rank}-ubyte, or the same with .gz`,
    )
  return bytesOf(path, rank)
}

/** Images of an IDX folder. @throws TweedieError `input` when a file of the split is missing or damaged. */
export const readIdxImages = (folder: string, split: keyof typeof stems = 'train'): NdArray<'float32'> => {
  const parts = stems[split].map((stem) => partOf(folder, stem, 'images', 3))
  const [, h, w] = parts[0].shape
  if (parts.some(({ shape }) => shape[1] !== h || shape[2] !== w))
    throw new TweedieError('input', `${folder}: training and test images must have one size`)
  return unitImages(parts, [1, h, w])
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
  const labels = stems[split].flatMap((stem) => [...partOf(folder, stem, 'labels', 1).data])
  if (labels.length !== images.shape[0])
    throw new TweedieError('input', `${folder}: ${images.shape[0]} images, but ${labels.length} labels`)
  return { images, labels: new NdArray('uint8', [labels.length], Uint8Array.from(labels)) }
}

export const fashionLayout: SourceLayout = {
  form: 'folder with `train-images-idx3-ubyte` …',
  summary: "MNIST's layout, such as Fashion-MNIST",
  matches: isIdxFolder,
  read: (folder, split) => unitData(withChannel(readIdxImages(folder, withoutVal(folder, split)))),
}

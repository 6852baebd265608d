import { type NdArray, rows } from '../tensor/ndarray.ts'
import { type DataSet, unitData } from './data-set.ts'
import { shippedPictures } from './shipped.ts'
import { unitImages } from './unit-images.ts'

/** Parts of the slices. */
const parts = {
  train: ['train'],
  val: ['train'],
  test: ['test'],
  macaque: ['macaque'],
  all: ['train', 'test'],
} as const

/** Slices to tune on: the last of those to learn from. */
const VALIDATION = 32

/**
 * Slices of magnetic-resonance images of a human head and of a macaque's brain, which ship with the package;
 * see data/README.md for what is held out from what. Magnitudes only: their k-space is simulated.
 *
 * @param split `train` (default) and `test` are slices of one head, apart from each other; `all` is both;
 *   `macaque` is another species, to see what a prior of human heads does with it; `val` is the last 32
 *   training slices, so whoever tunes on them either learns from the first 384 alone or tunes on what the
 *   prior has seen.
 * @returns [N, 1, 64, 64] in [0, 1].
 * @throws TweedieError `input` when the file is missing or damaged.
 * @example
 * ```ts
 * const x = loadMri('test')
 * ```
 */
export const loadMri = (split: keyof typeof parts = 'train'): NdArray<'float32'> => {
  const x = unitImages(shippedPictures('mri.npz', parts[split], [64, 64]), [1, 64, 64])
  return split === 'val' ? rows(x, x.shape[0] - VALIDATION, x.shape[0]) : x
}

export const mri: DataSet = {
  name: 'mri',
  summary: 'slices of a human head, 64×64',
  read: (split) => unitData(loadMri(split)),
}

export const macaque: DataSet = {
  name: 'mri-macaque',
  summary: "slices of a macaque's brain, 64×64",
  read: () => unitData(loadMri('macaque')),
}

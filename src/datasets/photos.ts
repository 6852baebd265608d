import type { NdArray } from '../tensor/ndarray.ts'
import { type DataSet, unitData } from './data-set.ts'
import { shippedPictures } from './shipped.ts'
import { unitImages } from './unit-images.ts'

/** Parts of the photographs. */
const parts = { train: ['train'], val: ['val'], test: ['test'], all: ['train', 'val', 'test'] } as const

/**
 * Crops of public-domain photographs, which ship with the package: split by photograph, so that no two parts
 * show the same place; see data/README.md.
 *
 * @param split `train` (default), `val` (to tune on), `test` or `all`.
 * @returns [N, 3, 32, 32] in [0, 1].
 * @throws TweedieError `input` when the file is missing or damaged.
 * @example
 * ```ts
 * const x = loadPhotos('test')
 * ```
 */
export const loadPhotos = (split: keyof typeof parts = 'train'): NdArray<'float32'> =>
  unitImages(shippedPictures('photos.npz', parts[split], [3, 32, 32]))

export const photos: DataSet = {
  name: 'photos',
  summary: 'crops of photographs, 32×32 in colour',
  read: (split) => unitData(loadPhotos(split)),
}

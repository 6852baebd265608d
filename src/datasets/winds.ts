import type { NdArray } from '../tensor/ndarray.ts'
import type { DataSet } from './data-set.ts'
import { shippedPictures } from './shipped.ts'
import { onSphere, SPHERE, sphereVector } from './sphere.ts'
import { unitImages } from './unit-images.ts'

/** Parts of the winds, by year. */
const parts = {
  train: ['winds_train'],
  val: ['winds_val'],
  test: ['winds_test'],
  all: ['winds_train', 'winds_val', 'winds_test'],
} as const

/**
 * Metres per second that are 0 and 1: of the zonal component (eastward) and of the meridional one
 * (northward).
 */
export const WIND_RANGES = { zonal: [-26, 20], meridional: [-22, 22] } as const

/**
 * Monthly mean winds near the surface of the sea and the land, which ship with the package (see
 * data/README.md): the two components of a month are two fields, zonal first. A field is (m/s − low)/(high −
 * low) with the fixed {@link WIND_RANGES} of its component.
 *
 * @param split `train` (default): 1982–1990; `val`: 1991; `test`: 1992; `all`. Split by year, because
 * neighbouring months resemble each other.
 * @returns [N, 1, 4144] in [0, 1]: 4,140 points of the grid of {@link spherePoints} and 4 zeros.
 * @throws TweedieError `input` when the file is missing or damaged.
 * @example
 * ```ts
 * const x = loadWinds('test') // [24, 1, 4144]: zonal, meridional, zonal, …
 * ```
 */
export const loadWinds = (split: keyof typeof parts = 'train'): NdArray<'float32'> => {
  const grid = [SPHERE.rows, SPHERE.columns]
  return sphereVector(unitImages(shippedPictures('sphere.npz', parts[split], grid), [1, ...grid]))
}

export const winds: DataSet = {
  name: 'winds',
  summary: 'monthly mean winds on the sphere',
  read: (split) => onSphere(loadWinds(split)),
}

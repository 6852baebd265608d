import { NdArray } from '../tensor/ndarray.ts'
import type { DataSet } from './data-set.ts'
import { padPoints } from './points.ts'
import { shippedPictures } from './shipped.ts'
import { onSphere, SPHERE, sphereVector } from './sphere.ts'
import { unitImages } from './unit-images.ts'

/** Parts of the temperatures, by depth. */
const parts = {
  train: ['temperatures_train'],
  val: ['temperatures_val'],
  test: ['temperatures_test'],
  all: ['temperatures_train', 'temperatures_val', 'temperatures_test'],
  surface: ['surface'],
} as const

/** Degrees Celsius that are 0 and 1. */
export const TEMPERATURE_RANGE = [-3, 35] as const

const GRID = [SPHERE.rows, SPHERE.columns] as const

/**
 * Temperatures of the ocean, month by month in a mean year and depth by depth, which ship with the package;
 * see data/README.md. A field is (°C + 3)/38. Where there is no water at one of the depths there are no data
 * at any: such points are 0 and are never observed; {@link seaValid} tells which they are.
 *
 * @param split `train` (default): 10 depths from 0 to 1,000 m; `val`: 700 m; `test`: 125 and 300 m, whose
 *   neighbouring depths are in no part; `all`; `surface`: the surface in another atlas, where the same prior
 *   should still do.
 * @returns [N, 1, 4144] in [0, 1].
 * @throws TweedieError `input` when the file is missing or damaged.
 * @example
 * ```ts
 * const x = loadTemperatures('test') // [24, 1, 4144]
 * ```
 */
export const loadTemperatures = (split: keyof typeof parts = 'train'): NdArray<'float32'> =>
  sphereVector(unitImages(shippedPictures('sphere.npz', parts[split], GRID), [1, ...GRID]))

/** [4144]: 1 where {@link loadTemperatures} has water, 0 on land, in shallow seas and in the padding. */
export const seaValid = (): NdArray<'float32'> => {
  const [sea] = shippedPictures('sea.npz', ['sea'], GRID)
  return padPoints(new NdArray('float32', [SPHERE.points], Float32Array.from(sea.data)), SPHERE.length)
}

export const temperatures: DataSet = {
  name: 'temperatures',
  summary: 'temperatures of the sea on the sphere, by month and depth',
  read: (split) => onSphere(loadTemperatures(split), seaValid()),
}

export const seaSurface: DataSet = {
  name: 'sea-surface',
  summary: 'temperatures of the surface of the sea in another atlas',
  read: () => onSphere(loadTemperatures('surface'), seaValid()),
}

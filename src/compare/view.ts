/** How test data are looked at: which entries count, and what of them is a picture. */
import { BUNNY, SPHERE, selectPoints, sphereGrid } from '../datasets/index.ts'
import { NdArray, reshaped } from '../tensor/index.ts'

/** What data are. */
export interface View {
  /**
   * Images [N, C, H, W]; fields on the sphere [N, C, 4144], judged as images of 46×90 and shown on a globe; values on the bunny
   * [N, C, 1896], shown on it; or points of which no picture is made.
   */
  readonly kind: 'images' | 'sphere' | 'bunny' | 'points'
  /** [V] of points, [H, W] of images: 1 where an entry is one, 0 for padding and land. Default: all are. */
  readonly valid?: NdArray<'float32'>
}

/**
 * The view of data of a shape.
 *
 * @param event - shape of one item
 * @param there - see {@link View}
 */
export const viewOf = (event: readonly number[], valid?: NdArray<'float32'>): View => {
  if (event.length === 3) return { kind: 'images', valid }
  const length = event.at(-1)
  if (valid === undefined || valid.size !== length) return { kind: 'points', valid }
  return { kind: length === SPHERE.length ? 'sphere' : length === BUNNY.length ? 'bunny' : 'points', valid }
}

/** The entries that count: [..., C, P] of points, images as they are unless some of their pixels do not count. */
export const countedOf = ({ valid }: View, x: NdArray<'float32'>): NdArray<'float32'> => {
  if (!valid) return x
  const lists = reshaped(x, [...x.shape.slice(0, x.shape.length - valid.shape.length), valid.size])
  return selectPoints(lists, reshaped(valid, [valid.size]))
}

/** x where its entries count, 0 elsewhere; x [..., ...there]. */
export const onlyValid = ({ valid }: View, x: NdArray<'float32'>): NdArray<'float32'> => {
  if (!valid) return x
  const { size, data } = valid
  return new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => (data[i % size] === 0 ? 0 : v)),
  )
}

/** x as images [..., C, H, W], 0 where nothing counts; undefined for points that are no grid. */
export const imagesOf = (view: View, x: NdArray<'float32'>): NdArray<'float32'> | undefined => {
  switch (view.kind) {
    case 'images':
      return onlyValid(view, x)
    case 'sphere':
      return sphereGrid(onlyValid(view, x))
    case 'bunny':
    case 'points':
      return undefined
  }
}

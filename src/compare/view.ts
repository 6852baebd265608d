/** How test data are looked at: which entries count, and what of them is a picture. */
import { type CleanData, selectPoints } from '../datasets/index.ts'
import { NdArray, type Shape, sizeOf } from '../tensor/index.ts'

/** How data look and which of their entries are valid, as the data say. */
export type Appearance = Pick<CleanData, 'view' | 'valid'>

/**
 * The entries that count: [..., C, P] of points, images as they are unless some of their pixels do not count.
 */
export const countedOf = ({ valid }: Appearance, x: NdArray<'float32'>): NdArray<'float32'> =>
  valid ? selectPoints(x, valid) : x

/** x where its entries count, 0 elsewhere; x [..., ...valid]. */
export const onlyValid = ({ valid }: Appearance, x: NdArray<'float32'>): NdArray<'float32'> => {
  if (!valid) return x
  const { size, data } = valid
  return new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => (data[i % size] === 0 ? 0 : v)),
  )
}

/** Lists [..., V] as fields [..., rows, columns]: their first entries. */
const fieldsOf = (x: NdArray<'float32'>, grid: Shape): NdArray<'float32'> => {
  const [length, points] = [x.shape[x.shape.length - 1], sizeOf(grid)]
  const lists = x.size / length
  const data = new Float32Array(lists * points)
  for (let i = 0; i < lists; i++) data.set(x.data.subarray(i * length, i * length + points), i * points)
  return new NdArray('float32', [...x.shape.slice(0, -1), ...grid], data)
}

/** x as images [..., C, H, W], 0 where nothing counts; undefined for points that are no grid. */
export const imagesOf = (look: Appearance, x: NdArray<'float32'>): NdArray<'float32'> | undefined => {
  const { view } = look
  switch (view.kind) {
    case 'image':
      return onlyValid(look, x)
    case 'globe':
      return fieldsOf(onlyValid(look, x), [view.rows, view.columns])
    case 'mesh':
    case 'signal':
      return undefined
  }
}

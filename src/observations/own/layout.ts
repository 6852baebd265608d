/** How own arrays lie: images, grids on the globe, points, series. */
import { TweedieError } from '../../error.ts'
import { withChannel } from '../../formats/index.ts'
import { type NdArray, reshaped, type Shape, sizeOf } from '../../tensor/index.ts'
import type { ObservationSet } from '../observation-set.ts'
import type { View } from '../view.ts'
import { OWN_MESH, type OwnMesh } from './mesh.ts'
import type { OwnTimes } from './time-grid.ts'

/** How own arrays lie. */
export interface OwnLayout {
  /** Default: by the number of axes, three of one item are an image. */
  readonly view?: View['kind']
  /** Of the view `mesh`: the points. */
  readonly mesh?: OwnMesh
  /** Of the view `signal`. */
  readonly times?: OwnTimes
  /** The domain, of the last axes of x (see `readDomain`). */
  readonly valid?: NonNullable<ObservationSet['valid']>
}

const fail = (message: string): never => {
  throw new TweedieError('input', message)
}

/** Points [N, V] with their channel. */
const onPoints = (x: NdArray): NdArray => {
  if (x.shape.length !== 2 && x.shape.length !== 3)
    return fail(`this view needs arrays [N, V] or [N, C, V], got [${x.shape}]`)
  return x.shape.length === 2 ? reshaped(x, [x.shape[0], 1, x.shape[1]]) : x
}

/** Grids [N, rows, columns] or [N, C, rows, columns] as lists of points. */
const onGlobe = (x: NdArray): NdArray => {
  const { shape } = x
  if (shape.length !== 3 && shape.length !== 4)
    return fail(`view 'globe' needs arrays [N, rows, columns] or [N, C, rows, columns], got [${shape}]`)
  return reshaped(x, [shape[0], shape.length === 4 ? shape[1] : 1, sizeOf(shape.slice(-2))])
}

/** An array of own data, y or a mask, as sets have it: [N, ...event]. */
export const laidOut = (x: NdArray, { view }: OwnLayout): NdArray => {
  if (view === 'globe') return onGlobe(x)
  return view === 'mesh' || view === 'signal' ? onPoints(x) : withChannel(x)
}

/** What a set keeps of a layout, for the shape of y as it was read. */
export const keptOf = (
  y: Shape,
  { view, mesh, valid }: OwnLayout,
): Pick<ObservationSet, 'view' | 'mesh' | 'valid'> => {
  const [rows, columns] = y.slice(-2)
  const domain = valid && (view === 'globe' && valid.shape.length > 1 ? flat(valid) : valid)
  return {
    ...(view === 'globe' ? { view: { kind: view, rows, columns } } : {}),
    ...(view === 'mesh' ? { view: { kind: view, mesh: OWN_MESH } } : {}),
    ...(view === 'image' || view === 'signal' ? { view: { kind: view } } : {}),
    ...(mesh ? { mesh } : {}),
    ...(domain ? { valid: domain } : {}),
  }
}

/** [..., rows, columns] as [..., V]. */
const flat = <D extends 'float32'>(x: NdArray<D>): NdArray<D> =>
  reshaped(x, [...x.shape.slice(0, -2), sizeOf(x.shape.slice(-2))])

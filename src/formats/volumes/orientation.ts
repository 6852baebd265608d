/**
 * Where the voxels of a volume lie in a body, and slices of it across one of the body's axes.
 *
 * Space is that of NIfTI: x grows to the right of the body, y to its front, z to its head. Slices are shown
 * as in radiology: the body's right is left, its front or its head is up.
 */
import { NdArray } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'

/** Rows of the map from voxel (x, y, z) to space: three of [a, b, c, offset]. */
export type Affine = readonly (readonly number[])[]

/** One stack of images. */
export interface Volume {
  /** File or series, for messages. */
  readonly name: string
  /** [Z, Y, X], x innermost, in the units of the file. */
  readonly values: NdArray<'float32'>
  /** Absent when the file does not say it. */
  readonly affine?: Affine
}

/** A direction in space: axis 0, 1, 2 of x, y, z, and whether it is walked against. */
interface Direction {
  readonly axis: number
  readonly back: boolean
}

const toLeft: Direction = { axis: 0, back: true }
const toBack: Direction = { axis: 1, back: true }
const toHead: Direction = { axis: 2, back: false }
const toFeet: Direction = { axis: 2, back: true }

/** Directions from slice to slice, from row to row, from column to column. */
const directions = {
  axial: [toHead, toBack, toLeft],
  coronal: [toBack, toFeet, toLeft],
  sagittal: [toLeft, toFeet, toBack],
} as const satisfies Record<string, readonly [Direction, Direction, Direction]>

/** A plane of the body that slices are parallel to. */
export type Plane = keyof typeof directions

/** Whether a word is the name of a plane. */
export const isPlane = (word: string): word is Plane => Object.hasOwn(directions, word)

const orders: readonly (readonly [number, number, number])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

/** cos of the angle between each axis of space (rows) and each of the voxels (columns). */
const cosines = (affine: Affine): number[][] => {
  const lengths = [0, 1, 2].map((column) => Math.hypot(...affine.map((row) => row[column])))
  return affine.map((row) => lengths.map((length, column) => row[column] / length))
}

/** The axis of the voxels that is nearest to each axis of space. */
const nearestAxes = (cosine: readonly (readonly number[])[]): readonly number[] => {
  const alignment = (order: readonly number[]) =>
    order.reduce((sum, column, row) => sum + Math.abs(cosine[row][column]), 0)
  return orders.reduce((best, order) => (alignment(order) > alignment(best) ? order : best))
}

/**
 * Slices of a volume parallel to a plane of the body, along the voxels: nothing is interpolated.
 *
 * @returns [slices, rows, columns]: `axial` from the feet up, front at the top; `coronal` from front to
 * back and `sagittal` from right to left, head at the top.
 * @throws TweedieError `input` when the volume does not say how it lies.
 */
export const cut = ({ name, values, affine }: Volume, plane: Plane): NdArray<'float32'> => {
  const cosine = affine && cosines(affine)
  if (!cosine?.flat().every(Number.isFinite))
    throw wrong(name, `says no orientation, or its slices are unevenly spaced: it cannot be cut ${plane}`)
  const [depth, height, width] = values.shape
  const sizes = [width, height, depth]
  const strides = [1, width, width * height]
  const nearest = nearestAxes(cosine)
  const [across, down, along] = directions[plane].map(({ axis, back }) => {
    const own = nearest[axis]
    const isReversed = cosine[axis][own] < 0 !== back
    const [size, stride] = [sizes[own], strides[own]]
    return { size, at: (i: number) => stride * (isReversed ? size - 1 - i : i) }
  })
  const data = new Float32Array(values.size)
  let to = 0
  for (let i = 0; i < across.size; i++)
    for (let j = 0; j < down.size; j++)
      for (let k = 0; k < along.size; k++) data[to++] = values.data[across.at(i) + down.at(j) + along.at(k)]
  return new NdArray('float32', [across.size, down.size, along.size], data)
}

/** Slices of volumes of magnetic resonance, averaged over areas. */
import { TweedieError } from '../src/error.ts'
import { decodeNifti, readBytes } from '../src/formats/index.ts'

/** Axes of a volume, the slowest of its file first. */
export type Axis = 'x' | 'y' | 'z'
export const axes: readonly Axis[] = ['z', 'y', 'x']

/**
 * Slices with less than this share of their pixels above a twentieth of the maximum are
 * left out: necks and scalps.
 */
const FILLED = 0.15

/** Share of the voxels that may be brighter than white. */
const CLIPPED = 1e-2

type OfAxes = Readonly<Record<Axis, number>>

export interface Volume {
  /** [Z, Y, X], 0 to 1. */
  readonly values: Float32Array
  readonly size: OfAxes
  /** Millimetres of a voxel's edges, and of the first voxel. */
  readonly spacing: OfAxes
  readonly origin: OfAxes
  /** Whether the axes of the file are those of space. */
  readonly inSpace: boolean
}

const percentile = (values: Float32Array, share: number): number =>
  Float32Array.from(values).sort()[Math.floor(share * (values.length - 1))]

/**
 * A volume of a NIfTI file. Where the axes of the file are not those of space, x is the fastest of them, and
 * its first voxel is at 0.
 *
 * @throws TweedieError `input` unless it has three axes
 */
export const readVolume = (path: string): Volume => {
  const { values, spacing, affine } = decodeNifti(readBytes(path), path)
  if (values.shape.length !== 3)
    throw new TweedieError('input', `${path}: expected a volume, got axes of [${values.shape}]`)
  const [dz, dy, dx] = spacing
  const steps = [dx, dy, dz]
  const inSpace =
    affine?.every((row, i) => row.every((v, j) => j === 3 || v === (i === j ? steps[i] : 0))) ?? false
  const first = (row: number) => (inSpace ? (affine?.[row][3] ?? 0) : 0)
  const white = percentile(
    values.data.filter((v) => v > 0),
    1 - CLIPPED,
  )
  const [z, y, x] = values.shape
  return {
    values: values.data.map((v) => Math.min(1, Math.max(0, v / white))),
    size: { x, y, z },
    spacing: { x: dx, y: dy, z: dz },
    origin: { x: first(0), y: first(1), z: first(2) },
    inSpace,
  }
}

/**
 * Overlap of pixel p of `side` with voxel v, both over `field` voxels centred on `size` of
 * them: a row of area averaging.
 */
const averaging = (size: number, field: number, side: number): Float64Array[] => {
  const width = field / side
  const start = (size - field) / 2
  return Array.from({ length: side }, (_, p) => {
    const [from, to] = [start + p * width, start + (p + 1) * width]
    return Float64Array.from(
      { length: size },
      (_, v) => Math.max(0, Math.min(to, v + 1) - Math.max(from, v)) / width,
    )
  })
}

/** How slices are cut: pixels of a side, millimetres that they cover, millimetres between slices. */
export interface Cutting {
  readonly side: number
  readonly field: number
  readonly step: number
}

/**
 * Slice `index` across an axis, [side, side]; up is superior (axial: anterior), and left is −x or −y.
 */
const slice = (volume: Volume, across: Axis, index: number, { side, field }: Cutting): Float64Array => {
  const { values, size, spacing } = volume
  const strides = { x: 1, y: size.x, z: size.x * size.y }
  const [down, right] = axes.filter((axis) => axis !== across)
  const [vertical, horizontal] = [down, right].map((axis) =>
    averaging(size[axis], field / spacing[axis], side),
  )
  const out = new Float64Array(side * side)
  for (let p = 0; p < side; p++) {
    // the rows of the file run upwards
    const line = new Float64Array(size[right])
    vertical[side - 1 - p].forEach((weight, v) => {
      if (weight === 0) return
      const start = index * strides[across] + v * strides[down]
      for (let u = 0; u < line.length; u++) line[u] += weight * values[start + u * strides[right]]
    })
    horizontal.forEach((weights, q) => {
      out[p * side + q] = weights.reduce((sum, weight, u) => sum + weight * line[u], 0)
    })
  }
  return out
}

export interface Slice {
  readonly across: Axis
  /** Where the slice lies on its axis. */
  readonly millimetres: number
  readonly pixels: Float64Array
}

/** Every slice across each axis, or some of them, that shows enough. */
export const slices = (volume: Volume, cutting: Cutting, wanted: readonly Axis[] = axes): Slice[] =>
  wanted.flatMap((across) => {
    const stride = Math.max(1, cutting.step / volume.spacing[across])
    const count = Math.floor((volume.size[across] - 1) / stride) + 1
    return Array.from({ length: count }, (_, i) => ({
      across,
      millimetres: volume.origin[across] + i * stride * volume.spacing[across],
      pixels: slice(volume, across, Math.floor(i * stride), cutting),
    })).filter(({ pixels }) => pixels.filter((v) => v > 0.05).length > FILLED * pixels.length)
  })

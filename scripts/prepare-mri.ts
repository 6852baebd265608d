/**
 * Slices of magnetic-resonance images of a head and of a macaque's brain, for accelerated MRI.
 *
 *   apt-get download mricron-data && dpkg -x mricron-data_*.deb mricron
 *   npx tsx scripts/prepare-mri.ts mricron/usr/share/mricron/templates
 *
 * Writes data/mri.npz: `train`, `test` and `macaque`, uint8 [N, 64, 64]; the same bytes everywhere.
 * data/README.md says what is in it.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TweedieError } from '../src/error.ts'
import { decodeNifti, encodeNpz, readBytes, writeAtomic } from '../src/formats/index.ts'
import { permutation, stream } from '../src/random/index.ts'
import { NdArray } from '../src/tensor/ndarray.ts'

const SIDE = 64

/**
 * Slices with less than this share of their pixels above a twentieth of the maximum are
 * left out: necks and scalps.
 */
const FILLED = 0.15

/** Share of the voxels that may be brighter than white. */
const CLIPPED = 1e-2

/**
 * Slabs of the head in millimetres (MNI space), one for each axis, that are only tested on,
 * and what is used for neither.
 */
const HELD_OUT = { x: [18, 34], y: [-32, -16], z: [10, 26] } as const
const GAP = 5

type Axis = keyof typeof HELD_OUT
const axes: readonly Axis[] = ['z', 'y', 'x']

interface Volume {
  /** [Z, Y, X], 0 to 1. */
  readonly values: Float32Array
  readonly size: Readonly<Record<Axis, number>>
  /** Millimetres of a voxel's edge, and of the first voxel. */
  readonly spacing: number
  readonly origin: Readonly<Record<Axis, number>>
}

const percentile = (values: Float32Array, share: number): number =>
  Float32Array.from(values).sort()[Math.floor(share * (values.length - 1))]

const readVolume = (path: string): Volume => {
  const { values, spacing, affine } = decodeNifti(readBytes(path), path)
  const [step] = spacing
  const diagonal = affine?.every((row, i) => row.every((v, j) => j === 3 || v === (i === j ? step : 0)))
  if (values.shape.length !== 3 || !affine || !diagonal)
    throw new TweedieError('input', `${path}: expected a volume along the axes of space, with cubic voxels`)
  const white = percentile(
    values.data.filter((v) => v > 0),
    1 - CLIPPED,
  )
  const [z, y, x] = values.shape
  return {
    values: values.data.map((v) => Math.min(1, Math.max(0, v / white))),
    size: { x, y, z },
    spacing: step,
    origin: { x: affine[0][3], y: affine[1][3], z: affine[2][3] },
  }
}

/**
 * Overlap of pixel p of `SIDE` with voxel v, both over `field` voxels centred on `size` of
 * them: a row of area averaging.
 */
const averaging = (size: number, field: number): Float64Array[] => {
  const width = field / SIDE
  const start = (size - field) / 2
  return Array.from({ length: SIDE }, (_, p) => {
    const [from, to] = [start + p * width, start + (p + 1) * width]
    return Float64Array.from(
      { length: size },
      (_, v) => Math.max(0, Math.min(to, v + 1) - Math.max(from, v)) / width,
    )
  })
}

/**
 * Slice `index` across an axis, [SIDE, SIDE] over `field` millimetres; up is superior (axial:
 * anterior), and left is −x or −y.
 */
const slice = (volume: Volume, across: Axis, index: number, field: number): Float64Array => {
  const { values, size, spacing } = volume
  const strides = { x: 1, y: size.x, z: size.x * size.y }
  const [down, right] = axes.filter((axis) => axis !== across)
  const [vertical, horizontal] = [down, right].map((axis) => averaging(size[axis], field / spacing))
  const out = new Float64Array(SIDE * SIDE)
  for (let p = 0; p < SIDE; p++) {
    // the rows of the file run upwards
    const line = new Float64Array(size[right])
    vertical[SIDE - 1 - p].forEach((weight, v) => {
      if (weight === 0) return
      const start = index * strides[across] + v * strides[down]
      for (let u = 0; u < line.length; u++) line[u] += weight * values[start + u * strides[right]]
    })
    horizontal.forEach((weights, q) => {
      out[p * SIDE + q] = weights.reduce((sum, weight, u) => sum + weight * line[u], 0)
    })
  }
  return out
}

interface Slice {
  readonly across: Axis
  /** Where the slice lies on its axis. */
  readonly millimetres: number
  readonly pixels: Float64Array
}

/** Every slice across each axis, `step` millimetres apart, that shows enough. */
const slices = (volume: Volume, field: number, step: number): Slice[] =>
  axes.flatMap((across) => {
    const stride = step / volume.spacing
    const count = Math.floor((volume.size[across] - 1) / stride) + 1
    return Array.from({ length: count }, (_, i) => ({
      across,
      millimetres: volume.origin[across] + i * step,
      pixels: slice(volume, across, i * stride, field),
    })).filter(({ pixels }) => pixels.filter((v) => v > 0.05).length > FILLED * pixels.length)
  })

/**
 * The part to which a slice of the head belongs: both halves of it look alike, so that x counts without its
 * sign.
 */
const partOf = ({ across, millimetres }: Slice): 'train' | 'test' | undefined => {
  const [from, to] = HELD_OUT[across]
  const place = across === 'x' ? Math.abs(millimetres) : millimetres
  if (place < from - GAP || place >= to + GAP) return 'train'
  return millimetres >= from && millimetres < to ? 'test' : undefined
}

/** Slices as bytes, in a fixed random order: any beginning is a fair sample. */
const packed = (all: readonly Slice[], name: string): NdArray<'uint8'> => {
  const order = permutation(stream(0, `mri ${name}`), all.length).data
  const bytes = new Uint8Array(all.length * SIDE * SIDE)
  order.forEach((source, place) => {
    all[source].pixels.forEach((value, i) => {
      bytes[place * SIDE * SIDE + i] = Math.round(255 * value)
    })
  })
  return new NdArray('uint8', [all.length, SIDE, SIDE], bytes)
}

const [folder] = process.argv.slice(2)
if (folder === undefined)
  throw new TweedieError('input', 'which folder? npx tsx scripts/prepare-mri.ts …/mricron/templates')
const head = slices(readVolume(join(folder, 'ch2.nii.gz')), 224, 1)
const macaque = slices(readVolume(join(folder, 'inia19-t1-brain.nii.gz')), 112, 2)
const parts = {
  train: packed(
    head.filter((s) => partOf(s) === 'train'),
    'train',
  ),
  test: packed(
    head.filter((s) => partOf(s) === 'test'),
    'test',
  ),
  macaque: packed(macaque, 'macaque'),
}
const bytes = encodeNpz(parts, { level: 9 })
writeAtomic(fileURLToPath(new URL('../data/mri.npz', import.meta.url)), bytes)
const counts = Object.entries(parts).map(([name, { shape }]) => `${shape[0]} ${name}`)
console.log(`data/mri.npz: slices ${counts.join(', ')}; ${(bytes.length / 1e6).toFixed(2)} MB`)
for (const across of axes) {
  const count = (part: string) => head.filter((s) => s.across === across && partOf(s) === part).length
  const places = head.filter((s) => s.across === across).map(({ millimetres }) => millimetres)
  const span = `${places.at(0)} to ${places.at(-1)} mm`
  console.log(`  across ${across}: ${count('train')} train, ${count('test')} test, ${span}`)
}

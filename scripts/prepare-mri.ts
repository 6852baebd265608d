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
import { encodeNpz, writeAtomic } from '../src/formats/index.ts'
import { permutation, stream } from '../src/random/index.ts'
import { NdArray } from '../src/tensor/ndarray.ts'
import { axes, readVolume, type Slice, slices, type Volume } from './volume.ts'

const SIDE = 64

/**
 * Slabs of the head in millimetres (MNI space), one for each axis, that are only tested on,
 * and what is used for neither.
 */
const HELD_OUT = { x: [18, 34], y: [-32, -16], z: [10, 26] } as const
const GAP = 5

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
/** @throws TweedieError `input` unless the volume lies along the axes of space, with cubic voxels */
const volume = (name: string): Volume => {
  const path = join(folder, name)
  const read = readVolume(path)
  const { x, y, z } = read.spacing
  if (read.inSpace && x === y && x === z) return read
  throw new TweedieError('input', `${path}: expected a volume along the axes of space, with cubic voxels`)
}
const head = slices(volume('ch2.nii.gz'), { side: SIDE, field: 224, step: 1 })
const macaque = slices(volume('inia19-t1-brain.nii.gz'), { side: SIDE, field: 112, step: 2 })
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

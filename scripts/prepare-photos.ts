/**
 * Crops of public-domain photographs, for the photograph prior.
 *
 *   apt-get download endless-sky-data && dpkg -x endless-sky-data_*.deb sky
 *   npx tsx scripts/prepare-photos.ts sky/usr/share/games/endless-sky/images/land [--all all.npz] [--size 32]
 *
 * Writes data/photos.npz, which ships: `train`, `val` and `test`, uint8 [N, 3, 32, 32], split by photograph.
 * With --all, every crop (half overlapping) of the training photographs as uint8 `train` too, to train on.
 * --size 64 makes larger crops, and only --all. The photographs (720×360) are halved first, by averaging 2×2
 * pixels: crops at full size show little but texture.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { decode } from 'jpeg-js'
import { TweedieError } from '../src/error.ts'
import { encodeNpz, writeAtomic } from '../src/formats/index.ts'
import { permutation, stream } from '../src/random/index.ts'
import { NdArray } from '../src/tensor/ndarray.ts'

/** Photographs under CC-BY-SA, which do not ship (debian/copyright of endless-sky-data). */
const SHARE_ALIKE = /^(bwerner|myrabella|dmottl|mfield|lava5)|-(sfiera|striker|harro|iridium|spfld)/

/** Photographs and shipped crops of each. */
const SPLITS = {
  train: { photos: 145, crops: 18 },
  val: { photos: 12, crops: 10 },
  test: { photos: 24, crops: 8 },
} as const

/** Crops as flat as this (standard deviation in levels of 255) are sky or space: left out. */
const FLAT = 4

interface Image {
  readonly width: number
  readonly height: number
  /** [3, height, width]. */
  readonly levels: Float32Array
}

/** A photograph at half its size. */
const halved = (path: string): Image => {
  const { width, height, data } = decode(readFileSync(path), { useTArray: true, formatAsRGBA: false })
  const [w, h] = [width >> 1, height >> 1]
  const levels = new Float32Array(3 * w * h)
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const at = (dy: number, dx: number) => data[3 * ((2 * y + dy) * width + 2 * x + dx) + c]
        levels[(c * h + y) * w + x] = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4
      }
    }
  }
  return { width: w, height: h, levels }
}

const crop = ({ width, height, levels }: Image, top: number, left: number, size: number): Uint8Array => {
  const out = new Uint8Array(3 * size * size)
  for (let i = 0; i < out.length; i++) {
    const [c, y, x] = [Math.floor(i / (size * size)), Math.floor(i / size) % size, i % size]
    out[i] = Math.round(levels[(c * height + top + y) * width + left + x])
  }
  return out
}

const spread = (levels: Uint8Array): number => {
  const mean = levels.reduce((s, v) => s + v, 0) / levels.length
  return Math.sqrt(levels.reduce((s, v) => s + (v - mean) ** 2, 0) / levels.length)
}

/** All crops on a grid of this stride that show something. */
const crops = (image: Image, size: number, stride: number): Uint8Array[] => {
  const out: Uint8Array[] = []
  for (let top = 0; top + size <= image.height; top += stride)
    for (let left = 0; left + size <= image.width; left += stride) out.push(crop(image, top, left, size))
  return out.filter((levels) => spread(levels) > FLAT)
}

const packed = (list: readonly Uint8Array[], size: number): NdArray => {
  const out = new Uint8Array(list.length * 3 * size * size)
  for (const [i, levels] of list.entries()) out.set(levels, i * levels.length)
  return new NdArray('uint8', [list.length, 3, size, size], out)
}

const shuffled = <T>(list: readonly T[], seed: number, name: string): T[] =>
  Array.from(permutation(stream(seed, name), list.length).data, (i) => list[i])

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'string' }, size: { type: 'string', default: '32' } },
})
const [folder] = positionals
if (folder === undefined) throw new TweedieError('input', 'prepare-photos: give the folder of photographs')
const size = Number(values.size)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.jpg') && !SHARE_ALIKE.test(name))
  .sort()
const wanted = Object.values(SPLITS).reduce((n, { photos }) => n + photos, 0)
if (names.length !== wanted)
  throw new TweedieError(
    'input',
    `${folder}: expected ${wanted} public-domain photographs, found ${names.length}`,
  )

const order = shuffled(names, 0, 'photo order')
const shipped: Record<string, NdArray> = {}
let from = 0
for (const [split, { photos, crops: each }] of Object.entries(SPLITS)) {
  const images = order.slice(from, from + photos).map((name) => halved(join(folder, name)))
  from += photos
  const some = images.flatMap((image, i) =>
    shuffled(crops(image, size, size), i, `photo crops ${split}`).slice(0, each),
  )
  shipped[split] = packed(shuffled(some, 0, `photo ${split}`), size)
  if (split === 'train' && values.all !== undefined) {
    const every = images.flatMap((image) => crops(image, size, size / 2))
    writeAtomic(values.all, encodeNpz({ train: packed(shuffled(every, 0, 'photo all'), size) }, { level: 1 }))
    console.log(`${values.all}: ${every.length} crops of ${photos} photographs`)
  }
}
if (size === 32) {
  const bytes = encodeNpz(shipped, { level: 9 })
  writeAtomic(fileURLToPath(new URL('../data/photos.npz', import.meta.url)), bytes)
  const counts = Object.entries(shipped).map(([split, { shape }]) => `${shape[0]} ${split}`)
  console.log(`data/photos.npz: ${counts.join(', ')}, ${(bytes.length / 1e6).toFixed(1)} MB`)
}

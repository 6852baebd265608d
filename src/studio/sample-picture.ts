/** Samples of a prior as one picture: PNG of images, SVG of curves and points. */
import { asFloat32, openArrays } from '../formats/index.ts'
import { cornerPlot, imageGrid, pngOf } from '../report/index.ts'
import { samplesTile, surfacePicture } from '../report/views/prior-samples.ts'
import { NdArray, rows, sizeOf } from '../tensor/index.ts'
import { Refusal } from './refusal.ts'
import type { KnownLook } from './sample-look.ts'
import { themedSvg } from './themed-svg.ts'

/** A picture as bytes of its type. */
export interface Drawn {
  readonly type: 'image/png' | 'image/svg+xml'
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Samples that are read, images that are shown at most, and coordinates of which every pair is drawn. */
const [READ, IMAGES, PAIRS] = [512, 36, 6] as const

/** Most values that are read. */
const VALUES = 2 ** 23

/** The interval in which 99 % of the values lie, or [0, 1] where that is nearly it. */
const rangeOf = ({ data }: NdArray<'float32'>): readonly [number, number] => {
  const sorted = data.filter(Number.isFinite).sort()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]
  const [low, high] = [at(0.005), at(0.995)]
  if (low > -0.3 && high > 0.5 && high < 1.3) return [0, 1]
  return low < high ? [low, high] : [low - 0.5, low + 0.5]
}

/** Samples of a file, the first ones. */
const samplesIn = (path: string): NdArray<'float32'> => {
  const file = openArrays(path)
  try {
    const shape = file.fields.x?.shape
    if (!shape || shape.length < 2 || shape.some((d) => d === 0))
      throw new Refusal(400, `${path}: expected samples 'x' [N, ...event]`)
    const size = sizeOf(shape.slice(1))
    if (size > VALUES) throw new Refusal(413, `samples of ${size} values have no picture here`)
    const count = Math.min(READ, shape[0], Math.floor(VALUES / size))
    return asFloat32(file.rows('x', 0, count), 'x', true, path)
  } finally {
    file.close()
  }
}

const svg = (text: string): Drawn => ({ type: 'image/svg+xml', bytes: new TextEncoder().encode(text) })

/**
 * The picture of the samples [N, ...event] of a file.
 *
 * @param lookOf - what is known of the look of such signals; default units: where nearly all values lie
 */
export const samplePicture = async (
  path: string,
  lookOf: (event: readonly number[]) => Promise<KnownLook>,
): Promise<Drawn> => {
  const x = samplesIn(path)
  const [count, ...event] = x.shape
  const { view = { kind: 'signal' }, range: shown = rangeOf(x), ...look } = await lookOf(event)
  const surface = event.length === 2 ? surfacePicture(x, { view, range: shown, ...look }) : undefined
  if (surface) return { type: 'image/png', bytes: new Uint8Array(pngOf(surface)) }
  if (event.length === 3) {
    const side = Math.floor(Math.sqrt(Math.min(IMAGES, count)))
    const plain = event[0] === 1 || event[0] === 3
    const images = plain ? rows(x, 0, side * side) : firstChannels(x, side * side)
    const grid = imageGrid(images, { columns: side, range: shown })
    return { type: 'image/png', bytes: new Uint8Array(pngOf(grid)) }
  }
  if (event.length === 1 && event[0] <= PAIRS) return svg(themedSvg(cornerPlot(x, { range: shown })))
  if (event.length > 2) throw new Refusal(400, `samples of [${event}] have no picture here`)
  return svg(themedSvg(samplesTile(x, { view: { kind: 'signal' }, range: shown }, '')))
}

/** The first channel of the first n images. */
const firstChannels = (x: NdArray<'float32'>, n: number): NdArray<'float32'> => {
  const [count, , height, width] = x.shape
  const size = x.size / count
  const data = new Float32Array(n * height * width)
  for (let i = 0; i < n; i++)
    data.set(x.data.subarray(i * size, i * size + height * width), i * height * width)
  return new NdArray('float32', [n, 1, height, width], data)
}

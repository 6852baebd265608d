/** Images that are judged as a set: draws of any program, or clean data by name, file or folder. */
import type { Split } from '../../datasets/index.ts'
import type { ImageRows } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { type ArrayFile, namesArrays, openArrays, withChannel } from '../../formats/index.ts'
import { firstNotFinite, NdArray, type Shape, sizeOf } from '../../tensor/index.ts'
import { openCleanItems } from '../config/loading.ts'

/** Names under which programs keep images. */
const NAMES = ['draws', 'samples', 'x', 'images', 'data'] as const

type Floats = NdArray<'float32'>

/** Images in [0, 1] as float32; bytes are k/255. */
const asImages = ({ dtype, data, shape }: NdArray, what: string): Floats => {
  if (data instanceof Uint8Array && dtype === 'uint8')
    return new NdArray(
      'float32',
      shape,
      Float32Array.from(data, (v) => v / 255),
    )
  if (data instanceof Float32Array || data instanceof Float64Array)
    return new NdArray('float32', shape, Float32Array.from(data))
  throw new TweedieError('input', `${what}: expected float32, float64 or uint8, got ${dtype}`)
}

/** Values so far beyond [0, 1] are no overshoot of a sampler. */
const [LEAST, MOST] = [-0.25, 1.25]

/** @throws TweedieError `input` for NaN */
const checkFinite = ({ data, shape }: Floats, from: number, path: string): void => {
  const bad = firstNotFinite({ data })
  if (bad < 0) return
  const image = from + Math.floor(bad / sizeOf(shape.slice(1)))
  throw new TweedieError('input', `${path}: image ${image} is not finite (${data[bad]})`)
}

/** @throws TweedieError `input` when many values are not those of images in [0, 1] */
const checkUnits = ({ data }: Floats, path: string): void => {
  const outside = data.reduce((n, v) => (v < LEAST || v > MOST ? n + 1 : n), 0)
  if (outside > 0.05 * data.length) {
    const [low, high] = data.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity])
    throw new TweedieError('input', `${path}: expected images in [0, 1], got values from ${low} to ${high}`)
  }
}

/** The array that holds the images. @throws TweedieError `input` when there is none */
const fieldOf = ({ fields }: ArrayFile, path: string): string => {
  const names = Object.keys(fields)
  const name = NAMES.find((known) => names.includes(known)) ?? (names.length === 1 ? names[0] : undefined)
  if (name !== undefined) return name
  throw new TweedieError(
    'input',
    `${path}: expected images as one of ${NAMES.join(', ')}, or a single array; it has ${names.join(', ')}`,
  )
}

/** Draws [K, N, ...] of problems one after the other, all draws of the first problem first. */
const drawsInOne = (file: ArrayFile, name: string, [k, n, ...event]: Shape): ImageRows => ({
  shape: [k * n, ...event],
  rows: (from, to) => {
    const [first, last] = [Math.floor(from / k), Math.ceil(to / k)]
    const { data, dtype, shape } = file.columns(name, first, last)
    const size = sizeOf(event)
    const columns = asImages(new NdArray(dtype, shape, data), name)
    const out = new Float32Array((to - from) * size)
    for (let i = from; i < to; i++) {
      const at = (i % k) * (last - first) + Math.floor(i / k) - first
      out.set(columns.data.subarray(at * size, (at + 1) * size), (i - from) * size)
    }
    return new NdArray('float32', [to - from, ...event], out)
  },
})

const openImageArrays = (path: string): ImageRows => {
  const file = openArrays(path)
  const name = fieldOf(file, path)
  const { shape } = file.fields[name]
  if (shape.length === 5) return drawsInOne(file, name, shape)
  const rows = (from: number, to: number) =>
    withChannel(asImages(file.rows(name, from, to), `${path}: field '${name}'`))
  if (shape.length !== 3 && shape.length !== 4)
    throw new TweedieError(
      'input',
      `${path}: field '${name}' must be images [N, C, H, W] or draws [K, N, C, H, W], got [${shape}]`,
    )
  return { shape: [shape[0], ...rows(0, 0).shape.slice(1)], rows }
}

const openCleanImages = async (source: string, split: Split): Promise<ImageRows> => {
  const { shape, rows, range, view } = await openCleanItems(source, { split })
  if (view.kind === 'image' && shape.length === 4 && range[0] === 0 && range[1] === 1) return { shape, rows }
  throw new TweedieError(
    'input',
    `${source}: expected images [N, C, H, W] in [0, 1], got items [${shape.slice(1)}] in [${range}]`,
  )
}

/** Which images of a source, and what is known of them. */
export interface ImageSource {
  /** Of clean data, default the training part. */
  readonly split?: Split
  /** The first so many of them. */
  readonly most?: number
  /** Their units are those of images, whatever values they have: samples of a prior of such data. */
  readonly sure?: boolean
}

/**
 * Images of a source, read when they are asked for and checked then.
 *
 * @throws TweedieError `input` when there are none, or fewer than that
 */
export const openImageSet = async (
  source: string,
  { split = 'train', most, sure = false }: ImageSource = {},
): Promise<ImageRows> => {
  const { shape, rows } = namesArrays(source) ? openImageArrays(source) : await openCleanImages(source, split)
  const [there, ...event] = shape
  if (most !== undefined && most > there)
    throw new TweedieError('input', `${source}: has ${there} images, ${most} were asked for`)
  return {
    shape: [most ?? there, ...event],
    rows: async (from, to) => {
      const images = await rows(from, to)
      const floats = asImages(images, source)
      checkFinite(floats, from, source)
      if (!sure) checkUnits(floats, source)
      return floats
    },
  }
}

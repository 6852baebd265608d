import { TweedieError } from '../error.ts'
import { readArrays } from '../formats/index.ts'
import { NdArray, rows, type Shape } from '../tensor/ndarray.ts'
import { type CleanData, type CleanSource, type DataSet, UNIT, viewedItems } from './data-set.ts'
import { loadMnist } from './mnist.ts'
import { firstPoints, padPoints } from './points.ts'
import { shippedPath } from './shipped.ts'

/**
 * Images on the Stanford bunny: the vertices of `bun_zipper_res3` in the order of the file, as in the paper
 * on amortized posterior sampling. How images get there is ours, because the paper does not say it: see
 * {@link imagesOnMesh}.
 */

/** Vertices of the mesh, and with those that pad them to a multiple of 8. */
export const BUNNY = { points: 1889, length: 1896 } as const

/** A triangle mesh. */
export interface Mesh {
  /** [V, 3]: x to the right, y up, z towards the viewer. */
  readonly vertices: NdArray<'float32'>
  /** [F, 3]: indices of vertices. */
  readonly faces: NdArray<'int32'>
}

/**
 * The bunny that ships with the package: 1,889 vertices and 3,851 faces, in metres; see data/README.md.
 *
 * @throws TweedieError `input` when the file is missing or damaged.
 * @example
 * ```ts
 * const { vertices, faces } = loadBunny()
 * ```
 */
export const loadBunny = (): Mesh => {
  const path = shippedPath('bunny.npz')
  const { vertices, faces } = readArrays(path)
  if (
    vertices?.data instanceof Float32Array &&
    faces?.data instanceof Int32Array &&
    String(vertices.shape) === `${BUNNY.points},3` &&
    faces.shape[1] === 3
  )
    return {
      vertices: new NdArray('float32', vertices.shape, vertices.data),
      faces: new NdArray('int32', faces.shape, faces.data),
    }
  throw new TweedieError(
    'input',
    `${path}: expected vertices float32 [${BUNNY.points}, 3] and faces int32 [F, 3]`,
  )
}

/** Where an axis of the vertices lies between its ends, 0 to 1. */
const placesAlong = ({ data, shape: [count] }: NdArray<'float32'>, axis: 0 | 1): Float64Array => {
  const along = Float64Array.from({ length: count }, (_, v) => data[3 * v + axis])
  const low = along.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const high = along.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  return along.map((value) => (value - low) / (high - low))
}

/**
 * The two pixels of an axis around a place in [0, 1] and the share of the second; pixel i spans [i, i + 1] /
 * size.
 */
const between = (place: number, size: number): [first: number, second: number, share: number] => {
  const at = Math.min(size - 1, Math.max(0, place * size - 0.5))
  const first = Math.floor(at)
  return [first, Math.min(first + 1, size - 1), at - first]
}

/** The four pixels around each vertex and their weights, [4 V]. */
const samplingOf = (vertices: NdArray<'float32'>, height: number, width: number) => {
  const [right, up] = [placesAlong(vertices, 0), placesAlong(vertices, 1)]
  const [pixels, weights] = [new Int32Array(4 * right.length), new Float64Array(4 * right.length)]
  right.forEach((place, v) => {
    const [left, next, b] = between(place, width)
    const [top, below, a] = between(1 - up[v], height)
    pixels.set([top * width + left, top * width + next, below * width + left, below * width + next], 4 * v)
    weights.set([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b], 4 * v)
  })
  return { pixels, weights }
}

/**
 * Images seen on a mesh: an orthographic projection along z, the image stretched over the bounding box of (x,
 * y), its first row at the top, and bilinear sampling at every vertex (beyond the outermost centres of
 * pixels, the value of the edge). Vertices on the far side get what those before them get: the image goes
 * through the mesh.
 *
 * @param images [N, 1, H, W].
 * @param vertices [V, 3].
 * @returns [N, 1, V].
 * @throws TweedieError `shape` for images of another shape.
 * @example
 * ```ts
 * const digits = imagesOnMesh(loadMnist({ split: 'test' }).images, loadBunny().vertices) // [1000, 1, 1889]
 * ```
 */
export const imagesOnMesh = (images: NdArray<'float32'>, vertices: NdArray<'float32'>): NdArray<'float32'> =>
  meshSampler(images.shape, vertices)(images)

/** {@link imagesOnMesh} of images of a size, whose places are found once. @param shape - [any, 1, H, W] */
const meshSampler = (shape: Shape, vertices: NdArray<'float32'>) => {
  const [, channels, height, width] = shape
  if (shape.length !== 4 || channels !== 1)
    throw new TweedieError('shape', `images on a mesh: expected [N, 1, H, W], got [${shape}]`)
  const sampling = samplingOf(vertices, height, width)
  return (images: NdArray<'float32'>) => sampled(images, sampling)
}

/** Bilinear sums of the four pixels of each vertex. */
const sampled = (
  images: NdArray<'float32'>,
  { pixels, weights }: ReturnType<typeof samplingOf>,
): NdArray<'float32'> => {
  const [count, , height, width] = images.shape
  const points = pixels.length / 4
  const data = new Float32Array(count * points)
  for (let n = 0, at = 0; n < count; n++) {
    const image = images.data.subarray(n * height * width, (n + 1) * height * width)
    for (let k = 0; k < 4 * points; k += 4, at++) {
      const upper = weights[k] * image[pixels[k]] + weights[k + 1] * image[pixels[k + 1]]
      data[at] = upper + weights[k + 2] * image[pixels[k + 2]] + weights[k + 3] * image[pixels[k + 3]]
    }
  }
  return new NdArray('float32', [count, 1, points], data)
}

/**
 * Images on the bunny, as networks take them.
 *
 * @param images [N, 1, H, W].
 * @returns [N, 1, 1896]: 1,889 vertices and 7 zeros.
 * @throws TweedieError as {@link imagesOnMesh} and {@link loadBunny}.
 */
export const imagesOnBunny = (images: NdArray<'float32'>): NdArray<'float32'> =>
  padPoints(imagesOnMesh(images, loadBunny().vertices), BUNNY.length)

/** [1896]: 1 for the vertices of the bunny, 0 for the padding. */
export const bunnyValid = (): NdArray<'float32'> => firstPoints(BUNNY.points, BUNNY.length)

/** Digits of MNIST by part: what the shipped set calls training gives up its last 500 for validation. */
const parts = { train: [0, 8500], val: [8500, 9000], test: [9000, 10_000], all: [0, 10_000] } as const

/**
 * The digits of {@link loadMnist} on the bunny.
 *
 * @param split `train` (default; 8,500), `val` (500, to tune on), `test` (1,000, those of MNIST's test part
 * here) or `all`.
 * @returns [N, 1, 1896] in [0, 1].
 * @throws TweedieError `input` when a file is missing or damaged.
 * @example
 * ```ts
 * const x = loadBunnyDigits('test') // [1000, 1, 1896]
 * ```
 */
export const loadBunnyDigits = (split: keyof typeof parts = 'train'): NdArray<'float32'> => {
  const [start, stop] = parts[split]
  return imagesOnBunny(rows(loadMnist({ split: 'all' }).images, start, stop))
}

/** What is known of signals on the bunny beside their values and units. */
const onIt = (): Pick<CleanData, 'view' | 'valid'> => ({
  view: { kind: 'mesh', mesh: 'bunny' },
  valid: bunnyValid(),
})

/** Grey images on the bunny: `bunny:SOURCE`. */
export const onBunny = (source: CleanSource): CleanSource => {
  const onMesh = meshSampler(source.shape, loadBunny().vertices)
  return { ...viewedItems(source, (images) => padPoints(onMesh(images), BUNNY.length)), ...onIt() }
}

export const bunnyDigits: DataSet = {
  name: 'bunny-mnist',
  summary: 'the digits on the vertices of the Stanford bunny',
  read: (split) => ({ x: loadBunnyDigits(split), range: UNIT, ...onIt() }),
}

/** A network that is given two images and says how different they look, such as LPIPS. */
import { createHash } from 'node:crypto'
import { basename, extname } from 'node:path'
import { TweedieError } from '../../error.ts'
import { readBytes } from '../../formats/index.ts'
import { checkAborted, type LongCall } from '../../progress.ts'
import {
  average,
  type ExecuteOptions,
  float32,
  loadProgram,
  type NdArray,
  rows,
  type Session,
  sizeOf,
  zeros,
} from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import type { ImageRows } from './feature-statistics.ts'
import { imageInputs, withImageShape } from './onnx-input.ts'
import { prepared } from './preparation.ts'

/** A network of two images that is loaded; see {@link pairNetwork}. */
export interface PairNetwork {
  readonly name: string
  /** SHA-256 of the file, its first 16 hexadecimal digits. */
  readonly digest: string
  /** Largest number of pairs that the network is given at once. */
  readonly batch: number
  /**
   * The distance of each pair.
   *
   * @param x - [b, C, H, W] in [0, 1]. @param y - of the same shape
   * @throws TweedieError `shape` when shapes differ, `input` when the network does not take them
   */
  distances(x: NdArray, y: NdArray): Promise<Float64Array>
  /** Frees the compiled networks. */
  release(): Promise<void>
}

/** [0, 1] to [−1, 1], after rounding to the levels of an image file. */
const SIGNED = { rounded: true, mean: [0.5], scale: [0.5] }

const readInputs = (model: Uint8Array, path: string) => {
  const inputs = imageInputs(model)
  if (inputs.length === 2 && inputs.every(({ shape }) => shape.length === 4)) return inputs
  const found = inputs.map(({ name, shape }) => `${name} [${shape.map((d) => d ?? '?')}]`).join(', ')
  throw new TweedieError('input', `${path}: expected a network of two images [B, C, H, W], got ${found}`)
}

const withRows = (x: NdArray<'float32'>, count: number): NdArray<'float32'> => {
  const padded = zeros([count, ...x.shape.slice(1)])
  padded.data.set(x.data)
  return padded
}

/**
 * A learned distance of two images, given as a network: two inputs [B, C, H, W] in [−1, 1], one number for
 * each pair. LPIPS of the Python package `lpips` (Zhang, Isola, Efros, Shechtman & Wang, "The unreasonable
 * effectiveness of deep features as a perceptual metric", CVPR 2018) is exported as such a file; no such
 * network ships.
 *
 * @param batch - pairs at once, default 16
 * @throws TweedieError `input` when the file is no such network, `io` when it cannot be read
 *
 * @example
 * ```ts
 * const lpips = await pairNetwork('lpips-alex.onnx')
 * const distances = await lpips.distances(samples, images)
 * ```
 */
export const pairNetwork = async (
  path: string,
  { batch = 16, execute }: { readonly batch?: number; readonly execute?: ExecuteOptions } = {},
): Promise<PairNetwork> => {
  const model = readBytes(path)
  const [first, second] = readInputs(model, path)
  const opened = new Map<string, Promise<Session>>()
  const sessionFor = (shape: readonly number[]): Promise<Session> => {
    const session = opened.get(String(shape)) ?? loadProgram(withImageShape(model, shape), execute)
    opened.set(String(shape), session)
    return session
  }
  const batchOf = async (x: NdArray<'float32'>, y: NdArray<'float32'>): Promise<ArrayLike<number>> => {
    const [n] = x.shape
    const session = await sessionFor([batch, ...x.shape.slice(1)])
    const outputs = await session.run({ [first.name]: withRows(x, batch), [second.name]: withRows(y, batch) })
    const distance = outputs[session.outputs[0]]
    if (sizeOf(distance.shape) !== batch)
      throw new TweedieError('input', `${path}: expected one number a pair, got [${distance.shape}]`)
    return Array.from(finiteValues(distance, `${path}: distances`)).slice(0, n)
  }
  return {
    name: basename(path, extname(path)),
    digest: createHash('sha256').update(model).digest('hex').slice(0, 16),
    batch,
    distances: async (x, y) => {
      requireSameShape(x.shape, y.shape, `${path}: images`)
      const [a, b] = [x, y].map((images) => prepared(images, SIGNED, first.shape[1], path))
      const out = new Float64Array(x.shape[0])
      for (let from = 0; from < out.length; from += batch)
        out.set(await batchOf(rows(a, from, from + batch), rows(b, from, from + batch)), from)
      return out
    },
    release: async () => {
      const sessions = [...opened.values()]
      opened.clear()
      for (const session of sessions) await (await session).release()
    },
  }
}

/** Rows of real images, each as often as it was restored. */
const repeated = (
  real: NdArray,
  [from, to]: readonly [number, number],
  first: number,
  times: number,
): NdArray => {
  const size = sizeOf(real.shape.slice(1))
  const out = zeros([to - from, ...real.shape.slice(1)])
  for (let i = from; i < to; i++) {
    const at = (Math.floor(i / times) - first) * size
    out.data.set(float32(real).data.subarray(at, at + size), (i - from) * size)
  }
  return out
}

/**
 * Mean distance of restored images to the real ones, and its standard error over the real ones.
 *
 * @param x - [K N, C, H, W], the K draws of a real image one after the other. @param real - [N, C, H, W]
 * @throws TweedieError `input` when the numbers of images do not fit, `interrupted`
 *
 * @example
 * ```ts
 * const [restored, truth] = [await openClean('restored.npz'), await openClean('truth.npz')]
 * const { value, error } = await pairDistance(await pairNetwork('lpips.onnx'), restored, truth)
 * ```
 */
export const pairDistance = async (
  network: PairNetwork,
  x: ImageRows,
  real: ImageRows,
  { onProgress, signal }: LongCall = {},
): Promise<{ readonly value: number; readonly error: number }> => {
  const [count, problems] = [x.shape[0], real.shape[0]]
  const times = count / problems
  if (!Number.isInteger(times) || times < 1)
    throw new TweedieError('input', `pairs: ${count} images are no restorations of ${problems} real ones`)
  const means = new Float64Array(problems)
  for (let from = 0; from < count; from += network.batch) {
    checkAborted(signal, 'comparing pairs')
    const to = Math.min(count, from + network.batch)
    const first = Math.floor(from / times)
    const truth = repeated(await real.rows(first, Math.ceil(to / times)), [from, to], first, times)
    const distances = await network.distances(await x.rows(from, to), truth)
    for (const [i, d] of distances.entries()) means[Math.floor((from + i) / times)] += d / times
    onProgress?.({ phase: 'pairs', done: to, total: count })
  }
  const value = average(means)
  const variance = means.reduce((sum, v) => sum + (v - value) ** 2, 0) / Math.max(1, problems - 1)
  return { value, error: Math.sqrt(variance / problems) }
}

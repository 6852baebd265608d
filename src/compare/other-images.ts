/** Images that are not restored: what the draws of a sampler are compared with as a set. */
import { readClean } from '../datasets/index.ts'
import { enoughImages, type FeatureNetwork, featureStatistics, type Moments } from '../diagnose/index.ts'
import { NdArray, rows, type Shape, sizeOf } from '../tensor/index.ts'
import { digest } from './cell.ts'
import { fittedImages } from './fitted-images.ts'

/** Most images that are looked at: more make a Fréchet distance hardly steadier. */
const MOST = 2000

/** Bytes of images. */
const bytesOf = ({ data }: NdArray<'float32'>): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Those of x that are none of `others`. */
const without = (x: NdArray<'float32'>, others: NdArray<'float32'>): NdArray<'float32'> => {
  const keyOf = (set: NdArray<'float32'>, i: number) => digest(bytesOf(rows(set, i, i + 1)))
  const known = new Set(Array.from({ length: others.shape[0] }, (_, i) => keyOf(others, i)))
  const event = x.shape.slice(1)
  const size = sizeOf(event)
  const kept = Array.from({ length: x.shape[0] }, (_, i) => i).filter((i) => !known.has(keyOf(x, i)))
  const data = new Float32Array(kept.length * size)
  for (const [to, from] of kept.entries())
    data.set(x.data.subarray(from * size, (from + 1) * size), to * size)
  return new NdArray('float32', [kept.length, ...event], data)
}

/** Other images in the features of a network. */
export interface OtherImages {
  /** Of their features. */
  readonly moments: Moments
  /** Of the images: figures beside others are other figures. */
  readonly digest: string
}

/**
 * Features of images of the same source that are not among the truths: its training part, or where it has no
 * parts the rest of it. None where either are fewer than features, for then there is no Fréchet distance.
 *
 * @param truth - [N, ...event] as the prior takes them
 */
export const otherImages = async (
  network: FeatureNetwork,
  source: string,
  truth: NdArray<'float32'>,
  event: Shape,
): Promise<OtherImages | undefined> => {
  const { features } = await network.run(rows(truth, 0, 1))
  const enough = ({ shape: [n] }: NdArray) => enoughImages(features.shape[1], n)
  if (!enough(truth)) return undefined
  const { x } = await readClean(source, { split: 'train', most: MOST + truth.shape[0] })
  const others = rows(without(fittedImages(x, event).images, truth), 0, MOST)
  if (!enough(others)) return undefined
  const read = { shape: others.shape, rows: (from: number, to: number) => rows(others, from, to) }
  const { moments } = await featureStatistics(network, read)
  return { moments, digest: digest(bytesOf(others)) }
}

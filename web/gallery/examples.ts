/** Images to damage, and draws of the first one as it is shown first. */
import { decodeNpz } from 'tweedie/formats'
import { type NdArray, toNumbers } from 'tweedie/tensor'
import { imageShape, type Manifest, type Range } from '../engine/manifest.ts'

export interface Examples {
  /** [N, C·H·W], in the units of the data. */
  readonly images: Float32Array
  /** N. */
  readonly count: number
  /** [K, C·H·W]. */
  readonly first: Float32Array
}

/** Bytes 0 … 255 spread over a range. */
const spread = (bytes: NdArray, [low, high]: Range): Float32Array =>
  Float32Array.from(toNumbers(bytes), (byte) => low + ((high - low) * byte) / 255)

/**
 * Bytes of an `examples.npz`: uint8 `images` [N, C, H, W], 0 … 255 over the range of the data, and `first`
 * [K, C, H, W], 0 … 255 over `firstRange` [2].
 *
 * @throws Error in one line, when it is none, or not of this sampler
 */
export const examplesOf = (bytes: Uint8Array, manifest: Manifest): Examples => {
  const arrays = decodeNpz(bytes, 'examples.npz')
  const shape = imageShape(manifest)
  const pictures = (name: 'images' | 'first'): NdArray => {
    const array = arrays[name]
    if (array?.dtype !== 'uint8' || String(array.shape.slice(1)) !== String(shape))
      throw new Error(`examples.npz: '${name}' must be uint8 [N, ${shape.join(', ')}]`)
    return array
  }
  const [images, first] = [pictures('images'), pictures('first')]
  if (first.shape[0] !== manifest.draws)
    throw new Error(`examples.npz: 'first' must hold ${manifest.draws} draws, got ${first.shape[0]}`)
  const { firstRange } = arrays
  if (firstRange?.size !== 2) throw new Error("examples.npz: 'firstRange' must hold two numbers")
  const [low, high] = toNumbers(firstRange)
  return {
    images: spread(images, manifest.range),
    count: images.shape[0],
    first: spread(first, [low, high]),
  }
}

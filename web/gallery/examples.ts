/** Images to damage, and draws of the first one as it is shown first. */
import { decodeNpz } from 'tweedie/formats'
import { toNumbers } from 'tweedie/tensor'
import { imageShape, type Manifest } from '../engine/manifest.ts'

export interface Examples {
  /** [N, C·H·W], in the units of the data. */
  readonly images: Float32Array
  /** N. */
  readonly count: number
  /** [K, C·H·W]. */
  readonly first: Float32Array
}

/**
 * Bytes of an `examples.npz`: uint8 `images` [N, C, H, W] and `first` [K, C, H, W], 0 … 255 over the range.
 *
 * @throws Error in one line, when it is none, or not of this sampler
 */
export const examplesOf = (bytes: Uint8Array, manifest: Manifest): Examples => {
  const arrays = decodeNpz(bytes, 'examples.npz')
  const shape = imageShape(manifest)
  const [low, high] = manifest.range
  const values = (name: 'images' | 'first'): Float32Array => {
    const array = arrays[name]
    if (array?.dtype !== 'uint8' || String(array.shape.slice(1)) !== String(shape))
      throw new Error(`examples.npz: '${name}' must be uint8 [N, ${shape.join(', ')}]`)
    return Float32Array.from(toNumbers(array), (byte) => low + ((high - low) * byte) / 255)
  }
  const [images, first] = [values('images'), values('first')]
  if (arrays.first.shape[0] !== manifest.draws)
    throw new Error(`examples.npz: 'first' must hold ${manifest.draws} draws, got ${arrays.first.shape[0]}`)
  return { images, count: arrays.images.shape[0], first }
}

/** Signals to damage, where their values lie, and draws of the first one as it is shown first. */
import { decodeNpz } from 'tweedie/formats'
import { type NdArray, toNumbers } from 'tweedie/tensor'
import type { Manifest, Range } from '../engine/manifest.ts'
import { type Domain, placesIn } from './domain.ts'
import { withoutPadding } from './padding.ts'

export interface Examples {
  readonly domain: Domain
  /** Entries of a sampler's arrays behind the last point. */
  readonly padding: number
  /** [N, D], in the units of the data: D entries on the domain, C·H·W of images. */
  readonly signals: Float32Array
  /** N. */
  readonly count: number
  /** [K, D]. */
  readonly first: Float32Array
}

type Arrays = Readonly<Record<string, NdArray>>

const wrong = (what: string): Error => new Error(`examples.npz: ${what}`)

/** Bytes 0 … 255 spread over a range. */
const spread = (bytes: NdArray, [low, high]: Range): Float32Array =>
  Float32Array.from(toNumbers(bytes), (byte) => low + ((high - low) * byte) / 255)

const threes = (array: NdArray, name: string): Float32Array => {
  const values = Float32Array.from(toNumbers(array))
  if (array.shape.length === 2 && array.shape[1] === 3 && values.every(Number.isFinite)) return values
  throw wrong(`'${name}' must be finite numbers [N, 3], got [${array.shape}]`)
}

const facesIn = ({ faces }: Arrays, count: number): Uint32Array | undefined => {
  if (!faces) return undefined
  const corners = threes(faces, 'faces')
  if (corners.every((corner) => Number.isInteger(corner) && corner >= 0 && corner < count))
    return Uint32Array.from(corners)
  throw wrong(`'faces' must be indices of the ${count} points`)
}

/** Where the entries of one x lie. @param event - its shape: [C, H, W], or [1, V] */
const domainOf = (arrays: Arrays, event: readonly number[]): Domain => {
  const [channels, height, width] = event
  if (event.length === 3) return { kind: 'image', channels, height, width }
  if (event.length !== 2 || channels !== 1)
    throw wrong(`no images [C, H, W] and no values at points [1, N], but [${event}]`)
  if (!arrays.coordinates) throw wrong("'coordinates' [N, 3] say where the points lie; there are none")
  const coordinates = threes(arrays.coordinates, 'coordinates')
  const count = coordinates.length / 3
  // Networks pad points to a multiple of eight.
  if (count > height || height >= count + 8)
    throw wrong(`'coordinates' are of ${count} points, the sampler is of ${height}`)
  const faces = facesIn(arrays, count)
  return { kind: 'points', coordinates, ...(faces ? { faces } : {}) }
}

/**
 * Bytes of an `examples.npz`: uint8 `images` [N, C, H, W] or [N, 1, V], 0 … 255 over the range of the data, and
 * `first` [K, …] alike, 0 … 255 over `firstRange` [2]. Of points also `coordinates` float32 [N, 3], and of a
 * mesh `faces` int32 [F, 3].
 *
 * @throws Error in one line, when it is none, or not of this sampler
 */
export const examplesOf = (bytes: Uint8Array, manifest: Manifest): Examples => {
  const arrays = decodeNpz(bytes, 'examples.npz')
  const event = manifest.outputs.find(({ name }) => name === 'x')?.shape.slice(1) ?? []
  const signalsIn = (name: 'images' | 'first'): NdArray => {
    const array = arrays[name]
    if (array?.dtype !== 'uint8' || String(array.shape.slice(1)) !== String(event))
      throw wrong(`'${name}' must be uint8 [N, ${event.join(', ')}]`)
    return array
  }
  const domain = domainOf(arrays, event)
  const [images, first] = [signalsIn('images'), signalsIn('first')]
  if (first.shape[0] !== manifest.draws)
    throw wrong(`'first' must hold ${manifest.draws} draws, got ${first.shape[0]}`)
  const { firstRange } = arrays
  if (firstRange?.size !== 2) throw wrong("'firstRange' must hold two numbers")
  const [low, high] = toNumbers(firstRange)
  const places = placesIn(domain)
  const padding = domain.kind === 'points' ? event[1] - places : 0
  const own = (values: Float32Array) => withoutPadding(values, places, padding)
  return {
    domain,
    padding,
    signals: own(spread(images, manifest.range)),
    count: images.shape[0],
    first: own(spread(first, [low, high])),
  }
}

import { extname } from 'node:path'
import { asFloat32, decodePng, readArrays, readBytes, wrong } from '../formats/index.ts'
import { NdArray } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'

type Inside = NonNullable<ObservationSet['valid']>

const isPicture = (path: string): boolean => extname(path).toLowerCase() === '.png'

/** The first channel of a picture whose channels agree. */
const grey = (picture: NdArray<'float32'>, path: string): Inside => {
  const [channels, h, w] = picture.shape
  const size = h * w
  const bad = picture.data.findIndex((v, i) => v !== picture.data[i % size])
  if (channels > 1 && bad >= 0) throw wrong(path, 'a domain is black and white, got a coloured pixel')
  return new NdArray('float32', [h, w], picture.data.slice(0, size))
}

/** Without first axes of one entry. */
const squeezed = (mask: Inside): Inside => {
  const from = mask.shape.findIndex((d) => d > 1)
  return new NdArray('float32', from < 0 ? [1] : mask.shape.slice(from), mask.data)
}

/**
 * The domain of a set from a file: one array, 1 inside and 0 outside, of the last axes of x, or a picture,
 * white inside and black outside.
 *
 * @throws TweedieError `input` for damaged files, several arrays, and values between 0 and 1
 *
 * @example
 * ```ts
 * const valid = readDomain('sea.png') // [H, W]
 * ```
 */
export const readDomain = (path: string): Inside => {
  const read = (): Inside => {
    if (isPicture(path)) return grey(decodePng(readBytes(path), path), path)
    const arrays = Object.entries(readArrays(path))
    if (arrays.length !== 1)
      throw wrong(path, `a domain is one array, got ${arrays.map(([name]) => name).join(', ')}`)
    return asFloat32(arrays[0][1], 'domain', false, path)
  }
  const mask = squeezed(read())
  const bad = mask.data.find((v) => v !== 0 && v !== 1)
  if (bad !== undefined)
    throw wrong(
      path,
      `a domain is 1 inside and 0 outside, ${isPicture(path) ? 'white and black, ' : ''}got ${bad}`,
    )
  return mask
}

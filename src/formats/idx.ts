import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import { claimedBytes, decodeElements, type Element } from './elements.ts'
import { gunzipped } from './gzip.ts'

/**
 * IDX, the format of MNIST and Fashion-MNIST: two zero bytes, element type, number of dimensions, each dimension as a
 * big-endian uint32, then the elements. Y. LeCun, C. Cortes & C. J. C. Burges, http://yann.lecun.com/exdb/mnist/.
 */
const elements: Readonly<Record<number, Element>> = {
  8: 'u1',
  9: 'i1',
  11: 'i2',
  12: 'i4',
  13: 'f4',
  14: 'f8',
}

const PREAMBLE = 4

/**
 * Reads the bytes of an IDX file, plain or gzipped. int8 and int16 become int32.
 *
 * @param name file, for messages.
 * @throws TweedieError `input` when the bytes are not such a file: the size is checked before anything is allocated.
 * @example
 * ```ts
 * const images = decodeIdx(readBytes('train-images-idx3-ubyte.gz'), 'train-images-idx3-ubyte.gz') // uint8 [60000, 28, 28]
 * ```
 */
export const decodeIdx = (bytes: Uint8Array, name: string): NdArray => {
  const wrong = (message: string) => new TweedieError('input', `${name}: ${message}`)
  const raw = gunzipped(bytes, name)
  if (raw.length < PREAMBLE || raw[0] !== 0 || raw[1] !== 0)
    throw wrong('not an IDX file (its first two bytes are not zero)')
  const [, , code, rank] = raw
  const element = elements[code]
  if (element === undefined)
    throw wrong(`IDX element type must be one of ${Object.keys(elements).join(', ')}, got ${code}`)
  const start = PREAMBLE + 4 * rank
  if (start > raw.length) throw wrong(`truncated: ${raw.length} bytes do not hold ${rank} dimensions`)
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(PREAMBLE + 4 * axis))
  const expected = claimedBytes(element, shape, name)
  const actual = raw.length - start
  if (expected !== actual) {
    throw wrong(
      `${actual < expected ? 'truncated' : 'too long'}: shape [${shape}] of ${element} needs ${expected} bytes of data, the file has ${actual}`,
    )
  }
  return decodeElements(element, shape, raw.subarray(start), false, name)
}

import type { NdArray } from '../tensor/ndarray.ts'
import { viewOf, wrong } from './bytes.ts'
import { checkSize, decodeElements, type Element } from './elements.ts'
import { gunzipped } from './zip/gzip.ts'

/**
 * IDX, the format of MNIST and Fashion-MNIST: two zero bytes, element type, number of dimensions, each
 * dimension as a big-endian uint32, then the elements. Y. LeCun, C. Cortes & C. J. C. Burges,
 * http://yann.lecun.com/exdb/mnist/.
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
 * @throws TweedieError `input` when the bytes are not such a file: the size is checked
 *   before anything is allocated.
 * @example
 * ```ts
 * const file = 'train-images-idx3-ubyte.gz'
 * const images = decodeIdx(readBytes(file), file) // uint8 [60000, 28, 28]
 * ```
 */
export const decodeIdx = (bytes: Uint8Array, name: string): NdArray => {
  const raw = gunzipped(bytes, name)
  if (raw.length < PREAMBLE || raw[0] !== 0 || raw[1] !== 0)
    throw wrong(name, 'not an IDX file (its first two bytes are not zero)')
  const [, , code, rank] = raw
  const element = elements[code]
  if (element === undefined)
    throw wrong(name, `IDX element type must be one of ${Object.keys(elements).join(', ')}, got ${code}`)
  const start = PREAMBLE + 4 * rank
  if (start > raw.length) throw wrong(name, `truncated: ${raw.length} bytes do not hold ${rank} dimensions`)
  const view = viewOf(raw)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(PREAMBLE + 4 * axis))
  checkSize(element, shape, raw.length - start, name)
  return decodeElements(element, shape, raw.subarray(start), false, name)
}

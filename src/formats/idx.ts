import type { NdArray } from '../tensor/ndarray.ts'
import { type ByteSource, bytesAt, inMemory, partOf } from './bytes/byte-source.ts'
import { viewOf, wrong } from './bytes/bytes.ts'
import { openFile } from './bytes/files.ts'
import { checkSize, type Element } from './elements.ts'
import { type StoredArray, storedArray } from './stored-array.ts'
import { gunzipped, openGunzipped } from './zip/gzip.ts'

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

/** The array where it lies. */
const storedIdx = (source: ByteSource, name: string): StoredArray => {
  const preamble = bytesAt(source, 0, Math.min(PREAMBLE, source.size))
  if (source.size < PREAMBLE || preamble[0] !== 0 || preamble[1] !== 0)
    throw wrong(name, 'not an IDX file (its first two bytes are not zero)')
  const [, , code, rank] = preamble
  const element = elements[code]
  if (element === undefined)
    throw wrong(name, `IDX element type must be one of ${Object.keys(elements).join(', ')}, got ${code}`)
  const start = PREAMBLE + 4 * rank
  if (start > source.size) throw wrong(name, `truncated: ${source.size} bytes do not hold ${rank} dimensions`)
  const view = viewOf(bytesAt(source, PREAMBLE, 4 * rank))
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 * axis))
  checkSize(element, shape, source.size - start, name)
  const content = partOf(source, start, source.size - start)
  return storedArray(content, { element, littleEndian: false, shape }, name)
}

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
export const decodeIdx = (bytes: Uint8Array, name: string): NdArray =>
  storedIdx(inMemory(gunzipped(bytes, name)), name).whole()

/** An array in a file that is open. */
export interface OpenIdx extends StoredArray {
  readonly close: () => void
}

/**
 * Opens an IDX file, plain or gzipped, for reading rows: a gzipped one of more than 32 MiB is inflated into a
 * temporary file, which is gone when it is closed.
 *
 * @throws TweedieError `input` as {@link decodeIdx}, `io` when the system refuses
 *
 * @example
 * ```ts
 * const { shape, rows, close } = openIdx('train-images-idx3-ubyte.gz')
 * const first = rows(0, 64) // uint8 [64, 28, 28]
 * close()
 * ```
 */
export const openIdx = (path: string): OpenIdx => {
  const file = openFile(path)
  try {
    const content = openGunzipped(file, path)
    const close = () => {
      content.close()
      file.close()
    }
    return { ...storedIdx(content, path), close }
  } catch (error) {
    file.close()
    throw error
  }
}

import { allocate, type Data, type DataOf, type DType } from '../tensor/dtype.ts'
import { NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'
import { type ByteSource, bytesAt, inMemory } from './bytes/byte-source.ts'
import { viewOf, wrong } from './bytes/bytes.ts'

/** Element types that files may hold: kind (float, bfloat, int, uint, bool) and bytes. */
export type Element = 'f2' | 'f4' | 'f8' | 'bf2' | 'i1' | 'i2' | 'i4' | 'i8' | 'u1' | 'u2' | 'u4' | 'b1'

interface Layout {
  readonly bytes: number
  /** The dtype in memory: the smallest dtype that holds every value. */
  readonly dtype: DType
  readonly read: (view: DataView, offset: number, littleEndian: boolean) => number | bigint
}

/** IEEE half precision: sign, 5 bits of exponent, 10 of fraction. */
const half = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const bits = new DataView(new ArrayBuffer(4))

/** bfloat16 is the upper half of a float32. */
const bfloat = (upper: number): number => {
  bits.setUint16(0, upper)
  return bits.getFloat32(0)
}

const layouts: Record<Element, Layout> = {
  f2: { bytes: 2, dtype: 'float32', read: (v, o, le) => half(v.getUint16(o, le)) },
  bf2: { bytes: 2, dtype: 'float32', read: (v, o, le) => bfloat(v.getUint16(o, le)) },
  f4: { bytes: 4, dtype: 'float32', read: (v, o, le) => v.getFloat32(o, le) },
  f8: { bytes: 8, dtype: 'float64', read: (v, o, le) => v.getFloat64(o, le) },
  i1: { bytes: 1, dtype: 'int32', read: (v, o) => v.getInt8(o) },
  i2: { bytes: 2, dtype: 'int32', read: (v, o, le) => v.getInt16(o, le) },
  i4: { bytes: 4, dtype: 'int32', read: (v, o, le) => v.getInt32(o, le) },
  i8: { bytes: 8, dtype: 'int64', read: (v, o, le) => v.getBigInt64(o, le) },
  u1: { bytes: 1, dtype: 'uint8', read: (v, o) => v.getUint8(o) },
  u2: { bytes: 2, dtype: 'int32', read: (v, o, le) => v.getUint16(o, le) },
  u4: { bytes: 4, dtype: 'int64', read: (v, o, le) => BigInt(v.getUint32(o, le)) },
  b1: { bytes: 1, dtype: 'bool', read: (v, o) => v.getUint8(o) },
}

/** The element type that stores a dtype without loss. */
export const elementOf: Record<DType, Element> = {
  float32: 'f4',
  float64: 'f8',
  int32: 'i4',
  int64: 'i8',
  uint8: 'u1',
  bool: 'b1',
}

/** Bytes of one element in a file. */
export const elementBytes = (element: Element): number => layouts[element].bytes

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Whether the bytes in the file are those in memory, so that they can be copied as they are. */
const isVerbatim = (element: Element, littleEndian: boolean): boolean =>
  elementOf[layouts[element].dtype] === element &&
  (layouts[element].bytes === 1 || littleEndian === hostIsLittleEndian)

const fill = (data: Data, { bytes, read }: Layout, raw: Uint8Array, littleEndian: boolean): void => {
  const view = viewOf(raw)
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < data.length; i++) data[i] = BigInt(read(view, i * bytes, littleEndian))
  } else {
    for (let i = 0; i < data.length; i++) data[i] = Number(read(view, i * bytes, littleEndian))
  }
}

/** The dtype in memory of elements of a file. */
export const dtypeOf = (element: Element): DType => layouts[element].dtype

/** How elements are written. */
export interface Encoding {
  readonly element: Element
  readonly littleEndian: boolean
}

/** Elements that are converted in one go. */
const PIECE = 2 ** 22

/**
 * An array from the bytes of a source from `at` on, copied (never a view of them).
 *
 * @param shape - the caller has checked that the source has so many elements
 * @param where - file and field, for the message
 * @throws TweedieError `input` when a boolean is neither 0 nor 1
 */
export const readElements = (
  source: ByteSource,
  at: number,
  { element, littleEndian }: Encoding,
  shape: Shape,
  where: string,
): NdArray => {
  const layout = layouts[element]
  const data = allocate(layout.dtype, sizeOf(shape))
  if (isVerbatim(element, littleEndian)) source.fill(new Uint8Array(data.buffer), at)
  else
    for (let i = 0; i < data.length; i += PIECE) {
      const part = data.subarray(i, i + PIECE)
      const raw = bytesAt(source, at + i * layout.bytes, part.length * layout.bytes)
      fill(part, layout, raw, littleEndian)
    }
  if (element === 'b1') {
    const bad = data.findIndex((byte: number | bigint) => byte > 1)
    if (bad >= 0) throw wrong(where, `booleans must be 0 or 1, got ${data[bad]} at element ${bad}`)
  }
  return new NdArray(layout.dtype, shape, data as DataOf[DType])
}

/**
 * As {@link readElements}, from the raw bytes of a file.
 *
 * @param raw - exactly the bytes of `shape`; the caller has checked their number
 * @throws TweedieError `input` when a boolean is neither 0 nor 1
 */
export const decodeElements = (
  element: Element,
  shape: Shape,
  raw: Uint8Array,
  littleEndian: boolean,
  where: string,
): NdArray => readElements(inMemory(raw), 0, { element, littleEndian }, shape, where)

/**
 * The elements as little-endian bytes, as every format here stores them (a view where the
 * machine is little-endian).
 */
export const encodeElements = ({ dtype, data }: NdArray): Uint8Array => {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const size = layouts[elementOf[dtype]].bytes
  if (size === 1 || hostIsLittleEndian) return raw
  const swapped = Uint8Array.from(raw)
  for (let i = 0; i < swapped.length; i += size) swapped.subarray(i, i + size).reverse()
  return swapped
}

/**
 * Number of bytes that a header claims for an array: checked against the file by the caller
 * before anything is allocated.
 *
 * @throws TweedieError `input` when a dimension is not a natural number, there are more than 32 or
 *   their product overflows.
 */
export const claimedBytes = (element: Element, shape: readonly unknown[], where: string): number => {
  if (shape.length > 32) throw wrong(where, `shape has ${shape.length} dimensions, at most 32`)
  let bytes = layouts[element].bytes
  for (const dimension of shape) {
    if (typeof dimension !== 'number' || !Number.isSafeInteger(dimension) || dimension < 0) {
      throw wrong(where, `shape [${shape}] must hold natural numbers, got ${dimension}`)
    }
    bytes *= dimension
  }
  if (!Number.isSafeInteger(bytes)) throw wrong(where, `shape [${shape}] is larger than any file can be`)
  return bytes
}

/**
 * @throws TweedieError `input` unless an array of this shape takes exactly the bytes that the file has for it
 */
export const checkSize = (
  element: Element,
  shape: readonly unknown[],
  available: number,
  where: string,
): void => {
  const expected = claimedBytes(element, shape, where)
  if (expected === available) return
  const what = available < expected ? 'truncated' : 'too long'
  throw wrong(
    where,
    `${what}: shape [${shape}] of ${element} needs ${expected} bytes of data, the file has ${available}`,
  )
}

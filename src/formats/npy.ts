import { basename, extname } from 'node:path'
import type { Data } from '../tensor/dtype.ts'
import { NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'
import type { ArrayFormat, Arrays } from './array-format.ts'
import { startsWith, viewOf, wrong } from './bytes.ts'
import {
  checkSize,
  decodeElements,
  type Element,
  elementBytes,
  elementOf,
  encodeElements,
} from './elements.ts'

/**
 * NumPy's `.npy`: the bytes 93 'NUMPY', version (major, minor), header length (2 bytes, 4 from version 2 on,
 * little-endian), a Python dictionary literal, the elements.
 *
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)

/** NumPy itself refuses longer headers of arrays without fields. */
const LONGEST_HEADER = 10_000

interface Header extends ElementType {
  readonly fortranOrder: boolean
  readonly shape: number[]
}

interface ElementType {
  readonly element: Element
  readonly littleEndian: boolean
  /** Whether each entry is two such elements, its real and its imaginary part. */
  readonly complex: boolean
}

/** NumPy's complex types, by that of their parts. */
const PARTS: Readonly<Record<string, Element>> = { c8: 'f4', c16: 'f8' }

const elements = new Set<string>(['f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'b1'])
const isElement = (code: string): code is Element => elements.has(code)

const parseDescr = (descr: string, name: string): ElementType => {
  const [, order, code] = /^([<>|=])([a-zA-Z]\d+)$/.exec(descr) ?? []
  const littleEndian = order !== '>'
  if (code !== undefined && isElement(code)) return { element: code, littleEndian, complex: false }
  if (code !== undefined && Object.hasOwn(PARTS, code))
    return { element: PARTS[code], littleEndian, complex: true }
  const hint = /^[<>|=]?O/.test(descr) ? ' (objects are pickled Python, which is never read)' : ''
  const readable = 'f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 b1'
  throw wrong(name, `dtype must be one of ${readable}, got '${descr.slice(0, 40)}'${hint}`)
}

/**
 * The dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order, each once.
 */
const parseHeader = (text: string, name: string): Header => {
  const { descr, order, shape } = headerFields(text, name)
  return { ...parseDescr(descr, name), fortranOrder: order === 'True', shape: parseShape(shape, name) }
}

const headerFields = (text: string, name: string) => {
  const [, body] = /^\s*\{(.*)\}\s*$/s.exec(text) ?? []
  if (body === undefined)
    throw wrong(name, `header must be a Python dictionary, got '${text.slice(0, 60).trim()}'`)
  const found = new Map<string, string>()
  const entry = /\s*(['"])(\w+)\1\s*:\s*('[^']*'|"[^"]*"|True|False|\([\d\sL,-]*\))\s*(,|$)/y
  while (entry.lastIndex < body.trimEnd().length) {
    const start = entry.lastIndex
    const match = entry.exec(body)
    if (match === null)
      throw wrong(name, `header is not understood at '${body.slice(start, start + 60).trim()}'`)
    if (found.has(match[2])) throw wrong(name, `header has the key '${match[2]}' twice`)
    found.set(match[2], match[3])
  }
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((key) => {
    const value = found.get(key)
    if (value === undefined) throw wrong(name, `header lacks the key '${key}'`)
    return value
  })
  if (found.size > 3) throw wrong(name, `header has unknown keys, got ${[...found.keys()].join(', ')}`)
  if (!/^['"]/.test(descr)) throw wrong(name, `header key 'descr' must be a string, got ${descr}`)
  if (order !== 'True' && order !== 'False')
    throw wrong(name, `header key 'fortran_order' must be a bool, got ${order}`)
  return { descr: descr.slice(1, -1), order, shape }
}

/** `()`, `(3,)`, `(3, 4)`; Python 2 wrote `(3L, 4L)`. */
const parseShape = (text: string, name: string): number[] => {
  const inner = /^\((.*)\)$/s.exec(text)?.[1].trim()
  if (inner === undefined) throw wrong(name, `header key 'shape' must be a tuple, got ${text}`)
  if (inner === '') return []
  const parts = inner.split(',').map((part) => part.trim())
  if (parts.length > 1 && parts.at(-1) === '') parts.pop()
  return parts.map((part) => {
    if (!/^-?\d+L?$/.test(part))
      throw wrong(name, `header key 'shape' must hold integers, got ${text.slice(0, 60)}`)
    return Number(part.replace('L', ''))
  })
}

/** Column-major to row-major, of entries of `width` elements each. */
const fromFortran = (array: NdArray, shape: Shape, width: number): NdArray => {
  const { dtype, data } = array
  const out = data.slice()
  const index = shape.map(() => 0)
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
  let source = 0
  for (let i = 0; i < out.length; i += width) {
    for (let part = 0; part < width; part++) out[i + part] = data[source * width + part]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]
      if (++index[axis] < shape[axis]) break
      source -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return new NdArray(dtype, array.shape, out as Data)
}

/** An array of a file that may be complex: then its last axis is real part and imaginary part. */
export interface FileNumbers {
  readonly array: NdArray
  readonly complex: boolean
}

/**
 * Reads the bytes of a `.npy` file, version 1 to 3, either byte order, C or Fortran order.
 *
 * float16 becomes float32; int8, int16 and uint16 become int32; uint32 becomes int64.
 *
 * @param name file (and field), for messages.
 * @throws TweedieError `input` when the bytes are not such a file: the size is checked
 *   before anything is allocated.
 * @example
 * ```ts
 * const y = decodeNpy(readBytes('y.npy'), 'y.npy')
 * ```
 */
export const decodeNpy = (bytes: Uint8Array, name: string): NdArray => {
  const { array, complex } = decodeNpyNumbers(bytes, name)
  if (!complex) return array
  throw wrong(name, 'holds complex numbers, real ones are needed here')
}

/** The header of a `.npy`, and its elements as bytes. */
const parted = (bytes: Uint8Array, name: string): { readonly header: string; readonly body: Uint8Array } => {
  if (!startsWith(bytes, MAGIC)) throw wrong(name, 'not a .npy file (its first bytes are not \\x93NUMPY)')
  const version = bytes[6]
  const preamble = version === 1 ? 10 : 12
  if (bytes.length < preamble)
    throw wrong(name, `truncated: ${bytes.length} bytes do not hold a .npy preamble`)
  if (version < 1 || version > 3) throw wrong(name, `.npy version must be 1, 2 or 3, got ${version}`)
  const view = viewOf(bytes)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const start = preamble + length
  if (start > bytes.length)
    throw wrong(name, `truncated: header of ${length} bytes in a file of ${bytes.length} bytes`)
  if (length > LONGEST_HEADER) throw wrong(name, `header of ${length} bytes, at most ${LONGEST_HEADER}`)
  return { header: new TextDecoder().decode(bytes.subarray(preamble, start)), body: bytes.subarray(start) }
}

/**
 * As {@link decodeNpy}, complex numbers too.
 *
 * @throws TweedieError `input` as {@link decodeNpy}
 */
export const decodeNpyNumbers = (bytes: Uint8Array, name: string): FileNumbers => {
  const { header, body } = parted(bytes, name)
  const { element, shape, littleEndian, fortranOrder, complex } = parseHeader(header, name)
  const stored = complex ? [...shape, 2] : shape
  checkSize(element, stored, body.length, name)
  const array = decodeElements(element, stored, body, littleEndian, name)
  const columns = fortranOrder && shape.length > 1
  return { array: columns ? fromFortran(array, shape, complex ? 2 : 1) : array, complex }
}

/** The text of a `.npy` that holds one, as bytes or as UTF-32. @throws TweedieError `input` for others */
export const decodeNpyText = (bytes: Uint8Array, name: string): string => {
  const { header, body } = parted(bytes, name)
  const { descr } = headerFields(header, name)
  const [, kind] = /^[<|]([SU])\d+$/.exec(descr) ?? []
  if (kind === undefined) throw wrong(name, `expected text, got dtype '${descr.slice(0, 40)}'`)
  const every = kind === 'S' ? 1 : 4
  const letters = Array.from(
    body.filter((_, i) => i % every === 0),
    (code) => String.fromCharCode(code),
  )
  return letters.join('').replaceAll('\0', '')
}

const descrOf = (element: Element): string => `${elementBytes(element) === 1 ? '|' : '<'}${element}`

const tuple = (shape: Shape): string => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`)

/**
 * The bytes of a `.npy` file, version 1.0, C order, little-endian; the elements begin at a multiple of 64.
 *
 * @example
 * ```ts
 * writeAtomic('x.npy', encodeNpy(ndarray([1, 2, 3])))
 * ```
 */
export const encodeNpy = (array: NdArray): Uint8Array => {
  const element = elementOf[array.dtype]
  const header = `{'descr': '${descrOf(element)}', 'fortran_order': False, 'shape': ${tuple(array.shape)}, }`
  const start = Math.ceil((10 + header.length + 1) / 64) * 64
  const data = encodeElements(array)
  const bytes = new Uint8Array(start + data.length)
  bytes.set(MAGIC)
  bytes.set([1, 0, (start - 10) & 0xff, (start - 10) >> 8], 6)
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - 11)}\n`), 10)
  bytes.set(data, start)
  return bytes
}

const only = (arrays: Readonly<Arrays>, path: string): NdArray => {
  const values = Object.values(arrays)
  if (values.length === 1) return values[0]
  throw wrong(path, `a .npy file holds one array, got ${values.length}; use .npz, for example`)
}

/** The one array of a `.npy` is named after its file. */
export const npyFormat: ArrayFormat = {
  several: false,
  decode: (bytes, path) => ({ [basename(path, extname(path))]: decodeNpy(bytes, path) }),
  encode: (arrays, path) => encodeNpy(only(arrays, path)),
}

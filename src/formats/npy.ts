import type { NdArray, Shape } from '../tensor/ndarray.ts'
import { type ArrayFormat, checkNoText } from './array-format.ts'
import { type ByteSource, bytesAt, inMemory, partOf } from './bytes/byte-source.ts'
import { joined, startsWith, viewOf, wrong } from './bytes/bytes.ts'
import { checkSize, type Element, elementBytes, elementOf, encodeElements } from './elements.ts'
import { type ArrayField, type StoredArray, storedArray } from './stored-array.ts'

/**
 * NumPy's `.npy`: the bytes 93 'NUMPY', version (major, minor), header length (2 bytes, 4 from version 2 on,
 * little-endian), a Python dictionary literal, the elements.
 *
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)

/** NumPy itself refuses longer headers of arrays without fields. */
const LONGEST_HEADER = 10_000

/** Bytes before the header, at most. */
const LONGEST_PREAMBLE = 12

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
export const decodeNpy = (bytes: Uint8Array, name: string): NdArray =>
  storedNpy(inMemory(bytes), name).whole()

/** The header of a `.npy`, and its elements as bytes. */
const parted = (source: ByteSource, name: string): { readonly header: string; readonly body: ByteSource } => {
  const { size } = source
  const first = bytesAt(source, 0, Math.min(LONGEST_PREAMBLE, size))
  if (!startsWith(first, MAGIC)) throw wrong(name, 'not a .npy file (its first bytes are not \\x93NUMPY)')
  const version = first[6]
  const preamble = version === 1 ? 10 : LONGEST_PREAMBLE
  if (size < preamble) throw wrong(name, `truncated: ${size} bytes do not hold a .npy preamble`)
  if (version < 1 || version > 3) throw wrong(name, `.npy version must be 1, 2 or 3, got ${version}`)
  const view = viewOf(first)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const start = preamble + length
  if (start > size) throw wrong(name, `truncated: header of ${length} bytes in a file of ${size} bytes`)
  if (length > LONGEST_HEADER) throw wrong(name, `header of ${length} bytes, at most ${LONGEST_HEADER}`)
  const header = new TextDecoder().decode(bytesAt(source, preamble, length))
  return { header, body: partOf(source, start, size - start) }
}

/** An array of a `.npy` where it lies; complex numbers have a last axis of two. */
export interface StoredNumbers extends StoredArray {
  readonly complex: boolean
}

/**
 * The array of a `.npy`, complex numbers too.
 *
 * @throws TweedieError `input` as {@link decodeNpy}
 */
export const storedNumbers = (source: ByteSource, name: string): StoredNumbers => {
  const { header, body } = parted(source, name)
  const { shape, complex, ...layout } = parseHeader(header, name)
  const placement = { ...layout, shape: complex ? [...shape, 2] : shape, width: complex ? 2 : 1 }
  checkSize(layout.element, placement.shape, body.size, name)
  return { ...storedArray(body, placement, name), complex }
}

/** The array of a `.npy`. @throws TweedieError `input` as {@link decodeNpy} */
export const storedNpy = (source: ByteSource, name: string): StoredArray => {
  const { complex, ...stored } = storedNumbers(source, name)
  if (complex) throw wrong(name, 'holds complex numbers, real ones are needed here')
  return stored
}

/** The numbers of a `.npy`, all of them. @throws TweedieError `input` as {@link decodeNpy} */
export const readNumbers = (source: ByteSource, name: string): FileNumbers => {
  const { whole, complex } = storedNumbers(source, name)
  return { array: whole(), complex }
}

/** The text of a `.npy` that holds one, as bytes or as UTF-32. @throws TweedieError `input` for others */
export const npyText = (source: ByteSource, name: string): string => {
  const { header, body } = parted(source, name)
  const { descr } = headerFields(header, name)
  const [, kind] = /^[<|]([SU])\d+$/.exec(descr) ?? []
  if (kind === undefined) throw wrong(name, `expected text, got dtype '${descr.slice(0, 40)}'`)
  const every = kind === 'S' ? 1 : 4
  const letters = Array.from(
    bytesAt(body, 0, body.size).filter((_, i) => i % every === 0),
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
export const encodeNpy = (array: NdArray): Uint8Array => joined([npyHead(array), encodeElements(array)])

/** What stands before the elements of an array. */
export const npyHead = ({ dtype, shape }: ArrayField): Uint8Array => {
  const descr = descrOf(elementOf[dtype])
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple(shape)}, }`
  const start = Math.ceil((10 + header.length + 1) / 64) * 64
  const bytes = new Uint8Array(start)
  bytes.set(MAGIC)
  bytes.set([1, 0, (start - 10) & 0xff, (start - 10) >> 8], 6)
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - 11)}\n`), 10)
  return bytes
}

const only = <T>(arrays: Readonly<Record<string, T>>, path: string): T => {
  const values = Object.values(arrays)
  if (values.length === 1) return values[0]
  throw wrong(path, `a .npy file holds one array, got ${values.length}; use .npz, for example`)
}

/** The name of a file, without folders and extension: `x` of `runs/x.npy`. */
const nameOf = (path: string): string => (path.split(/[/\\]/).at(-1) ?? path).replace(/(?<=.)\.[^.]*$/, '')

/** The one array of a `.npy` is named after its file. */
export const npyFormat: ArrayFormat = {
  several: false,
  decode: (bytes, path) => ({ [nameOf(path)]: decodeNpy(bytes, path) }),
  encode: (arrays, path) => encodeNpy(only(arrays, path)),
  open: (source, path) => ({ arrays: { [nameOf(path)]: storedNpy(source, path) }, metadata: {} }),
  layout: (fields, path, metadata) => {
    checkNoText(metadata, path)
    const head = npyHead(only(fields, path))
    const [name] = Object.keys(fields)
    return { starts: { [name]: head.length }, frame: () => [{ at: 0, bytes: head }] }
  },
}

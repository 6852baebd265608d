import { TweedieError } from '../error.ts'
import type { DType } from '../tensor/dtype.ts'
import { type NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'
import { type ByteSource, bytesAt, inMemory } from './bytes/byte-source.ts'
import { dtypeOf, type Element, elementBytes, readElements } from './elements.ts'
import { fromFortran } from './fortran.ts'

/** What an array of a file is. */
export interface ArrayField {
  readonly dtype: DType
  readonly shape: Shape
}

/** An array that lies in a file, of which rows are read when they are asked for. */
export interface StoredArray extends ArrayField {
  /** Entries `from … to − 1` of the first axis. */
  readonly rows: (from: number, to: number) => NdArray
  /** Entries `from … to − 1` of the second axis, for all of the first: [K, to − from, ...]. */
  readonly columns: (from: number, to: number) => NdArray
  readonly whole: () => NdArray
}

/** How the elements of an array lie in a file. */
export interface Placement {
  readonly element: Element
  readonly littleEndian: boolean
  /** The shape; of complex numbers with a last axis of two. */
  readonly shape: Shape
  /** Column-major: the first axis runs fastest. */
  readonly fortranOrder?: boolean
  /** Elements that stay together in Fortran order: two of complex numbers. Default 1. */
  readonly width?: number
}

/** Bytes that lie in runs of one length, so far apart, the first from `first` on: the one after the other. */
const runsOf = (
  source: ByteSource,
  { first, run, apart, count }: Readonly<Record<'first' | 'run' | 'apart' | 'count', number>>,
): Uint8Array => {
  if (run === apart) return bytesAt(source, first, count * run)
  const bytes = new Uint8Array(count * run)
  for (let i = 0; i < count; i++) source.fill(bytes.subarray(i * run, (i + 1) * run), first + i * apart)
  return bytes
}

/** The bytes of rows `from … to − 1` of an array in Fortran order. */
const rowRuns = (source: ByteSource, { element, shape, width = 1 }: Placement, from: number, to: number) => {
  const entry = elementBytes(element) * width
  const count = sizeOf(shape.slice(1)) / width
  return runsOf(source, { first: from * entry, run: (to - from) * entry, apart: shape[0] * entry, count })
}

/** The bytes of entries `from … to − 1` of the second axis, in the order of the array. */
const columnRuns = (source: ByteSource, placement: Placement, from: number, to: number) => {
  const { element, shape, fortranOrder = false, width = 1 } = placement
  const [rows, columns, ...rest] = shape
  const size = sizeOf(rest)
  const entry = elementBytes(element) * (fortranOrder ? rows * width : size)
  const count = fortranOrder ? size / width : rows
  return runsOf(source, { first: from * entry, run: (to - from) * entry, apart: columns * entry, count })
}

/** @throws TweedieError `shape` for rows that are not there: a fault of the program, not of the file */
export const checkRows = (shape: Shape, from: number, to: number, where: string, axis: 0 | 1 = 0): void => {
  const whole = Number.isInteger(from) && Number.isInteger(to)
  if (shape.length <= axis || !whole || from < 0 || to < from || to > shape[axis]) {
    const what = axis === 0 ? 'rows' : 'columns'
    throw new TweedieError('shape', `${where}: has no ${what} ${from} to ${to}, its shape is [${shape}]`)
  }
}

/**
 * The array that the bytes of a source are.
 *
 * @param source - exactly its bytes; the caller has checked their number
 * @param where - file and field, for messages
 */
export const storedArray = (source: ByteSource, placement: Placement, where: string): StoredArray => {
  const { element, littleEndian, shape, fortranOrder = false, width = 1 } = placement
  const columns = fortranOrder && shape.length > (width === 1 ? 1 : 2)
  const whole = () => {
    const array = readElements(source, 0, { element, littleEndian }, shape, where)
    return columns ? fromFortran(array, width) : array
  }
  const rows = (from: number, to: number): NdArray => {
    checkRows(shape, from, to, where)
    const part = [to - from, ...shape.slice(1)]
    const at = from * sizeOf(shape.slice(1)) * elementBytes(element)
    const within = `${where}, from row ${from}`
    if (!columns) return readElements(source, at, { element, littleEndian }, part, within)
    const runs = inMemory(rowRuns(source, placement, from, to))
    return fromFortran(readElements(runs, 0, { element, littleEndian }, part, within), width)
  }
  const ofColumns = (from: number, to: number): NdArray => {
    checkRows(shape, from, to, where, 1)
    const part = [shape[0], to - from, ...shape.slice(2)]
    const runs = inMemory(columnRuns(source, { ...placement, fortranOrder: columns }, from, to))
    const array = readElements(runs, 0, { element, littleEndian }, part, `${where}, from column ${from}`)
    return columns ? fromFortran(array, width) : array
  }
  return { dtype: dtypeOf(element), shape, rows, columns: ofColumns, whole }
}

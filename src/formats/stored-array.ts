import { TweedieError } from '../error.ts'
import type { DType } from '../tensor/dtype.ts'
import { type NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'
import { type ByteSource, bytesAt, inMemory } from './byte-source.ts'
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

/** The bytes of rows `from … to − 1` of an array in Fortran order, the columns one after the other. */
const columnRuns = (
  source: ByteSource,
  { element, shape, width = 1 }: Placement,
  from: number,
  to: number,
): Uint8Array => {
  const [count] = shape
  const entry = elementBytes(element) * width
  if (from === 0 && to === count) return bytesAt(source, 0, source.size)
  const columns = sizeOf(shape.slice(1)) / width
  const run = (to - from) * entry
  const bytes = new Uint8Array(columns * run)
  for (let column = 0; column < columns; column++)
    source.fill(bytes.subarray(column * run, (column + 1) * run), (column * count + from) * entry)
  return bytes
}

/** @throws TweedieError `shape` for rows that are not there: a fault of the program, not of the file */
const checkRows = (shape: Shape, from: number, to: number, where: string): void => {
  const whole = Number.isInteger(from) && Number.isInteger(to)
  if (shape.length === 0 || !whole || from < 0 || to < from || to > shape[0])
    throw new TweedieError('shape', `${where}: has no rows ${from} to ${to}, its shape is [${shape}]`)
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
    const runs = inMemory(columnRuns(source, placement, from, to))
    return fromFortran(readElements(runs, 0, { element, littleEndian }, part, within), width)
  }
  return { dtype: dtypeOf(element), shape, rows, whole }
}

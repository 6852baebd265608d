/**
 * Sparse matrices as `scipy.sparse.save_npz` writes them, in compressed rows (CSR): the entries `data`, their
 * columns `indices`, and where each row begins, `indptr`.
 */
import { NdArray, type Shape, toNumbers, zeros } from '../tensor/ndarray.ts'
import type { ByteSource } from './bytes/byte-source.ts'
import { wrong } from './bytes/bytes.ts'
import { type FileNumbers, npyText, readNumbers, storedNpy } from './npy.ts'

const FIELDS = ['data', 'indices', 'indptr', 'shape', 'format'] as const

/** Entries of a matrix that is made dense, at most: 512 MiB. */
const MOST = 2 ** 27

type Entries = Readonly<Record<string, ByteSource>>

/** Whether the files of a `.npz` are those of a sparse matrix. */
export const isSparse = (entries: Entries): boolean =>
  ['data', 'format', 'shape'].every((field) => Object.hasOwn(entries, field))

/** @throws TweedieError `input` unless the shape is that of a matrix that fits into memory */
const checkShape = ([rows, columns, ...more]: Shape, where: string): void => {
  const isSize = (n: number | undefined) => n !== undefined && Number.isSafeInteger(n) && n > 0
  if (!isSize(rows) || !isSize(columns) || more.length > 0)
    throw wrong(where, `field 'shape' must be that of a matrix, got [${[rows, columns, ...more]}]`)
  if (rows * columns > MOST)
    throw wrong(
      where,
      `a sparse matrix of ${rows} × ${columns} is kept dense, in ` +
        `${Math.ceil((rows * columns) / 2 ** 18)} MiB; at most ${MOST / 2 ** 18}: ` +
        'give one of fewer rows, or one of the operators that need no matrix',
    )
}

/** @throws TweedieError `input` unless rows begin in order, and columns are those of the matrix */
const checkIndices = (
  { indptr, indices, count }: { indptr: readonly number[]; indices: readonly number[]; count: number },
  [rows, columns]: Shape,
  where: string,
): void => {
  const rising = indptr.every((at, i) => i === 0 || at >= indptr[i - 1])
  if (indptr.length !== rows + 1 || indptr[0] !== 0 || indptr[rows] !== count || !rising)
    throw wrong(where, `field 'indptr' must rise from 0 to ${count} in ${rows + 1} steps`)
  const bad = indices.find((column) => column < 0 || column >= columns)
  if (indices.length !== count || bad !== undefined)
    throw wrong(
      where,
      `field 'indices' must hold ${count} columns of ${columns}, got ${bad ?? indices.length}`,
    )
}

/**
 * The matrix that the files of a `.npz` hold, dense, in float32. Entries that occur twice are added, as SciPy
 * does.
 *
 * @throws TweedieError `input` for damage, other formats than CSR, and matrices that are too large when dense
 */
export const readSparse = (entries: Entries, where: string): FileNumbers => {
  const of = (field: string) => `${where}: field '${field}'`
  const format = npyText(entries.format, of('format'))
  if (format !== 'csr')
    throw wrong(where, `a sparse matrix must be in compressed rows, got '${format}'; save A.tocsr()`)
  const missing = FIELDS.find((field) => !Object.hasOwn(entries, field))
  if (missing !== undefined) throw wrong(where, `a sparse matrix needs the field '${missing}'`)
  const ints = (field: string) => toNumbers(storedNpy(entries[field], of(field)).whole())
  const { array: data, complex } = readNumbers(entries.data, of('data'))
  const shape = ints('shape')
  checkShape(shape, where)
  const [indptr, indices, width] = [ints('indptr'), ints('indices'), complex ? 2 : 1]
  checkIndices({ indptr, indices, count: data.size / width }, shape, where)
  const out = zeros(complex ? [...shape, 2] : shape)
  for (let row = 0; row < shape[0]; row++)
    for (let k = indptr[row]; k < indptr[row + 1]; k++)
      for (let part = 0; part < width; part++)
        out.data[(row * shape[1] + indices[k]) * width + part] += Number(data.data[k * width + part])
  return { array: new NdArray('float32', out.shape, out.data), complex }
}

/** Files of one array that may be complex or sparse: what NumPy and SciPy wrote, and what is damaged. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeNpy, openOneArray, readArrays, readOneArray } from '../../src/formats/index.ts'
import { type NdArray, ndarray, rows, toNumbers } from '../../src/tensor/index.ts'

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name)
const folder = mkdtempSync(join(tmpdir(), 'tweedie-one-array-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('readOneArray', () => {
  it('reads complex numbers as pairs', () => {
    const { array, complex } = readOneArray(fixture('numpy-complex.npy'))
    expect([complex, array.shape, toNumbers(array)]).toEqual([true, [2, 2], [0, 1, 2, 0]])
  })

  it('reads complex numbers of columns, big-endian', () => {
    const { array, complex } = readOneArray(fixture('numpy-complex-columns.npy'))
    expect([complex, array.dtype, array.shape]).toEqual([true, 'float32', [2, 3, 2]])
    expect(toNumbers(array)).toEqual([1, 2, 3, 4, 5, 0, 0, 6, 7, 0, 8, -1])
  })

  it('leaves real ones as they are', () => {
    const { array, complex } = readOneArray(fixture('numpy.npy'))
    expect([complex, array.shape]).toEqual([false, [2, 3]])
  })

  it('refuses several arrays, and complex ones where others are read', () => {
    expect(() => readOneArray(fixture('numpy-stored.npz'))).toThrow(
      /numpy-stored.npz: must hold one array, got /,
    )
    expect(() => readArrays(fixture('numpy-complex.npy'))).toThrow(/numpy-complex.npy: holds complex numbers/)
  })
})

/** `format` as NumPy writes bytes. */
const bytes = (text: string): Uint8Array => {
  const header = `{'descr': '|S${text.length}', 'fortran_order': False, 'shape': (), }`.padEnd(117)
  return Uint8Array.of(
    0x93,
    ...Buffer.from('NUMPY'),
    1,
    0,
    header.length + 1,
    0,
    ...Buffer.from(`${header}\n${text}`),
  )
}

/** A matrix [2, 3] of two entries, with some fields changed. */
const sparse = (changed: Readonly<Record<string, NdArray | Uint8Array | undefined>> = {}): string => {
  const fields = {
    data: ndarray([1, 2]),
    indices: ndarray([0, 2], [2], 'int32'),
    indptr: ndarray([0, 1, 2], [3], 'int32'),
    shape: ndarray([2, 3], [2], 'int64'),
    format: bytes('csr'),
    ...changed,
  }
  const files = Object.entries(fields).flatMap(([name, field]) =>
    field ? [[`${name}.npy`, field instanceof Uint8Array ? field : encodeNpy(field)] as const] : [],
  )
  const path = join(folder, 'A.npz')
  writeFileSync(path, zipSync(Object.fromEntries(files)))
  return path
}

describe('sparse matrices', () => {
  it('come dense, entries that occur twice added', () => {
    const { array, complex } = readOneArray(fixture('scipy-csr.npz'))
    expect([complex, array.shape]).toEqual([false, [3, 4]])
    expect(toNumbers(array)).toEqual([0, 1, 0, 2, 0, 0, 0, 0, 7, 0, 0, 0])
    expect(toNumbers(readOneArray(sparse()).array)).toEqual([1, 0, 0, 0, 0, 2])
  })

  it.each<[string, Parameters<typeof sparse>[0], RegExp]>([
    [
      'of another format',
      { format: bytes('csc') },
      /must be in compressed rows, got 'csc'; save A\.tocsr\(\)/,
    ],
    ['without rows', { indptr: undefined }, /a sparse matrix needs the field 'indptr'/],
    ['with rows that fall', { indptr: ndarray([0, 2, 1], [3], 'int32') }, /'indptr' must rise from 0 to 2/],
    ['with too few rows', { indptr: ndarray([0, 2], [2], 'int32') }, /'indptr' must rise from 0 to 2 in 3/],
    [
      'with a column outside',
      { indices: ndarray([0, 3], [2], 'int32') },
      /'indices' must hold 2 columns of 3, got 3/,
    ],
    ['with a negative column', { indices: ndarray([-1, 0], [2], 'int32') }, /'indices' .* got -1/],
    [
      'of three axes',
      { shape: ndarray([2, 3, 1], [3], 'int64') },
      /'shape' must be that of a matrix, got \[2,3,1\]/,
    ],
    [
      'too large',
      { shape: ndarray([1e6, 1e6], [2], 'int64') },
      /of 1000000 × 1000000 is kept dense, in 3814698 MiB; at most 512/,
    ],
    ['whose format is a number', { format: ndarray([1]) }, /field 'format': expected text, got dtype '<f4'/],
  ])('%s are refused', (_, changed, message) => {
    expect(() => readOneArray(sparse(changed))).toThrow(message)
  })
})

describe('openOneArray', () => {
  it.each(['numpy-complex.npy', 'numpy-complex-columns.npy', 'numpy.npy', 'scipy-csr.npz'])(
    'has the rows of the whole: %s',
    (name) => {
      const { array, complex } = readOneArray(fixture(name))
      const open = openOneArray(fixture(name))
      try {
        const [count] = array.shape
        expect([open.shape, open.dtype, open.complex]).toEqual([array.shape, array.dtype, complex])
        for (let from = 0; from < count; from++)
          expect(open.rows(from, count)).toEqual(rows(array, from, count))
        expect(open.whole()).toEqual(array)
      } finally {
        open.close()
      }
    },
  )
})

import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type Arrays,
  arrayFormats,
  arrayWriter,
  decodeNpy,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  openArrays,
  readArrays,
  readSafetensors,
} from '../../src/formats/index.ts'
import { ndarray, reshaped, rows, toNumbers } from '../../src/tensor/index.ts'
import { formats } from '../contract/lists/formats.ts'
import { scratch } from '../run/scratch.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-array-file-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

/** Encoders of what is written by rows. */
const encoders: Readonly<Record<string, (arrays: Arrays) => Uint8Array>> = {
  '.npy': (arrays) => encodeNpy(Object.values(arrays)[0]),
  '.npz': (arrays) => encodeNpz(arrays, { level: 0 }),
  '.safetensors': encodeSafetensors,
}

const contentsOf = (extension: string): fc.Arbitrary<Arrays> => {
  const found = formats.find(({ reader }) => reader === extension)
  if (!found) throw new Error('not listed')
  return found.contents
}

/** Entries `from … to − 1` of the second axis, of numbers. */
const columns = ({ shape, dtype, data }: Arrays[string], from: number, to: number): Arrays[string] => {
  const [k, n, ...rest] = shape
  const size = rest.reduce((product, d) => product * d, 1)
  const kept = Array.from(data as ArrayLike<number | bigint>).filter((_, i) => {
    const column = Math.floor(i / size) % n
    return column >= from && column < to
  })
  return ndarray(kept.map(Number), [k, to - from, ...rest], dtype)
}

/** Entry k of the first axis. */
const rowOf = (array: Arrays[string], k: number): Arrays[string] =>
  reshaped(rows(array, k, k + 1), array.shape.slice(1))

/** Pieces of an array along its first axis, the last one smaller. */
const inPieces = (array: Arrays[string], size: number): Arrays[string][] => {
  const [count] = array.shape
  if (count === undefined) return [array]
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => rows(array, i * size, (i + 1) * size))
}

describe.each(Object.keys(encoders))('a %s file', (extension) => {
  const path = at(`file${extension}`)

  it('gives by rows what the whole reader gives', () => {
    fc.assert(
      fc.property(contentsOf(extension), fc.nat(4), fc.nat(4), (arrays, a, b) => {
        writeFileSync(path, encoders[extension](arrays))
        expect(readArrays(path)).toEqual(arrayFormats[extension].decode(readFileSync(path), path))
        const file = openArrays(path)
        for (const [name, array] of Object.entries(arrays)) {
          const { dtype, shape } = file.fields[name]
          expect({ dtype, shape }).toEqual({ dtype: array.dtype, shape: array.shape })
          expect(file.whole(name)).toEqual(array)
          if (shape.length === 0) {
            expect(() => file.rows(name, 0, 1)).toThrow('has no rows 0 to 1')
            continue
          }
          const [from, to] = [Math.min(a, b, shape[0]), Math.min(Math.max(a, b), shape[0])]
          expect(file.rows(name, from, to)).toEqual(rows(array, from, to))
          if (shape.length < 2) continue
          const [first, last] = [Math.min(a, b, shape[1]), Math.min(Math.max(a, b), shape[1])]
          const got = file.columns(name, first, last)
          expect(got.shape).toEqual([shape[0], last - first, ...shape.slice(2)])
          for (let k = 0; k < shape[0]; k++) expect(rowOf(got, k)).toEqual(rows(rowOf(array, k), first, last))
        }
        file.close()
      }),
      { numRuns: 60 },
    )
  })

  it('written by rows has the bytes of the whole writer', () => {
    fc.assert(
      fc.property(contentsOf(extension), fc.integer({ min: 1, max: 3 }), (arrays, size) => {
        const writer = arrayWriter(path, arrays)
        for (const [name, array] of Object.entries(arrays))
          for (const piece of inPieces(array, size)) writer.append(name, piece)
        writer.close()
        expect(new Uint8Array(readFileSync(path))).toEqual(encoders[extension](arrays))
      }),
      { numRuns: 60 },
    )
  })

  it('written by columns, in any order, has the same bytes', () => {
    const x = ndarray(
      Array.from({ length: 60 }, (_, i) => i),
      [3, 5, 4],
    )
    const writer = arrayWriter(path, { file: x })
    for (const [from, to] of [
      [3, 5],
      [0, 1],
      [1, 3],
    ])
      writer.putColumns('file', columns(x, from, to), from)
    expect(() => writer.append('file', x)).toThrow("field 'file' is written by columns")
    writer.close()
    expect(readFileSync(path)).toEqual(Buffer.from(encoders[extension]({ file: x })))
  })

  it('that ends early has the bytes of the shorter content, and says what was written before', () => {
    const several = extension !== '.npy'
    const x = ndarray(
      Array.from({ length: 1200 }, (_, i) => i),
      [100, 4, 3],
    )
    const all = { file: rows(x, 0, 2), ...(several ? { more: ndarray([5, 6], [2], 'float64') } : {}) }
    const writer = arrayWriter(path, { ...all, file: { ...x, shape: [100_000, 4, 3] } })
    if (several) writer.append('more', all.more ?? x)
    for (let k = 0; k < 2; k++) {
      for (const from of [0, 2]) writer.append('file', rows(rowOf(x, k), from, from + 2))
      expect(writer.written('file').columns(1, 3)).toEqual(columns(rows(x, 0, k + 1), 1, 3))
    }
    writer.shorten('file')
    expect(writer.written('file').whole()).toEqual(all.file)
    expect(() => writer.append('file', rowOf(x, 2))).toThrow('more rows than its shape [2,4,3] has')
    writer.close()
    expect(readFileSync(path)).toEqual(Buffer.from(encoders[extension](all)))
  })

  it('has no rows that are not there, and no other fields', () => {
    writeFileSync(path, encoders[extension]({ file: ndarray([1, 2, 3]) }))
    const file = openArrays(path)
    for (const [from, to] of [
      [-1, 1],
      [0, 4],
      [2, 1],
      [0.5, 1],
    ])
      expect(() => file.rows('file', from, to)).toThrow(`has no rows ${from} to ${to}, its shape is [3]`)
    expect(() => file.whole('mask')).toThrow("has no field 'mask', only file")
    file.close()
  })

  it('larger than 4 GiB, with more than 2³² elements, is read by position', () => {
    const large = at(`large${extension}`)
    const [count, width] = [2 ** 22 + 3, 1024]
    const fields = { large: { dtype: 'uint8', shape: [count, width] } } as const
    const layout = arrayFormats[extension].layout?.(fields, large, {})
    if (!layout) throw new Error('no layout')
    const descriptor = openSync(large, 'w')
    const last = layout.starts.large + (count - 1) * width
    ftruncateSync(descriptor, last + width)
    for (const { at: start, bytes } of layout.frame()) writeSync(descriptor, bytes, 0, bytes.length, start)
    writeSync(descriptor, new Uint8Array(width).fill(7), 0, width, last)
    const before = process.memoryUsage().rss
    const file = openArrays(large)
    expect(file.fields.large.shape).toEqual([count, width])
    for (let row = 0; row < 2 ** 22; row += 2 ** 17) file.rows('large', row, row + 100)
    const tail = file.rows('large', count - 2, count)
    expect(tail.data.subarray(0, width).every((v) => Number(v) === 0)).toBe(true)
    expect(tail.data.subarray(width).every((v) => Number(v) === 7)).toBe(true)
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
    file.close()
    ftruncateSync(descriptor, last)
    closeSync(descriptor)
    expect(() => openArrays(large)).toThrow(
      expect.objectContaining({ code: 'input', message: expect.stringMatching(/^[^\n]*large\.[^\n]*$/) }),
    )
  })

  it('that is cut off anywhere is refused, or its rows are', () => {
    const bytes = encoders[extension]({ file: ndarray([1, 2, 3, 4], [2, 2]) })
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length))
      expect(() => openArrays(path), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'input', message: expect.stringMatching(/^[^\n]*file\.[^\n]*$/) }),
      )
    }
  })
})

describe('a writer', () => {
  const fields = { x: { dtype: 'float32', shape: [4, 2] } } as const

  it('leaves the old file until it is closed, and nothing when it fails', () => {
    const [path, own] = [at('kept.safetensors'), scratch()]
    const inside = join(own, 'x.safetensors')
    writeFileSync(path, 'old')
    const writer = arrayWriter(path, fields)
    writer.append('x', ndarray([1, 2, 3, 4], [2, 2]))
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(() => writer.close()).toThrow("field 'x': 2 rows were written of [4,2]")
    expect(readFileSync(path, 'utf8')).toBe('old')
    const other = arrayWriter(inside, fields)
    expect(readdirSync(own)).toHaveLength(1)
    other.discard()
    expect(readdirSync(own)).toEqual([])
  })

  it('takes the rows that were announced', () => {
    const writer = arrayWriter(at('announced.npz'), fields)
    expect(() => writer.append('y', ndarray([1, 2], [1, 2]))).toThrow("no field 'y' was announced")
    expect(() => writer.append('x', ndarray([1, 2], [1, 2], 'float64'))).toThrow(
      "field 'x' takes rows of float32 [4,2], got float64 [1,2]",
    )
    expect(() => writer.append('x', ndarray([1, 2, 3], [1, 3]))).toThrow('got float32 [1,3]')
    expect(() => writer.append('x', ndarray(new Float32Array(10), [5, 2]))).toThrow('more rows than')
    writer.discard()
  })

  it('keeps metadata where the format has them', () => {
    const writer = arrayWriter(
      at('metadata.safetensors'),
      { x: { dtype: 'bool', shape: [1] } },
      { b: '2', a: '1' },
    )
    writer.append('x', ndarray([1], [1], 'bool'))
    writer.close()
    expect(openArrays(at('metadata.safetensors')).metadata).toEqual({ a: '1', b: '2' })
    expect(readSafetensors(at('metadata.safetensors')).metadata).toEqual({ a: '1', b: '2' })
    for (const name of ['x.npy', 'x.npz'])
      expect(() => arrayWriter(at(name), fields, { a: '1' })).toThrow('holds no text')
  })
})

describe('archives', () => {
  it('are those of another writer, byte for byte', () => {
    fc.assert(
      fc.property(contentsOf('.npz'), (arrays) => {
        const files = Object.fromEntries(Object.entries(arrays).map(([k, v]) => [`${k}.npy`, encodeNpy(v)]))
        for (const level of [0, 1, 6, 9] as const)
          expect(encodeNpz(arrays, { level })).toEqual(zipSync(files, { level, mtime: new Date(1980, 0, 1) }))
      }),
      { numRuns: 20 },
    )
  })

  it('that are deflated are read whole, of stored ones a wrong checksum is found when all is read', () => {
    const x = ndarray([1, 2, 3, 4], [2, 2])
    writeFileSync(at('deflated.npz'), encodeNpz({ x }, { level: 9 }))
    expect(openArrays(at('deflated.npz')).rows('x', 1, 2)).toEqual(rows(x, 1, 2))
    const bytes = encodeNpz({ x }, { level: 0 })
    const data = Buffer.from(bytes).indexOf(Buffer.from(x.data.buffer))
    bytes[data] ^= 1
    writeFileSync(at('flipped.npz'), bytes)
    const file = openArrays(at('flipped.npz'))
    expect(file.rows('x', 1, 2)).toEqual(rows(x, 1, 2))
    expect(() => file.whole('x')).toThrow("entry 'x.npy': its checksum is wrong")
    file.close()
  })
})

it('reads rows in Fortran order, and of other byte orders and widths', () => {
  const values = Float64Array.from({ length: 24 }, (_, i) => i)
  /** The `.npy` with another type and order in its header, of as many bytes. */
  const headed = (bytes: Uint8Array, descr: string, order: 'True ' | 'False'): Uint8Array => {
    const text = Buffer.from(bytes).toString('latin1')
    return Buffer.from(text.replace("'<f8'", `'${descr}'`).replace('False', order), 'latin1')
  }
  const plain = encodeNpy(ndarray(values, [4, 3, 2], 'float64'))
  for (const [descr, order] of [
    ['<f8', 'True '],
    ['>f8', 'True '],
    ['>f8', 'False'],
    ['<i8', 'False'],
  ] as const) {
    const bytes = headed(plain, descr, order)
    writeFileSync(at('ordered.npy'), bytes)
    const file = openArrays(at('ordered.npy'))
    const whole = decodeNpy(bytes, 'ordered.npy')
    for (const [from, to] of [
      [0, 4],
      [1, 3],
      [3, 4],
      [2, 2],
    ])
      expect(file.rows('ordered', from, to)).toEqual(rows(whole, from, to))
    expect(file.columns('ordered', 1, 3)).toEqual(columns(whole, 1, 3))
    file.close()
  }
  writeFileSync(at('ordered.npy'), headed(plain, '<f8', 'True '))
  // In Fortran order entry [i, j, k] lies at i + 4 j + 12 k.
  expect(toNumbers(openArrays(at('ordered.npy')).rows('ordered', 1, 2))).toEqual([1, 13, 5, 17, 9, 21])
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync as nodeGzip } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readFashion } from '../../src/datasets/index.ts'
import { decodeIdx, gunzipped } from '../../src/formats/index.ts'
import { ndarray, toNumbers } from '../../src/tensor/ndarray.ts'
import { encodeIdx, gzipped, type Kind } from '../datasets/layouts.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-idx-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('IDX', () => {
  it.each<[Kind, string]>([
    ['u1', 'uint8'],
    ['i1', 'int32'],
    ['i2', 'int32'],
    ['i4', 'int32'],
    ['f4', 'float32'],
    ['f8', 'float64'],
  ])('reads %s as %s', (kind, dtype) => {
    const array = decodeIdx(encodeIdx(ndarray([1, 2, 3, 100, 5, 6], [2, 3]), kind), 'x')
    expect([array.dtype, array.shape, toNumbers(array)]).toEqual([dtype, [2, 3], [1, 2, 3, 100, 5, 6]])
  })

  it('reads the header that the page of MNIST shows: 0x00000801, number of items, labels', () => {
    const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1)
    expect(decodeIdx(labels, 'labels')).toEqual(ndarray([7, 2, 1], [3], 'uint8'))
  })

  it.each([
    ['nothing', new Uint8Array(0), /^f: not an IDX file/],
    ['another file', Uint8Array.of(1, 0, 8, 1), /first two bytes are not zero/],
    [
      'an unknown type',
      Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 0),
      /element type must be one of 8, 9, 11, 12, 13, 14, got 7/,
    ],
    [
      'dimensions that are not there',
      Uint8Array.of(0, 0, 8, 200),
      /truncated: 4 bytes do not hold 200 dimensions/,
    ],
    [
      'a huge shape',
      Uint8Array.of(0, 0, 8, 1, 255, 255, 255, 255, 1),
      /needs 4294967295 bytes of data, the file has 1/,
    ],
    [
      'too much data',
      Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 1, 1),
      /too long: .* needs 1 bytes of data, the file has 2/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeIdx(bytes, 'f')).toThrow(message)
  })
})

describe('gzip', () => {
  const content = new TextEncoder().encode('observed '.repeat(50))
  const packed = gzipped(content)
  const changed = (at: number, value: number): Uint8Array =>
    packed.with(at < 0 ? packed.length + at : at, value)

  it('is read as zlib writes it, with a name and without; other bytes pass as they are', () => {
    expect(gunzipped(new Uint8Array(nodeGzip(content)), 'f')).toEqual(content)
    const name = new TextEncoder().encode('a.nii\0')
    const named = Uint8Array.of(...packed.subarray(0, 10).with(3, 8), ...name, ...packed.subarray(10))
    expect(gunzipped(named, 'f')).toEqual(content)
    expect(gunzipped(content, 'f')).toBe(content)
  })

  it.each([
    ['a header alone', packed.subarray(0, 12), /truncated: 12 bytes do not hold a gzip file/],
    ['another method', changed(2, 7), /method must be deflate \(8\), got 7/],
    ['a name without end', changed(3, 8).fill(1, 10), /truncated gzip header/],
    ['a size of gigabytes', changed(-1, 255), /it claims 42781\d+ bytes, which \d+ bytes cannot hold/],
    ['another size', changed(-4, (content.length % 256) ^ 1), /does not inflate to as many/],
    ['another checksum', changed(-8, packed[packed.length - 8] ^ 1), /its checksum is wrong/],
    [
      'two members',
      Uint8Array.of(...packed, ...gzipped(content.subarray(0, 9))),
      /does not inflate to as many/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => gunzipped(bytes, 'f')).toThrow(message)
  })
})

describe('a folder of the layout of Fashion-MNIST', () => {
  const images = (count: number) =>
    encodeIdx(
      ndarray(
        Array.from({ length: count * 6 }, (_, i) => i % 256),
        [count, 2, 3],
        'uint8',
      ),
    )
  const labels = (count: number) =>
    encodeIdx(
      ndarray(
        Array.from({ length: count }, (_, i) => i % 10),
        [count],
        'uint8',
      ),
    )

  it('gives images in [0, 1] with their labels, gzipped or not, by split', () => {
    writeFileSync(join(folder, 'train-images-idx3-ubyte.gz'), gzipped(images(5)))
    writeFileSync(join(folder, 'train-labels-idx1-ubyte.gz'), gzipped(labels(5)))
    writeFileSync(join(folder, 't10k-images-idx3-ubyte'), images(2))
    writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), labels(2))
    const train = readFashion(folder)
    expect(train.images.shape).toEqual([5, 1, 2, 3])
    expect(train.images.data[29]).toBeCloseTo(29 / 255, 7)
    expect(Array.from(train.labels.data)).toEqual([0, 1, 2, 3, 4])
    expect(readFashion(folder, 'test').images.shape).toEqual([2, 1, 2, 3])
    expect(readFashion(folder, 'all').images.shape).toEqual([7, 1, 2, 3])
    expect(Array.from(readFashion(folder, 'all').labels.data)).toEqual([0, 1, 2, 3, 4, 0, 1])
  })

  it('says what is missing, of another shape or of another number', () => {
    writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), labels(3))
    expect(() => readFashion(folder, 'test')).toThrow(/2 images, but 3 labels/)
    writeFileSync(join(folder, 't10k-images-idx3-ubyte'), labels(3))
    expect(() => readFashion(folder, 'test')).toThrow(
      /t10k-images-idx3-ubyte: expected bytes of 3 dimensions, got \[3\]/,
    )
    rmSync(join(folder, 't10k-labels-idx1-ubyte'))
    writeFileSync(join(folder, 't10k-images-idx3-ubyte'), images(3))
    expect(() => readFashion(folder, 'test')).toThrow(/expected t10k-labels-idx1-ubyte, or the same with .gz/)
  })
})

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ByteSource, bytesAt, inMemory } from '../../src/formats/bytes/byte-source.ts'
import { temporaryFile } from '../../src/formats/bytes/scratch.ts'
import { encodeNpz, openArrays, openIdx, readArrays } from '../../src/formats/index.ts'
import { crc32 } from '../../src/formats/zip/deflate.ts'
import { inflated } from '../../src/formats/zip/inflated.ts'
import { integers, stream } from '../../src/random/index.ts'
import { ndarray, rows } from '../../src/tensor/index.ts'
import { encodeIdx, gzipped } from '../datasets/layouts.ts'
import { scratch } from '../run/scratch.ts'

const SIZE = 1_000_003

/** Bytes that deflate well in places and badly in others. */
const noise = integers(stream(0, 'bytes'), 0, 256, [SIZE]).data
const content = Uint8Array.from({ length: SIZE }, (_, i) => (i % 1000 < 600 ? 7 : Number(noise[i])))
const deflated = deflateSync(content)
const claim = { size: SIZE, crc: crc32(content) }

/** Bytes as those of a file, which has room beside it. */
const inFile = (bytes: Uint8Array): ByteSource => ({ ...inMemory(bytes), scratch: temporaryFile })

/** A source that says which pieces were asked for. */
const watched = (bytes: Uint8Array): { source: ByteSource; most: () => number } => {
  const { size, fill } = inFile(bytes)
  let most = 0
  const source = {
    ...inFile(bytes),
    size,
    fill: (target: Uint8Array, at: number) => {
      most = Math.max(most, target.length)
      fill(target, at)
    },
  }
  return { source, most: () => most }
}

const expectSame = (a: Uint8Array, b: Uint8Array): void => expect(Buffer.compare(a, b)).toBe(0)

let temporary = ''
beforeEach(() => {
  temporary = scratch()
  mkdirSync(temporary, { recursive: true })
  vi.stubEnv('TMPDIR', temporary)
})
afterEach(() => vi.unstubAllEnvs())

describe('deflated data by position', () => {
  it('are those that were deflated, read in small pieces, and leave nothing behind', () => {
    const { source, most } = watched(deflated)
    const file = inflated(source, claim, 'f', 0)
    for (const [at, length] of [
      [0, 10],
      [SIZE - 1, 1],
      [70_000, 500_000],
      [65_530, 12],
      [0, SIZE],
    ])
      expectSame(bytesAt(file, at, length), content.subarray(at, at + length))
    expect(deflated.length).toBeGreaterThan(2 ** 18)
    expect(most()).toBeLessThanOrEqual(2 ** 16)
    expect(readdirSync(temporary)).toEqual([])
    file.close()
    expectSame(bytesAt(inflated(inMemory(deflated), claim, 'f').checked(), 0, SIZE), content)
  })

  it('need no room for what stands first', () => {
    vi.stubEnv('TMPDIR', join(temporary, 'nowhere'))
    const file = inflated(inFile(deflated), claim, 'f', 0)
    expectSame(bytesAt(file, 0, 2 ** 16), content.subarray(0, 2 ** 16))
    expect(() => bytesAt(file, 2 ** 16, 1)).toThrow(
      expect.objectContaining({
        code: 'io',
        message: expect.stringMatching(/^f: its 1000003 bytes cannot be unpacked into .*nowhere: .*TMPDIR/),
      }),
    )
    file.close()
  })

  it.each([
    ['another checksum', deflated, { ...claim, crc: 1 }, /^f: its checksum is wrong/],
    ['a smaller size', deflated, { ...claim, size: SIZE - 1 }, /^f: inflates to more than 1000002 bytes/],
    ['a larger size', deflated, { ...claim, size: SIZE + 1 }, /^f: claims 1000004 bytes but does not/],
    ['the end cut off', deflated.slice(0, -9), claim, /^f: its compressed data is damaged/],
    ['a byte changed', deflated.with(deflated.length >> 1, 0xff), claim, /^f: (its|claims|inflates)/],
  ])('with %s are refused', (_, bytes, said, message) => {
    expect(() => bytesAt(inflated(inFile(bytes), said, 'f', 0), SIZE >> 1, 1)).toThrow(message)
    expect(readdirSync(temporary)).toEqual([])
    expect(() => inflated(inMemory(bytes), said, 'f')).toThrow(expect.objectContaining({ code: 'input' }))
  })
})

describe('files beyond what is held in memory', () => {
  const [COUNT, EACH] = [3000, 12_000] // 36 MB
  const large = ndarray(
    Uint8Array.from({ length: COUNT * EACH }, (_, i) => (i % EACH < 100 ? i : Math.floor(i / EACH))),
    [COUNT, EACH],
    'uint8',
  )

  it('a deflated .npz gives rows and columns', () => {
    const path = join(scratch(), 'large.npz')
    writeFileSync(path, encodeNpz({ x: large, few: ndarray([1, 2, 3]) }, { level: 1 }))
    const file = openArrays(path)
    expect(file.fields).toMatchObject({ x: { shape: [COUNT, EACH] }, few: { shape: [3] } })
    expect(file.rows('x', 2000, 2003)).toEqual(rows(large, 2000, 2003))
    expect(file.columns('x', 99, 101).data.slice(-2)).toEqual(large.data.slice(-EACH + 99, -EACH + 101))
    expect(file.rows('few', 1, 3)).toEqual(ndarray([2, 3]))
    file.close()
    expect(Buffer.compare(readArrays(path).x.data as Uint8Array, large.data as Uint8Array)).toBe(0)
  })

  it('a gzipped IDX file gives rows', () => {
    const path = join(scratch(), 'large-idx2-ubyte.gz')
    writeFileSync(path, gzipped(encodeIdx(large)))
    const { shape, rows: read, close } = openIdx(path)
    expect(shape).toEqual([COUNT, EACH])
    for (const from of [0, 1, 2998]) expect(read(from, from + 2)).toEqual(rows(large, from, from + 2))
    close()
  })
})

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFastMri } from '../../src/datasets/index.ts'
import { TweedieError } from '../../src/error.ts'
import { readHdf5Planes } from '../../src/formats/index.ts'
import { writeFastMriVolume } from '../datasets/layouts.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-hdf5-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'file1.h5')
const KEY = 'reconstruction_rss'

/** What reading does; anything but a TweedieError `input` of one line that names the file fails the test. */
const outcome = async (bytes: Uint8Array): Promise<unknown> => {
  const damaged = join(folder, 'damaged.hdf5')
  writeFileSync(damaged, bytes)
  try {
    return await readHdf5Planes(damaged, KEY, 0, 2)
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    expect(error.code).toBe('input')
    expect(error.message.startsWith(`${damaged}: `)).toBe(true)
    expect(error.message).not.toContain('\n')
    return error
  }
}

beforeAll(() => writeFastMriVolume(path, 12, 8))

describe('HDF5', () => {
  it.each([
    { dtype: '<f', packed: false },
    { dtype: '<f', packed: true },
  ])('reads planes of float32, $dtype, compressed $packed', async (options) => {
    const file = join(folder, 'layout.hdf5')
    await writeFastMriVolume(file, 5, 8, options)
    const { shape, data } = await readHdf5Planes(file, KEY, 1, 3)
    expect(shape).toEqual([2, 8, 8])
    expect(Array.from(data)).toEqual(
      Array.from({ length: 128 }, (_, i) => (i < 64 ? 2 : 3) * (1 + ((i % 64) % 7))),
    )
    expect((await readHdf5Planes(file, KEY, 3, 41)).shape).toEqual([2, 8, 8])
  })

  it('says what is wrong with a file', async () => {
    const other = join(folder, 'other.hdf5')
    const read = (file: string) => readHdf5Planes(file, KEY, 10, 41)
    await expect(read(join(folder, 'none.h5'))).rejects.toThrow(/none.h5: cannot read: no such file/)
    writeFileSync(other, 'text')
    await expect(read(other)).rejects.toThrow(/other.hdf5: cannot be read as HDF5: .*signature not found/)
    await writeFastMriVolume(other, 3, 8, { key: 'kspace' })
    await expect(read(other)).rejects.toThrow(
      /lacks the dataset 'reconstruction_rss', it has ismrmrd_header, kspace/,
    )
    await writeFastMriVolume(other, 3, 8, { dtype: '<d' })
    await expect(read(other)).rejects.toThrow(/must have dtype float32, got "<d"/)
    await writeFastMriVolume(other, 10, 8)
    await expect(read(other)).rejects.toThrow(/must have shape \[more than 10, H, W\], got \[10,8,8\]/)
    await expect(readHdf5Planes(path, 'ismrmrd_header', 0, 1)).rejects.toThrow(/must have dtype float32/)
  })

  it('refuses truncations', async () => {
    const bytes = readFileSync(path)
    for (let length = 0; length < bytes.length; length += 61)
      expect(await outcome(bytes.subarray(0, length)), `${length} of ${bytes.length}`).toBeInstanceOf(
        TweedieError,
      )
  })

  it('meets flipped bytes of its headers with an error of its own, or with planes', async () => {
    const bytes = readFileSync(path)
    for (let at = 0; at < 2400; at += 7) {
      const result = await outcome(Uint8Array.from(bytes).with(at, bytes[at] ^ (1 << (at % 8))))
      if (!(result instanceof TweedieError)) expect(result).toMatchObject({ dtype: 'float32', size: 128 })
    }
  })
})

describe('a folder of fastMRI volumes', () => {
  const mri = join(folder, 'volumes')

  beforeAll(async () => {
    mkdirSync(mri)
    await writeFastMriVolume(join(mri, 'file2.h5'), 45, 8)
    await writeFastMriVolume(join(mri, 'file1.h5'), 12, 8)
  })

  it('gives slices 10 … 40 of each, divided by the largest value of the stack', async () => {
    const { shape, data } = await readFastMri(mri)
    expect(shape).toEqual([2 + 31, 1, 8, 8])
    expect(data[0]).toBeCloseTo(11 / (12 * 7), 6) // slice 10 of file1: (10 + 1) · 1 of at most 12 · 7
    expect(data[2 * 64]).toBeCloseTo(11 / (41 * 7), 6) // slice 10 of file2, whose last slice here is 40
    expect(Math.max(...data)).toBe(1)
    expect(data.at(-1)).toBeCloseTo(1 / 7, 6) // pixel 63 of slice 40: 1 + 63 mod 7 = 1
  })

  it('stops where it has enough', async () => {
    expect((await readFastMri(mri, 2)).shape[0]).toBe(2)
    expect((await readFastMri(mri, 3)).shape[0]).toBe(33)
  })

  it('refuses slices of another size, and folders without volumes', async () => {
    await writeFastMriVolume(join(mri, 'file3.h5'), 12, 9)
    await expect(readFastMri(mri)).rejects.toThrow(
      /file3.h5: slices of 9×9, but file1.h5 has 8×8; all must agree/,
    )
    const empty = mkdtempSync(join(folder, 'empty-'))
    await expect(readFastMri(empty)).rejects.toThrow(/no .h5 file in this folder/)
  })
})

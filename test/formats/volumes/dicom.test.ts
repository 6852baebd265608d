import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { TweedieError } from '../../../src/error.ts'
import { readStacks, readVolumes } from '../../../src/formats/index.ts'
import { ndarray } from '../../../src/tensor/ndarray.ts'
import { type DicomFields, encodeDicom, type Syntax } from './dicom-writer.ts'

const root = mkdtempSync(join(tmpdir(), 'tweedie-dicom-'))
afterAll(() => rmSync(root, { recursive: true }))

let made = 0

/** A folder of files by name. */
const folder = (files: Readonly<Record<string, Uint8Array | DicomFields>>): string => {
  const path = join(root, String(made++))
  mkdirSync(path)
  for (const [name, file] of Object.entries(files))
    writeFileSync(join(path, name), file instanceof Uint8Array ? file : encodeDicom(file))
  return path
}

/** The values of one file. */
const values = async (file: Uint8Array | DicomFields): Promise<number[]> => {
  const [volume, ...more] = await readVolumes(join(folder({ 'a.dcm': file }), 'a.dcm'))
  expect(more).toEqual([])
  return Array.from(volume.values.data)
}

/** Axial slice k: the body's axes along the voxels, 2 mm from row to row, 1 mm from column to column. */
const axial = (k: number): DicomFields => ({
  position: [-10, -20, 3 * k],
  orientation: [1, 0, 0, 0, 1, 0],
  spacing: [2, 1],
  pixels: [0, 1, 2, 3, 4, 5].map((p) => 10 * k + p),
})

describe('DICOM', () => {
  const kinds: Syntax[] = ['implicit', 'explicit', 'bigEndian']
  it.each(kinds)('reads pixels of 16 bits, %s', async (syntax) => {
    expect(await values({ syntax, pixels: [0, 1, 256, 65535, 4, 5] })).toEqual([0, 1, 256, 65535, 4, 5])
    expect(await values({ syntax, signed: true, pixels: [65535, 0, 1, 2, 3, 32768] })).toEqual([
      -1, 0, 1, 2, 3, -32768,
    ])
    expect(await values({ syntax, bits: 32, pixels: [1, 2, 3, 4, 5, 2 ** 31] })).toEqual([
      1,
      2,
      3,
      4,
      5,
      2 ** 31,
    ])
  })

  it('gives the units of slope and intercept, to CT in Hounsfield units', async () => {
    expect(await values({ slope: '0.5', intercept: -1024, pixels: [0, 2048, 2, 3, 4, 6] })).toEqual([
      -1024, 0, -1023, -1022.5, -1022, -1021,
    ])
  })

  it('takes the bits that are stored, wherever they stand: other bits may be an overlay', async () => {
    const pixels = [0xf001, 0x1fff, 0xa800, 0x0800, 0, 7]
    expect(await values({ stored: 12, pixels })).toEqual([1, 4095, 2048, 2048, 0, 7])
    expect(await values({ stored: 12, signed: true, pixels })).toEqual([1, -1, -2048, -2048, 0, 7])
    expect(await values({ stored: 12, highBit: 15, pixels: [0x0010, 0xfff7, 0, 0, 0, 0] })).toEqual([
      1, 4095, 0, 0, 0, 0,
    ])
    expect(await values({ bits: 8, pixels: [255, 0, 1, 2, 3, 4] })).toEqual([255, 0, 1, 2, 3, 4])
  })

  it('reads files of several frames, each with a slope of its own', async () => {
    const fields: DicomFields = { rows: 1, columns: 2, frames: 2, pixels: [1, 2, 3, 4] }
    expect(await values(fields)).toEqual([1, 2, 3, 4])
    const perFrame = [
      [2, 0],
      [10, 1],
    ] as const
    expect(await values({ ...fields, slope: 7, perFrame })).toEqual([2, 4, 31, 41])
    expect(await values({ ...fields, syntax: 'implicit', perFrame })).toEqual([2, 4, 31, 41])
    // of doses, the place is that of the first frame
    expect(await values({ ...fields, position: [0, 0, 5], orientation: [1, 0, 0, 0, 1, 0] })).toHaveLength(4)
  })

  it('orders a series by place, not by name, and knows how it lies', async () => {
    const path = folder({
      'a.dcm': axial(2),
      'b.dcm': axial(0),
      IM0003: axial(1),
      '1.2.840.7': axial(3),
      'readme.txt': new Uint8Array(500),
      DICOMDIR: encodeDicom({ empty: true }),
    })
    const [{ values, affine }, ...more] = await readVolumes(path)
    expect(more).toEqual([])
    expect(values).toEqual(
      ndarray(
        Array.from({ length: 24 }, (_, i) => 10 * Math.floor(i / 6) + (i % 6)),
        [4, 2, 3],
      ),
    )
    expect(affine?.map((row) => row.map((v) => v + 0))).toEqual([
      [-1, 0, 0, 10],
      [0, -2, 0, 20],
      [0, 0, 3, 0],
    ])
  })

  it('cuts along the planes of the body', async () => {
    const path = folder({ 'a.dcm': axial(1), 'b.dcm': axial(0) })
    const cut = async (plane: 'axial' | 'coronal' | 'sagittal') =>
      (await readStacks(path, { plane })).map(({ values }) => values)
    // a voxel is 10 k + 3 j + i: slice k to the head, row j to the back, column i to the left
    expect(await cut('axial')).toEqual([ndarray([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15], [2, 2, 3])])
    expect(await cut('coronal')).toEqual([ndarray([10, 11, 12, 0, 1, 2, 13, 14, 15, 3, 4, 5], [2, 2, 3])])
    expect(await cut('sagittal')).toEqual([ndarray([10, 13, 0, 3, 11, 14, 1, 4, 12, 15, 2, 5], [3, 2, 2])])
  })

  it('parts series, orientations and times', async () => {
    const two = folder({ 'a.dcm': { ...axial(0), series: '1.1' }, 'b.dcm': { ...axial(1), series: '1.2' } })
    expect((await readVolumes(two)).map(({ values }) => values.shape)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
    const localiser = folder({
      'a.dcm': axial(0),
      'b.dcm': { ...axial(0), orientation: [0, 1, 0, 0, 0, -1] },
    })
    expect(await readVolumes(localiser)).toHaveLength(2)
    const wobble = { ...axial(1), orientation: [1, -1e-9, 0, 1e-9, 1, 0] }
    expect(await readVolumes(folder({ 'a.dcm': axial(0), 'b.dcm': wobble }))).toHaveLength(1)
    const at = (k: number, t: number): DicomFields => ({ ...axial(k), instance: 10 * t + k, slope: 1 + t })
    const series = folder({ 'a.dcm': at(0, 1), 'b.dcm': at(1, 1), 'c.dcm': at(1, 0), 'd.dcm': at(0, 0) })
    const [first, second] = await readVolumes(series)
    expect(first.values.data.slice(6)).toEqual(Float32Array.of(10, 11, 12, 13, 14, 15))
    expect(second.values.data).toEqual(first.values.data.map((v) => 2 * v))
  })

  it('orders by number where no place is said, and does not cut such series', async () => {
    const path = folder({
      'a.dcm': { instance: 10, pixels: [1, 1, 1, 1, 1, 1] },
      'b.dcm': { instance: 9, pixels: [0, 0, 0, 0, 0, 0] },
    })
    const [{ values }] = await readVolumes(path)
    expect([values.data[0], values.data[6]]).toEqual([0, 1])
    await expect(readStacks(path, { plane: 'axial' })).rejects.toThrow(/a\.dcm|b\.dcm: says no orientation/)
    const uneven = folder({ 'a.dcm': axial(0), 'b.dcm': axial(1), 'c.dcm': axial(4) })
    await expect(readStacks(uneven, { plane: 'coronal' })).rejects.toThrow(/unevenly spaced/)
    expect((await readStacks(uneven))[0].values.shape).toEqual([3, 2, 3])
  })
})

const whole = encodeDicom(axial(1))

describe('DICOM says what is wrong:', () => {
  it.each<[string, Uint8Array | DicomFields, RegExp]>([
    ['nothing', new Uint8Array(0), /a\.dcm: not a DICOM file \(no 'DICM' after its first 128 bytes\)$/],
    ['another file', new Uint8Array(999).fill(7), /a\.dcm: not a DICOM file/],
    ['a truncated file', whole.subarray(0, whole.length - 3), /a\.dcm: damaged or truncated DICOM: /],
    ['a truncated header', whole.subarray(0, 150), /a\.dcm: damaged or truncated DICOM: /],
    ['too few pixels', { pixels: [1] }, /truncated: \[1,2,3\] pixels need 12 bytes, the file has 2$/],
    [
      'an absurd size',
      { rows: 65535, columns: 65535, frames: 99999 },
      /truncated: \[99999,65535,65535\] pixels need \d+ bytes, the file has 12$/,
    ],
    ['no rows', { rows: 0 }, /field 'rows' must be at least 1, got 0/],
    ['no frames', { frames: 0 }, /must have at least one frame, got 0/],
    ['more bits than there are', { stored: 17 }, /8, 16 or 32 bits, got 16 with 17 stored up to bit 16/],
    ['bits above the highest', { stored: 12, highBit: 3 }, /8, 16 or 32 bits/],
    ['a report', { empty: true, uid: '1.2.3' }, /holds no image \(no PixelData\)/],
    ['colours', { samples: 3, photometric: 'RGB' }, /must be a grey image, .*, got RGB/],
    ['indices of a palette', { photometric: 'PALETTE COLOR' }, /must be a grey image/],
    ['a slope that is no number', { slope: 'steep' }, /field 'slope' must hold 1 number\(s\), got 'steep'/],
    [
      'a slope beyond all bounds',
      { slope: '1e300' },
      /slope 1e\+300 and intercept 0 make values that are not/,
    ],
    ['a place in a plane', { position: [1, 2] }, /field 'position' must hold 3 number\(s\), got '1\\2'/],
    [
      'JPEG 2000',
      { uid: '1.2.840.10008.1.2.4.90' },
      /pixels are compressed \(transfer syntax 1\.2\.\d[\d.]+4\.90\); unpack them with `gdcmconv --raw/,
    ],
    [
      'deflated files',
      { uid: '1.2.840.10008.1.2.1.99' },
      /its pixels are compressed \(transfer syntax deflated/,
    ],
  ])('%s', async (_, file, message) => {
    const path = join(folder({ 'a.dcm': file }), 'a.dcm')
    const error = await readVolumes(path).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(TweedieError)
    expect(error).toMatchObject({ code: 'input', message: expect.stringMatching(message) })
  })

  it('sizes that differ in a series or a folder, and nothing at all', async () => {
    const mixed = { ...axial(1), rows: 3, columns: 2 }
    await expect(readVolumes(folder({ 'a.dcm': axial(0), 'b.dcm': mixed }))).rejects.toThrow(
      /b\.dcm: image of 3×2, but a\.dcm has 2×3; all must agree$/,
    )
    await expect(readVolumes(folder({ 'a.txt': new Uint8Array(9) }))).rejects.toThrow(
      /holds no NIfTI or DICOM file$/,
    )
    await expect(readVolumes(folder({ 'a.dcm': axial(0), 'b.nii': new Uint8Array(9) }))).rejects.toThrow(
      /holds both NIfTI and DICOM files/,
    )
  })

  it('every truncation and flipped bits, or pixels that fit the file', async () => {
    const outcome = async (bytes: Uint8Array) => {
      const path = join(root, 'damaged.dcm')
      writeFileSync(path, bytes)
      try {
        return await readVolumes(path)
      } catch (error) {
        if (!(error instanceof TweedieError)) throw error
        expect(error.message.startsWith(`${path}: `)).toBe(true)
        return error
      }
    }
    for (const { length } of Array.from(whole, (_, i) => whole.subarray(0, i)))
      expect(await outcome(whole.subarray(0, length)), `${length} bytes`).toBeInstanceOf(TweedieError)
    for (let at = 128; at < whole.length; at++) {
      const result = await outcome(Uint8Array.from(whole).with(at, whole[at] ^ (1 << (at % 8))))
      if (!(result instanceof TweedieError))
        for (const { values } of result) expect(values.size).toBeLessThanOrEqual(12)
    }
  })
})

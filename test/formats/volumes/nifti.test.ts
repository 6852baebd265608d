import { describe, expect, it } from 'vitest'
import { decodeNifti } from '../../../src/formats/index.ts'
import { ndarray } from '../../../src/tensor/ndarray.ts'
import { encodeNifti, gzipped, type Kind, type NiftiFields } from '../../datasets/layouts.ts'

const volume = ndarray(
  Array.from({ length: 24 }, (_, i) => i),
  [2, 3, 4],
)

/** A file with some bytes replaced. */
const changed = (at: number, values: readonly number[]): Uint8Array => {
  const bytes = encodeNifti(volume)
  bytes.set(values, at)
  return bytes
}

describe('NIfTI-1', () => {
  const kinds: Kind[] = ['u1', 'i1', 'i2', 'u2', 'i4', 'u4', 'i8', 'f4', 'f8']
  it.each(kinds.flatMap((kind) => [true, false].map((littleEndian) => ({ kind, littleEndian }))))(
    'reads $kind, little-endian $littleEndian, with slope and intercept',
    ({ kind, littleEndian }) => {
      const bytes = encodeNifti(volume, { kind, littleEndian, slope: 0.5, intercept: -3 })
      const { values } = decodeNifti(bytes, 'a.nii')
      expect(values.shape).toEqual([2, 3, 4])
      expect(Array.from(values.data)).toEqual(Array.from({ length: 24 }, (_, i) => 0.5 * i - 3))
    },
  )

  it('reads the example of the standard by hand: one voxel of int16 in a file of 354 bytes', () => {
    const bytes = new Uint8Array(354)
    bytes.set([0x5c, 0x01, 0, 0]) // sizeof_hdr 348
    bytes.set([3, 0, 1, 0, 1, 0, 1, 0], 40) // dim
    bytes.set([4, 0, 16, 0], 70) // datatype DT_SIGNED_SHORT, bitpix
    bytes.set([0, 0, 0xb0, 0x43], 108) // vox_offset 352
    bytes.set([0x6e, 0x2b, 0x31, 0], 344) // "n+1"
    bytes.set([0xfe, 0xff], 352) // -2
    const { values, affine } = decodeNifti(bytes, 'one.nii')
    expect(values).toEqual(ndarray([-2], [1, 1, 1]))
    expect(affine).toBeUndefined()
  })

  it('gives spacing in the order of its axes, and the map to space in the order of the file', () => {
    const sform = [2, 0, 0, -90, 0, 3, 0, -125, 0, 0, 4, -71]
    const { spacing, affine } = decodeNifti(encodeNifti(volume, { spacing: [4, 3, 2], sform }), 'a.nii')
    expect(spacing).toEqual([4, 3, 2])
    expect(affine).toEqual([sform.slice(0, 4), sform.slice(4, 8), sform.slice(8)])
  })

  it('takes the map to space from a matrix, and from a quaternion where there is none', () => {
    const half = Math.SQRT1_2 // (1/√2, 0, 0, 1/√2): a quarter turn about z
    const qform = [0, 0, half, 7, 8, 9]
    const file = (fields: NiftiFields) =>
      decodeNifti(encodeNifti(volume, { spacing: [4, 3, 2], qform, ...fields }), 'a.nii').affine ?? []
    const rounded = (affine: readonly (readonly number[])[]) =>
      affine.map((row) => row.map((v) => Math.round(1e5 * v) / 1e5 + 0))
    const turn = [
      [0, -3, 0, 7],
      [2, 0, 0, 8],
    ]
    expect(rounded(file({}))).toEqual([...turn, [0, 0, 4, 9]])
    expect(rounded(file({ qfac: -1 }))).toEqual([...turn, [0, 0, -4, 9]])
    const sform = [2, 0, 0, 1, 0, 3, 0, 2, 0, 0, 4, 3]
    expect(file({ sform })).toEqual([sform.slice(0, 4), sform.slice(4, 8), sform.slice(8)])
  })

  it('reads gzip, and takes slope 0 or NaN as no scaling', () => {
    expect(decodeNifti(encodeNifti(volume, { slope: Number.NaN, intercept: 9 }), 'a.nii').values).toEqual(
      volume,
    )
    const endless = encodeNifti(volume, { slope: 1, intercept: Number.NaN })
    expect(() => decodeNifti(endless, 'f')).toThrow(/^f: field 'scl_inter' must be finite, got NaN$/)
    expect(decodeNifti(gzipped(encodeNifti(volume, { intercept: 9 })), 'a.nii.gz').values).toEqual(volume)
  })

  it.each([
    ['nothing', new Uint8Array(0), /^f: truncated: 0 bytes do not hold a NIfTI-1 header of 348$/],
    ['another file', new Uint8Array(400), /not a NIfTI-1 file \(its first four bytes are not 348\)/],
    [
      'two files',
      changed(344, [0x6e, 0x69]),
      /magic must be 'n\+1' \(header and voxels in one file\), got 'ni1'/,
    ],
    ['no axes', changed(40, [0, 0]), /'dim\[0\]' must be 1 … 7, got 0/],
    ['8 axes', changed(40, [8, 0]), /'dim\[0\]' must be 1 … 7, got 8/],
    ['an empty axis', changed(44, [0, 0]), /'dim\[2\]' must be at least 1, got 0/],
    ['a negative axis', changed(44, [0xff, 0xff]), /'dim\[2\]' must be at least 1, got -1/],
    [
      'a huge axis',
      changed(42, [0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f]),
      /truncated: dimensions \[32767,32767,32767\] of f4 need 140724\d+ bytes, the file has 96/,
    ],
    ['colours', changed(70, [128, 0]), /'datatype' must be one of 2, 4, .*, got 128/],
    [
      'an offset in the header',
      changed(108, [0, 0, 0, 0]),
      /'vox_offset' must be an integer of at least 348, got 0/,
    ],
    ['an offset that is NaN', changed(108, [0, 0, 0xc0, 0x7f]), /'vox_offset' must be .*, got NaN/],
    ['an offset beyond the file', changed(110, [0x80, 0x4b]), /truncated: .* the file has 0/],
    ['NaN', changed(352 + 4, [0, 0, 0xc0, 0x7f]), /voxel 1 is not finite/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeNifti(bytes, 'f')).toThrow(message)
  })
})

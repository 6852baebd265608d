import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TweedieError } from '../../src/error.ts'
import {
  arrayFormats,
  decodeIdx,
  decodeNifti,
  decodePng,
  encodeNpz,
  encodePng,
} from '../../src/formats/index.ts'
import { allocate, type DType } from '../../src/tensor/dtype.ts'
import { NdArray, ndarray, sizeOf } from '../../src/tensor/ndarray.ts'
import { encodeIdx, encodeNifti, gzipped } from '../datasets/layouts.ts'

/**
 * What every file format must do: give back what was written, and meet damage with a TweedieError `input` that names the
 * file, never with another exception and never with more memory than the file can account for. A new format joins the list.
 */
interface Format {
  name: string
  encode: (arrays: Record<string, NdArray>) => Uint8Array
  decode: (bytes: Uint8Array, path: string) => Record<string, NdArray>
  /** Contents to round-trip. */
  contents: fc.Arbitrary<Record<string, NdArray>>
  /** Whether damage of a byte can pass unseen: formats without checksums hold any elements. */
  unchecked?: boolean
}

const dtypes: DType[] = ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool']

const anyArray: fc.Arbitrary<NdArray> = fc
  .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(4), { maxLength: 4 }), seed: fc.nat() })
  .map(({ dtype, shape, seed }) => {
    const data = allocate(dtype, sizeOf(shape))
    const bytes = new Uint8Array(data.buffer)
    for (let i = 0; i < bytes.length; i++)
      bytes[i] = dtype === 'bool' ? (seed + i) & 1 : (seed * 31 + i * 167) & 0x7f
    return new NdArray(dtype, shape, data)
  })

const key = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][\w. -]{0,12}$/),
  fc.constantFrom('__proto__', 'constructor', 'net.0.weight', 'Größe', '0'),
)

const record = fc.dictionary(key, anyArray, { maxKeys: 5 })
const single = anyArray.map((array) => ({ file: array }))

const picture = fc
  .record({
    channels: fc.constantFrom(1, 3),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat(255),
  })
  .map(({ channels, height, width, seed }) => {
    const values = Float32Array.from(
      { length: channels * height * width },
      (_, i) => ((i * 37 + seed) % 256) / 255,
    )
    return { file: new NdArray('float32', [channels, height, width], values) }
  })

/** What IDX can name. */
const idxArray = anyArray
  .filter(({ dtype }) => dtype !== 'int64' && dtype !== 'bool')
  .map((array) => ({ file: array }))

const volume = anyArray
  .filter(({ dtype, shape }) => dtype === 'float32' && shape.length > 0 && shape.every((d) => d > 0))
  .map((array) => ({ file: array }))

const idx = {
  encode: ({ file }: Record<string, NdArray>) => encodeIdx(file),
  decode: (bytes: Uint8Array, path: string) => ({ file: decodeIdx(bytes, path) }),
  contents: idxArray,
}

const nifti = {
  encode: ({ file }: Record<string, NdArray>) => encodeNifti(file),
  decode: (bytes: Uint8Array, path: string) => ({ file: decodeNifti(bytes, path).values }),
  contents: volume,
}

const formats: Format[] = [
  {
    name: 'npy',
    ...arrayFormats['.npy'],
    encode: (a) => arrayFormats['.npy'].encode(a, 'file.npy'),
    contents: single,
    unchecked: true,
  },
  { name: 'npz, deflated', ...arrayFormats['.npz'], encode: (a) => encodeNpz(a), contents: record },
  {
    name: 'npz, stored',
    ...arrayFormats['.npz'],
    encode: (a) => encodeNpz(a, { level: 0 }),
    contents: record,
  },
  {
    name: 'safetensors',
    ...arrayFormats['.safetensors'],
    encode: (a) => arrayFormats['.safetensors'].encode(a, 'file'),
    contents: record,
    unchecked: true,
  },
  {
    name: 'png',
    encode: ({ file }) => encodePng(file as NdArray<'float32'>),
    decode: (bytes, path) => ({ file: decodePng(bytes, path) }),
    contents: picture,
  },
  { name: 'idx', ...idx, unchecked: true },
  { name: 'idx, gzipped', ...idx, encode: (arrays) => gzipped(idx.encode(arrays)) },
  { name: 'nifti', ...nifti, unchecked: true },
  { name: 'nifti, gzipped', ...nifti, encode: (arrays) => gzipped(nifti.encode(arrays)) },
]

/** What decoding damaged bytes does; anything but a TweedieError `input` naming the file is a failure of the test. */
const outcome = (format: Format, bytes: Uint8Array): Record<string, NdArray> | TweedieError => {
  try {
    return format.decode(bytes, 'file.any')
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    expect(error.code).toBe('input')
    expect(error.message).toMatch(/^file\.any: /)
    expect(error.message).not.toContain('\n')
    return error
  }
}

const plain = (arrays: Record<string, NdArray>) =>
  Object.entries(arrays)
    .map(([name, { dtype, shape, data }]) => ({
      name,
      dtype,
      shape,
      values: Array.from(data as ArrayLike<number | bigint>),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

describe.each(formats)('$name', (format) => {
  it('gives back what was written, and writes the same bytes again', () => {
    fc.assert(
      fc.property(format.contents, (arrays) => {
        const bytes = format.encode(arrays)
        const back = format.decode(bytes, 'file.any')
        expect(plain(back)).toEqual(plain(arrays))
        expect(format.encode(arrays)).toEqual(bytes)
      }),
      { numRuns: 60 },
    )
  })

  it('reads bytes at an odd offset of a larger buffer', () => {
    fc.assert(
      fc.property(format.contents, fc.nat(7), (arrays, offset) => {
        const bytes = format.encode(arrays)
        const room = new Uint8Array(bytes.length + 8)
        room.set(bytes, offset)
        expect(plain(format.decode(room.subarray(offset, offset + bytes.length), 'file.any'))).toEqual(
          plain(arrays),
        )
      }),
      { numRuns: 20 },
    )
  })

  it('refuses every truncation', () => {
    const [arrays] = fc.sample(
      format.contents.filter((a) => Object.values(a).some(({ size }) => size > 3)),
      { numRuns: 1, seed: 1 },
    )
    const bytes = format.encode(arrays)
    for (let length = 0; length < bytes.length; length++) {
      expect(outcome(format, bytes.subarray(0, length)), `${length} of ${bytes.length} bytes`).toBeInstanceOf(
        TweedieError,
      )
    }
  })

  it('meets flipped bytes with an error of its own, or with arrays that fit the file', () => {
    const flips = fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(format.contents, flips, (arrays, changes) => {
        const bytes = Uint8Array.from(format.encode(arrays))
        for (const { at, to } of changes) bytes[at % bytes.length] = to
        const result = outcome(format, bytes)
        if (result instanceof TweedieError) return
        const total = Object.values(result).reduce((sum, { data }) => sum + data.byteLength, 0)
        // deflate expands 1032-fold at most, and a stored half or byte becomes 4 bytes
        expect(total).toBeLessThanOrEqual(bytes.length * 4 * 1032)
        if (format.unchecked) expect(total).toBeLessThanOrEqual(4 * bytes.length)
      }),
      { numRuns: 400 },
    )
  })

  it('meets noise with an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(outcome(format, noise)).toBeInstanceOf(TweedieError)
      }),
      { numRuns: 100 },
    )
  })

  it('does not share memory with the bytes it read', () => {
    const arrays = format.encode({ file: ndarray([0, 1, 1, 0], [1, 2, 2]) })
    const back = format.decode(arrays, 'f')
    arrays.fill(7)
    expect(Array.from(Object.values(back)[0].data as Float32Array)).toEqual([0, 1, 1, 0])
  })
})

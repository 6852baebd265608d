/**
 * File formats with arbitrary contents. Those of named arrays are in here by themselves; a new decoder joins
 * the list, and may not be without a case.
 */
import fc from 'fast-check'
import {
  arrayFormats,
  decodeIdx,
  decodeNifti,
  decodePng,
  encodeNpz,
  encodePng,
} from '../../../src/formats/index.ts'
import { allocate, type DType } from '../../../src/tensor/dtype.ts'
import { float32, NdArray, sizeOf } from '../../../src/tensor/ndarray.ts'
import { encodeIdx, encodeNifti, gzipped } from '../../datasets/layouts.ts'

/** A file format. */
export interface ListedFormat {
  name: string
  /** Its extension among `arrayFormats`, or its decoder among the exports of `formats/`. */
  reader: string
  encode: (arrays: Record<string, NdArray>) => Uint8Array
  decode: (bytes: Uint8Array, path: string) => Record<string, NdArray>
  /** Contents to round-trip. */
  contents: fc.Arbitrary<Record<string, NdArray>>
  /** Whether damage of a byte can pass unnoticed: formats without checksums hold any elements. */
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

/** Arrays that IDX can hold. */
const idxArray = anyArray
  .filter(({ dtype }) => dtype !== 'int64' && dtype !== 'bool')
  .map((array) => ({ file: array }))

const volume = anyArray
  .filter(({ dtype, shape }) => dtype === 'float32' && shape.length > 0 && shape.every((d) => d > 0))
  .map((array) => ({ file: array }))

const idx = {
  reader: 'decodeIdx',
  encode: ({ file }: Record<string, NdArray>) => encodeIdx(file),
  decode: (bytes: Uint8Array, path: string) => ({ file: decodeIdx(bytes, path) }),
  contents: idxArray,
}

const nifti = {
  reader: 'decodeNifti',
  encode: ({ file }: Record<string, NdArray>) => encodeNifti(file),
  decode: (bytes: Uint8Array, path: string) => ({ file: decodeNifti(bytes, path).values }),
  contents: volume,
}

/** Formats by extension, with or without checksums. A new one is in here by itself, as one with checksums. */
const byExtension: readonly ListedFormat[] = Object.entries(arrayFormats).map(([extension, format]) => ({
  name: extension.slice(1),
  reader: extension,
  encode: (arrays) => format.encode(arrays, `file${extension}`),
  decode: format.decode,
  contents: format.several ? record : single,
  unchecked: extension === '.npy' || extension === '.safetensors',
}))

/** Every format that can be written back without loss. */
export const formats: readonly ListedFormat[] = [
  ...byExtension,
  {
    name: 'npz, stored',
    reader: '.npz',
    encode: (a) => encodeNpz(a, { level: 0 }),
    decode: arrayFormats['.npz'].decode,
    contents: record,
  },
  {
    name: 'png',
    reader: 'decodePng',
    encode: ({ file }) => encodePng(float32(file)),
    decode: (bytes, path) => ({ file: decodePng(bytes, path) }),
    contents: picture,
  },
  { name: 'idx', ...idx, unchecked: true },
  { name: 'idx, gzipped', ...idx, encode: (arrays) => gzipped(idx.encode(arrays)) },
  { name: 'nifti', ...nifti, unchecked: true },
  { name: 'nifti, gzipped', ...nifti, encode: (arrays) => gzipped(nifti.encode(arrays)) },
]

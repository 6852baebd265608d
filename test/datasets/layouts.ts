/**
 * Writers of the layouts in which public data sets come, from their specifications; what
 * the readers are tested on.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'fflate'
import { File, ready } from 'h5wasm/node'
import type { DType } from '../../src/tensor/dtype.ts'
import type { NdArray } from '../../src/tensor/ndarray.ts'

type Write = (view: DataView, at: number, value: number | bigint, littleEndian: boolean) => void

/** How a number of each kind is written, and its bytes. */
const writers = {
  u1: { bytes: 1, write: (v, at, x) => v.setUint8(at, Number(x)) },
  i1: { bytes: 1, write: (v, at, x) => v.setInt8(at, Number(x)) },
  i2: { bytes: 2, write: (v, at, x, le) => v.setInt16(at, Number(x), le) },
  u2: { bytes: 2, write: (v, at, x, le) => v.setUint16(at, Number(x), le) },
  i4: { bytes: 4, write: (v, at, x, le) => v.setInt32(at, Number(x), le) },
  u4: { bytes: 4, write: (v, at, x, le) => v.setUint32(at, Number(x), le) },
  i8: { bytes: 8, write: (v, at, x, le) => v.setBigInt64(at, BigInt(x), le) },
  f4: { bytes: 4, write: (v, at, x, le) => v.setFloat32(at, Number(x), le) },
  f8: { bytes: 8, write: (v, at, x, le) => v.setFloat64(at, Number(x), le) },
} as const satisfies Record<string, { bytes: number; write: Write }>

export type Kind = keyof typeof writers

const put = (
  bytes: Uint8Array,
  start: number,
  kind: Kind,
  values: ArrayLike<number | bigint>,
  le: boolean,
): void => {
  const { bytes: size, write } = writers[kind]
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) (write as Write)(view, start + i * size, values[i], le)
}

/** Kinds that hold a dtype exactly. */
const kindOf: Readonly<Partial<Record<DType, Kind>>> = {
  uint8: 'u1',
  int32: 'i4',
  float32: 'f4',
  float64: 'f8',
}

/** Type codes of http://yann.lecun.com/exdb/mnist/. */
const idxCodes: Readonly<Partial<Record<Kind, number>>> = { u1: 8, i1: 9, i2: 11, i4: 12, f4: 13, f8: 14 }

/** The bytes of an IDX file. @param kind how the elements are stored (default: by dtype) */
export const encodeIdx = ({ dtype, shape, data }: NdArray, kind = kindOf[dtype] ?? 'f8'): Uint8Array => {
  const start = 4 + 4 * shape.length
  const bytes = new Uint8Array(start + writers[kind].bytes * data.length)
  bytes.set([0, 0, idxCodes[kind] ?? 0, shape.length])
  put(bytes, 4, 'u4', shape, false)
  put(bytes, start, kind, data, false)
  return bytes
}

/** Datatype and bits per voxel of nifti1.h. */
const niftiCodes: Readonly<Record<Kind, number>> = {
  u1: 2,
  i2: 4,
  i4: 8,
  f4: 16,
  f8: 64,
  i1: 256,
  u2: 512,
  u4: 768,
  i8: 1024,
}

export interface NiftiFields {
  kind?: Kind
  littleEndian?: boolean
  slope?: number
  intercept?: number
  spacing?: readonly number[]
  /** Twelve numbers of `srow_x`, `srow_y`, `srow_z`. */
  sform?: readonly number[]
  /** `quatern_b`, `_c`, `_d`, then the three offsets; `qfac` is `pixdim[0]`. */
  qform?: readonly number[]
  qfac?: 1 | -1
}

/** The bytes of a NIfTI-1 file of an array [Z, Y, X]: offsets as in nifti1.h. */
export const encodeNifti = (
  { shape, data }: NdArray,
  {
    kind = 'f4',
    littleEndian: le = true,
    slope = 0,
    intercept = 0,
    spacing = shape.map(() => 1),
    sform,
    qform,
    qfac = 1,
  }: NiftiFields = {},
): Uint8Array => {
  const bytes = new Uint8Array(352 + writers[kind].bytes * data.length)
  put(bytes, 0, 'i4', [348], le)
  put(bytes, 40, 'i2', [shape.length, ...shape.toReversed()], le)
  put(bytes, 70, 'i2', [niftiCodes[kind], 8 * writers[kind].bytes], le)
  put(bytes, 76, 'f4', [qfac, ...spacing.toReversed()], le)
  put(bytes, 108, 'f4', [352, slope, intercept], le)
  if (sform) {
    put(bytes, 254, 'i2', [1], le)
    put(bytes, 280, 'f4', sform, le)
  }
  if (qform) {
    put(bytes, 252, 'i2', [1], le)
    put(bytes, 256, 'f4', qform, le)
  }
  bytes.set(new TextEncoder().encode('n+1\0'), 344)
  put(bytes, 352, kind, data, le)
  return bytes
}

/** Gzip as the command of that name does it. */
export const gzipped = (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { mtime: 0 })

/** Records of CIFAR-10's binary version: pixel p of picture i is (7 i + p) mod 256, its label i mod 10. */
export const cifarBatch = (count: number): Uint8Array =>
  Uint8Array.from({ length: 3073 * count }, (_, k) => {
    const [i, p] = [Math.floor(k / 3073), (k % 3073) - 1]
    return p < 0 ? i % 10 : (7 * i + p) % 256
  })

/** A folder with the files of CIFAR-10, `count` records each. */
export const writeCifarFolder = (folder: string, count: number): void => {
  for (const name of [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat('test_batch.bin'))
    writeFileSync(join(folder, name), cifarBatch(count))
}

/**
 * A fastMRI file: `slices` planes whose values are (slice + 1) · (1 + pixel mod 7), and the fields beside
 * them.
 */
export const writeFastMriVolume = async (
  path: string,
  slices: number,
  side: number,
  options: { dtype?: string; key?: string; packed?: boolean } = {},
): Promise<void> => {
  await ready
  const { dtype = '<f', key = 'reconstruction_rss', packed = false } = options
  const size = side * side
  const values = Array.from(
    { length: slices * size },
    (_, i) => (1 + Math.floor(i / size)) * (1 + ((i % size) % 7)),
  )
  const file = new File(path, 'w')
  file.create_dataset({ name: 'ismrmrd_header', data: '<ismrmrdHeader/>' })
  file.create_dataset({
    name: key,
    data: dtype === '<d' ? Float64Array.from(values) : Float32Array.from(values),
    shape: [slices, side, side],
    dtype,
    ...(packed ? { chunks: [1, side, side], compression: 4 } : {}),
  })
  file.close()
}

export interface KspaceFields {
  shape: readonly number[]
  /** Real parts, 1 by default; imaginary parts are zero. */
  values?: readonly number[]
  mask?: readonly number[]
  members?: readonly [string, string]
  /** XML of ISMRMRD. */
  header?: string
}

/** Raw data in fastMRI's layout. HDF5 must be `ready`. */
export const writeFastMriKspace = (
  path: string,
  { shape, values, mask, members = ['r', 'i'], header }: KspaceFields,
): void => {
  const size = shape.reduce((n, d) => n * d, 1)
  const file = new File(path, 'w')
  const re = Float32Array.from(values ?? new Array(size).fill(1))
  const parts = new Map([
    [members[0], re],
    [members[1], new Float32Array(size)],
  ])
  file.create_dataset({ name: 'kspace', data: parts, shape: [...shape] })
  if (header !== undefined) file.create_dataset({ name: 'ismrmrd_header', data: header })
  if (mask) file.create_dataset({ name: 'mask', data: Uint8Array.from(mask) })
  file.close()
}

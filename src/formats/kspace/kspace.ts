/**
 * Samples of k-space as scanners measured them, in the convention of `multiCoilFourier`: rows of the readout,
 * columns of the phase encoding, frequency 0 at ⌊n/2⌋.
 */
import { basename } from 'node:path'
import { NdArray, sizeOf } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'

/** Measurements of one file. */
export interface Scan {
  /** File, for messages. */
  readonly name: string
  /** [N, 2K, H, W]: of K coils the real parts, then the imaginary parts; 0 where nothing was measured. */
  readonly kspace: NdArray<'float32'>
  /** [N, 1, H, W]: 1 where something was measured. */
  readonly mask: NdArray<'float32'>
  /** Rows of the image: H, or fewer where the readout is oversampled. */
  readonly rows: number
  /** Σ = E[n nᴴ] of the noise n of the K coils, [K, K, 2] with real and imaginary part. */
  readonly noiseCovariance?: NdArray<'float32'>
}

/** Measurements, ready to be observations. */
export interface KSpace {
  /** [N, 2K, H, W], in the units of the files: of K coils the real parts, then the imaginary parts. */
  readonly kspace: NdArray<'float32'>
  /** 1 where something was measured, else 0: [N | 1, 1, H | 1, W], with axes of 1 where nothing differs. */
  readonly mask: NdArray<'float32'>
  /**
   * Rows of the image in the middle of the field that the readout sees, as the headers say it: H, or fewer
   * where the readout is oversampled; `croppedReadout` of `tweedie/operators` cuts k-space to it.
   */
  readonly rows: number
  /**
   * Σ = E[n nᴴ] of the complex noise n of the K coils, [K, K, 2] with real and imaginary part; the mean of
   * those of the files. Absent when no file has a noise scan.
   */
  readonly noiseCovariance?: NdArray<'float32'>
}

/** Arrays one after the other along the first axis. */
const joinedRows = (arrays: readonly NdArray<'float32'>[], where: string): NdArray<'float32'> => {
  const [first] = arrays
  if (arrays.length === 1) return first
  const count = arrays.reduce((sum, { shape }) => sum + shape[0], 0)
  const shape = [count, ...first.shape.slice(1)]
  const data = allocated(sizeOf(shape), where)
  let at = 0
  for (const array of arrays) {
    data.set(array.data, at)
    at += array.size
  }
  return new NdArray('float32', shape, data)
}

/** Zeros. @throws TweedieError `input` when there is no memory for them */
export const allocated = (size: number, where: string): Float32Array => {
  try {
    return new Float32Array(size)
  } catch {
    throw wrong(where, `${size} values of k-space do not fit into memory; read fewer slices`)
  }
}

/** A mask with axes of 1 where all slices, and all rows, are alike. */
const compact = (mask: NdArray<'float32'>): NdArray<'float32'> => {
  const [n, , h, w] = mask.shape
  const sameRow = mask.data.every((v, i) => v === mask.data[Math.floor(i / (h * w)) * h * w + (i % w)])
  const rows = sameRow ? 1 : h
  const row = (i: number) => mask.data.subarray(i * h * w, i * h * w + rows * w)
  const first = row(0)
  const sameSlice = Array.from({ length: n }, (_, i) => row(i)).every((own) =>
    own.every((v, j) => v === first[j]),
  )
  const count = sameSlice ? 1 : n
  const data = new Float32Array(count * rows * w)
  for (let i = 0; i < count; i++) data.set(row(i), i * rows * w)
  return new NdArray('float32', [count, 1, rows, w], data)
}

const mean = (arrays: readonly NdArray<'float32'>[]): NdArray<'float32'> => {
  const { shape, data } = arrays[0]
  const sums = data.map((_, i) => arrays.reduce((sum, array) => sum + array.data[i], 0))
  return new NdArray(
    'float32',
    shape,
    sums.map((sum) => sum / arrays.length),
  )
}

/**
 * Scans one after the other.
 *
 * @param where - file or folder, for messages
 * @throws TweedieError `input` when coils or sizes differ, a value is not finite, or nothing was measured
 */
export const joinedScans = (scans: readonly Scan[], where: string): KSpace => {
  const [first] = scans
  const form = ({ kspace: { shape }, rows }: Scan) => {
    const image = rows === shape[2] ? '' : ` (${rows} rows without oversampling)`
    return `${shape[1] / 2} coils and ${shape[2]}×${shape[3]} samples${image}`
  }
  const other = scans.find((scan) => form(scan) !== form(first))
  if (other)
    throw wrong(
      other.name,
      `has ${form(other)}, but ${basename(first.name)} has ${form(first)}; all must agree`,
    )
  for (const { name, kspace, mask } of scans) {
    const bad = kspace.data.findIndex((v) => !Number.isFinite(v))
    if (bad >= 0)
      throw wrong(name, `k-space is not finite in image ${Math.floor(bad / sizeOf(kspace.shape.slice(1)))}`)
    if (!mask.data.includes(1)) throw wrong(name, 'k-space is zero everywhere: nothing was measured')
  }
  const covariances = scans.flatMap(({ noiseCovariance }) => noiseCovariance ?? [])
  return {
    kspace: joinedRows(
      scans.map(({ kspace }) => kspace),
      where,
    ),
    mask: compact(
      joinedRows(
        scans.map(({ mask }) => mask),
        where,
      ),
    ),
    rows: first.rows,
    ...(covariances.length > 0 ? { noiseCovariance: mean(covariances) } : {}),
  }
}

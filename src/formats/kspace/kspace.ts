/**
 * Samples of k-space as scanners measured them, in the convention of `multiCoilFourier`: rows of the readout,
 * columns of the phase encoding, frequency 0 at ⌊n/2⌋.
 */
import { basename } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { checkAborted, type LongCall } from '../../progress.ts'
import { NdArray, type Shape, sizeOf } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { lastRows } from '../last-rows.ts'
import type { OpenNumbers } from '../one-array.ts'
import { type MaskForm, maskForms } from './mask-form.ts'

/** Some images of k-space. */
export interface Images {
  /** [n, 2K, H, W]: of K coils the real parts, then the imaginary parts; 0 where nothing was measured. */
  readonly kspace: NdArray<'float32'>
  /** [n, 1, H, W]: 1 where something was measured. */
  readonly mask: NdArray<'float32'>
}

/** Measurements of one file. */
export interface Scan {
  /** File, for messages. */
  readonly name: string
  /** [N, 2K, H, W]. */
  readonly shape: Shape
  /** Rows of the image: H, or fewer where the readout is oversampled. */
  readonly rows: number
  /** Σ = E[n nᴴ] of the noise n of the K coils, [K, K, 2] with real and imaginary part. */
  readonly noiseCovariance?: NdArray<'float32'>
  /** Images `from … to − 1`. @throws TweedieError `input` for damage */
  readonly images: (from: number, to: number) => Images
}

/** Measurements, ready to be observations. */
export interface KSpace<A = NdArray<'float32'>> {
  /** [N, 2K, H, W], in the units of the files: of K coils the real parts, then the imaginary parts. */
  readonly kspace: A
  /** 1 where something was measured, else 0: [N | 1, 1, H | 1, W], with axes of 1 where nothing differs. */
  readonly mask: A
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

/** Values that are made of files, of which rows are read when they are asked for. */
export interface FileRows extends Omit<OpenNumbers, 'close'> {
  readonly rows: (from: number, to: number) => NdArray<'float32'>
  readonly whole: () => NdArray<'float32'>
}

/** Zeros. @throws TweedieError `input` when there is no memory for them */
export const allocated = (size: number, where: string): Float32Array => {
  try {
    return new Float32Array(size)
  } catch {
    throw wrong(where, `${size} values of k-space do not fit into memory; read fewer slices`)
  }
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

/** @throws TweedieError `input` when coils or sizes differ */
const checkAlike = (scans: readonly Scan[]): void => {
  const [first] = scans
  const form = ({ shape, rows }: Scan) => {
    const image = rows === shape[2] ? '' : ` (${rows} rows without oversampling)`
    return `${shape[1] / 2} coils and ${shape[2]}×${shape[3]} samples${image}`
  }
  const other = scans.find((scan) => form(scan) !== form(first))
  if (other)
    throw wrong(
      other.name,
      `has ${form(other)}, but ${basename(first.name)} has ${form(first)}; all must agree`,
    )
}

/** Bytes of k-space that are looked at at once. */
const PIECE = 2 ** 24

/**
 * Goes through all images once, for how their masks repeat themselves.
 *
 * @throws TweedieError `input` when a value is not finite, or nothing was measured; `interrupted`
 */
const surveyed = async (scans: readonly Scan[], { onProgress, signal }: LongCall): Promise<MaskForm> => {
  const [, channels, height, width] = scans[0].shape
  const size = channels * height * width
  const each = Math.max(1, Math.floor(PIECE / (4 * size)))
  const total = scans.reduce((sum, { shape }) => sum + shape[0], 0)
  const forms = maskForms(height, width)
  let done = 0
  for (const { name, shape, images } of scans) {
    let measured = false
    for (let from = 0; from < shape[0]; from += each) {
      await setImmediate() // signals come between two parts
      checkAborted(signal, 'looking at k-space')
      if (done + from > 0) onProgress?.({ phase: 'looking at k-space', done: done + from, total })
      const { kspace, mask } = images(from, Math.min(shape[0], from + each))
      const bad = kspace.data.findIndex((v) => !Number.isFinite(v))
      if (bad >= 0) throw wrong(name, `k-space is not finite in image ${from + Math.floor(bad / size)}`)
      measured ||= mask.data.includes(1)
      forms.see(mask)
    }
    if (!measured) throw wrong(name, 'k-space is zero everywhere: nothing was measured')
    done += shape[0]
  }
  return forms.form()
}

/** Scans one after the other. */
const joinedImages = (scans: readonly Scan[], where: string): Scan['images'] => {
  const [, ...event] = scans[0].shape
  const plane = [1, ...event.slice(1)]
  return (from, to) => {
    const kspace = allocated((to - from) * sizeOf(event), where)
    const mask = allocated((to - from) * sizeOf(plane), where)
    let start = 0
    for (const { shape, images } of scans) {
      const [first, stop] = [Math.max(from, start), Math.min(to, start + shape[0])]
      if (first < stop) {
        const part = images(first - start, stop - start)
        kspace.set(part.kspace.data, (first - from) * sizeOf(event))
        mask.set(part.mask.data, (first - from) * sizeOf(plane))
      }
      start += shape[0]
    }
    return {
      kspace: new NdArray('float32', [to - from, ...event], kspace),
      mask: new NdArray('float32', [to - from, ...plane], mask),
    }
  }
}

const fileRows = (shape: Shape, rows: FileRows['rows']): FileRows => ({
  dtype: 'float32',
  shape,
  complex: false,
  rows,
  whole: () => rows(0, shape[0]),
})

/**
 * Scans one after the other, whose images are read when they are asked for; all are gone through once.
 *
 * @param where - file or folder, for messages
 * @throws TweedieError `input` when coils or sizes differ, a value is not finite, or nothing was measured;
 * `interrupted`
 */
export const joinedScans = async (
  scans: readonly Scan[],
  where: string,
  call: LongCall,
): Promise<KSpace<FileRows>> => {
  checkAlike(scans)
  const count = scans.reduce((sum, { shape }) => sum + shape[0], 0)
  const [first] = scans
  const { shape, cut, shared } = await surveyed(scans, call)
  const images = lastRows(joinedImages(scans, where))
  const covariances = scans.flatMap(({ noiseCovariance }) => noiseCovariance ?? [])
  const mask = fileRows([shared ? 1 : count, ...shape], (from, to) => cut(images(from, to).mask))
  return {
    kspace: fileRows([count, ...first.shape.slice(1)], (from, to) => images(from, to).kspace),
    mask,
    rows: first.rows,
    ...(covariances.length > 0 ? { noiseCovariance: mean(covariances) } : {}),
  }
}

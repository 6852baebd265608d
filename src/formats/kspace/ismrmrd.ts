/**
 * Cartesian k-space of ISMRMRD's raw data (S. J. Inati et al., "ISMRM Raw data format", 2017): a group with
 * the header `xml` and the readouts `data`.
 *
 * Each slice, contrast, phase, set, repetition and average is an image of its own. The noise scan, readouts
 * without excitation, gives the covariance of the coils' noise: Σ = Σₜ nₜ nₜᴴ / T at its own bandwidth,
 * carried over to that of the images as the ISMRM's tools do (M. S. Hansen & P. Kellman 2015):
 *
 *     Σ ← Σ · (dwell time of the noise / that of the images) / relative bandwidth of the receiver.
 */
import type { Group } from 'h5wasm/node'
import { NdArray, rows } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { type Hdf5, textIn, type WithHdf5 } from '../hdf5.ts'
import { type Acquisition, readAcquisitions } from './acquisitions.ts'
import { type IsmrmrdHeader, parseIsmrmrdHeader } from './ismrmrd-header.ts'
import { allocated, type Images, type Scan } from './kspace.ts'

/** Flags of ismrmrd.h. */
const NOISE = 19
const CALIBRATION = 20
const REVERSE = 22
/** Navigators, phase correction, feedback, dummies and the like: no samples of an image. */
const OTHERS = [23, 24, 26, 27, 28, 29, 30, 31]

const has = (flags: number, flag: number): boolean => Math.floor(flags / 2 ** (flag - 1)) % 2 === 1

/** An image has so many times more places than were sampled, at most. */
const MOST_UNDERSAMPLED = 256

const isGroup = (entry: unknown): entry is Group =>
  typeof entry === 'object' && entry !== null && 'keys' in entry && 'create_group' in entry

/** The group with raw data; undefined when a file has none. */
export const rawDataIn = ({ root }: Hdf5): Group | undefined =>
  root
    .keys()
    .map((key) => root.get(key))
    .filter(isGroup)
    .find((group) => ['data', 'xml'].every((key) => group.keys().includes(key)))

const headerIn = (file: Hdf5, group: Group): IsmrmrdHeader => {
  const where = `${file.path}: dataset 'xml'`
  const text = textIn(file, group, 'xml')
  if (text === undefined) throw wrong(where, 'must be text')
  return parseIsmrmrdHeader(text, where)
}

/** Σ of the noise scan, [K, K, 2], for samples `dwell` apart. */
const covarianceOf = (
  noise: readonly Acquisition[],
  coils: number,
  dwell: number,
  relativeBandwidth: number,
): NdArray<'float32'> => {
  const sums = new Float64Array(2 * coils * coils)
  let count = 0
  for (const { data, samples, dwell: own } of noise) {
    const ratio = own > 0 && dwell > 0 ? own / dwell : 1
    const scale = ratio / relativeBandwidth
    for (let i = 0; i < coils; i++)
      for (let j = 0; j < coils; j++)
        for (let t = 0; t < samples; t++) {
          const [a, b] = [2 * (i * samples + t), 2 * (j * samples + t)]
          const at = 2 * (i * coils + j)
          sums[at] += scale * (data[a] * data[b] + data[a + 1] * data[b + 1])
          sums[at + 1] += scale * (data[a + 1] * data[b] - data[a] * data[b + 1])
        }
    count += samples
  }
  return new NdArray(
    'float32',
    [coils, coils, 2],
    Float32Array.from(sums, (sum) => sum / count),
  )
}

/** @throws TweedieError `input` for readouts that do not belong to images in the plane */
const checkReadout = (one: Acquisition, coils: number, where: string): void => {
  const { flags, partition, encodingSpace, discardPre, discardPost, samples } = one
  if (one.coils !== coils) throw wrong(where, `has readouts of ${coils} and of ${one.coils} coils`)
  if (has(flags, REVERSE)) throw wrong(where, 'has reversed readouts (EPI), which need a correction first')
  if (partition !== 0)
    throw wrong(where, 'has steps of a third dimension: only two-dimensional data are read')
  if (encodingSpace !== 0) throw wrong(where, 'has readouts of a second encoding space, which are not read')
  if (discardPre + discardPost > samples) throw wrong(where, `discards more than ${samples} samples`)
}

/** The images of readouts, in the order of their first ones. */
const imagesOf = (readouts: readonly Acquisition[], most: number): Acquisition[][] => {
  const images = new Map<string, Acquisition[]>()
  for (const one of readouts) {
    const lines = images.get(one.image)
    if (lines) lines.push(one)
    else if (images.size < most) images.set(one.image, [one])
  }
  return [...images.values()]
}

/** Puts a readout into its column of an image [2K, H, W] and of its mask [H, W]. */
const place = (
  one: Acquisition,
  column: number,
  [height, width]: readonly [number, number],
  to: { readonly kspace: Float32Array; readonly mask: Float32Array },
  where: string,
): void => {
  const { samples, coils, data, discardPre, discardPost, centre } = one
  const size = height * width
  for (let t = discardPre; t < samples - discardPost; t++) {
    const row = t - centre + Math.floor(height / 2)
    if (row < 0 || row >= height) throw wrong(where, `a readout of ${samples} samples leaves ${height} rows`)
    const at = row * width + column
    if (to.mask[at] !== 0) throw wrong(where, `column ${column} of an image was measured twice`)
    to.mask[at] = 1
    for (let c = 0; c < coils; c++) {
      to.kspace[c * size + at] = data[2 * (c * samples + t)]
      to.kspace[(coils + c) * size + at] = data[2 * (c * samples + t) + 1]
    }
  }
}

/** All images of a file. */
type HeldScan = Images & Pick<Scan, 'rows' | 'noiseCovariance'>

/** The k-space of a file. @param most - images to stop after */
const readScan = (file: Hdf5, group: Group, most: number): HeldScan => {
  const { path: name } = file
  const { matrix, rows, centre, relativeBandwidth } = headerIn(file, group)
  const where = `${name}: dataset 'data'`
  const all = readAcquisitions(file, group)
  const noise = all.filter(({ flags }) => has(flags, NOISE))
  const skipped = [NOISE, CALIBRATION, ...OTHERS]
  const readouts = all.filter(({ flags }) => !skipped.some((flag) => has(flags, flag)))
  if (readouts.length === 0) throw wrong(where, 'holds no readout of an image')
  const { coils, dwell } = readouts[0]
  for (const one of readouts) checkReadout(one, coils, where)
  const images = imagesOf(readouts, most)
  const [height, width] = matrix
  const places = images.length * height * width
  const sampled = readouts.reduce((sum, { samples }) => sum + samples, 0)
  if (coils === 0 || places > MOST_UNDERSAMPLED * sampled)
    throw wrong(where, `has ${sampled} samples of ${coils} coils, too few for ${places} places of k-space`)
  const size = height * width
  const kspace = allocated(images.length * 2 * coils * size, name)
  const mask = allocated(images.length * size, name)
  for (const [n, lines] of images.entries()) {
    const to = {
      kspace: kspace.subarray(n * 2 * coils * size, (n + 1) * 2 * coils * size),
      mask: mask.subarray(n * size, (n + 1) * size),
    }
    for (const one of lines) {
      const column = one.line - centre + Math.floor(width / 2)
      if (column < 0 || column >= width)
        throw wrong(where, `line ${one.line} leaves the ${width} columns of k-space`)
      place(one, column, matrix, to, where)
    }
  }
  const other = noise.find((one) => one.coils !== coils)
  if (other) throw wrong(where, `has a noise scan of ${other.coils} coils, images of ${coils}`)
  const isMeasured = noise.some(({ samples }) => samples > 0)
  return {
    kspace: new NdArray('float32', [images.length, 2 * coils, height, width], kspace),
    mask: new NdArray('float32', [images.length, 1, height, width], mask),
    rows,
    ...(isMeasured ? { noiseCovariance: covarianceOf(noise, coils, dwell, relativeBandwidth) } : {}),
  }
}

/** The images of the file that was read last. */
export interface LastFile {
  of?: string
  images?: Images
}

/**
 * The k-space of a file. Its readouts come in any order, so all of it is read when one of its images is asked
 * for, unless it was the last.
 *
 * @param most - images to stop after
 */
export const ismrmrdScan = (
  file: Hdf5,
  withHdf5: WithHdf5,
  { group, most, last }: { readonly group: Group; readonly most: number; readonly last: LastFile },
): Scan => {
  const { path: name } = file
  const kept = ({ kspace, mask }: Images): Images => {
    last.of = name
    last.images = { kspace, mask }
    return last.images
  }
  const { rows: ofImage, noiseCovariance, ...first } = readScan(file, group, most)
  kept(first)
  const again = (): Images =>
    withHdf5(name, (file) => {
      const group = rawDataIn(file)
      if (!group) throw wrong(name, 'was changed while it was read')
      return kept(readScan(file, group, most))
    })
  return {
    name,
    shape: first.kspace.shape,
    rows: ofImage,
    ...(noiseCovariance ? { noiseCovariance } : {}),
    images: (from, to) => {
      const { kspace, mask } = last.of === name && last.images ? last.images : again()
      return { kspace: rows(kspace, from, to), mask: rows(mask, from, to) }
    },
  }
}

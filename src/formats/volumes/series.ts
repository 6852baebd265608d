/** DICOM images in the order of their places in space, as volumes. */
import { basename } from 'node:path'
import { NdArray } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { type DicomFrame, readDicom } from './dicom.ts'
import type { Affine, Volume } from './orientation.ts'

/** A frame and the distance of its plane from the origin, in millimetres. */
interface Placed {
  readonly frame: DicomFrame
  readonly place: number
}

/** Places that differ by less, in millimetres, are one. */
const SAME_PLACE = 1e-3

/** Share of the distance of two slices by which distances may differ. */
const UNEVEN = 0.05

/** Slices of one orientation: a localiser has three in one series. */
const stackKey = ({ series, orientation }: DicomFrame): string =>
  `${series} ${orientation?.map((v) => Math.round(1e3 * v) + 0)}` // −0 is 0

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0)

/** Direction that is normal to the image: row × column. */
const normalOf = ([a, b, c, d, e, f]: readonly number[]): number[] => [
  b * f - c * e,
  c * d - a * f,
  a * e - b * d,
]

/** Frames with their places, in order; undefined when one does not say where it is. */
const inPlace = (frames: readonly DicomFrame[]): Placed[] | undefined => {
  const placed = frames.flatMap((frame) =>
    frame.position && frame.orientation
      ? [{ frame, place: dot(frame.position, normalOf(frame.orientation)) }]
      : [],
  )
  if (placed.length < frames.length) return undefined
  return placed.sort((a, b) => a.place - b.place || a.frame.instance - b.frame.instance)
}

/** Frames at the same place, place by place. */
const byPlace = (placed: readonly Placed[]): Placed[][] => {
  const places: Placed[][] = []
  for (const one of placed) {
    const last = places.at(-1)
    if (last && one.place - last[0].place < SAME_PLACE) last.push(one)
    else places.push([one])
  }
  return places.map((same) => same.sort((a, b) => a.frame.instance - b.frame.instance))
}

/** The map to NIfTI's space, whose x and y run against DICOM's; undefined when slices are unevenly spaced. */
const affineOf = (placed: readonly Placed[]): Affine | undefined => {
  const { frame, place } = placed[0]
  const last = placed[placed.length - 1]
  const { position, orientation, spacing } = frame
  if (!position || !orientation || !spacing || !last.frame.position) return undefined
  const gaps = placed.length - 1
  const gap = (last.place - place) / Math.max(1, gaps)
  if (placed.some((one, i) => Math.abs(one.place - place - i * gap) > UNEVEN * gap)) return undefined
  const end = last.frame.position
  const step = gaps > 0 ? position.map((v, i) => (end[i] - v) / gaps) : normalOf(orientation)
  return [-1, -1, 1].map((sign, i) =>
    [orientation[i] * spacing[1], orientation[i + 3] * spacing[0], step[i], position[i]].map((v) => sign * v),
  )
}

const stacked = (frames: readonly DicomFrame[], affine?: Affine): Volume => {
  const [{ name, height, width }] = frames
  const data = new Float32Array(frames.length * height * width)
  frames.forEach(({ values }, i) => {
    data.set(values, i * values.length)
  })
  return { name, values: new NdArray('float32', [frames.length, height, width], data), affine }
}

/** The volumes of a series: one, or as many as there are images at each place. */
const volumesOf = (frames: readonly DicomFrame[]): Volume[] => {
  const [first] = frames
  const sizeOf = ({ height, width }: DicomFrame) => `${height}×${width}`
  const other = frames.find((frame) => sizeOf(frame) !== sizeOf(first))
  if (other)
    throw wrong(
      other.name,
      `image of ${sizeOf(other)}, but ${basename(first.name)} has ${sizeOf(first)}; all must agree`,
    )
  const placed = inPlace(frames)
  if (!placed) return [stacked([...frames].sort((a, b) => a.instance - b.instance))]
  const places = byPlace(placed)
  const times = places[0].length
  if (places.some((same) => same.length !== times)) return [stacked(placed.map(({ frame }) => frame))]
  return places[0].map((_, t) => {
    const volume = places.map((same) => same[t])
    return stacked(
      volume.map(({ frame }) => frame),
      affineOf(volume),
    )
  })
}

/**
 * Volumes of DICOM files: one for each series, orientation and time, its slices from one end to the other.
 *
 * @throws TweedieError `input` when a file is damaged or images of a series differ in size
 */
export const readSeries = async (files: readonly string[]): Promise<Volume[]> => {
  const series = new Map<string, DicomFrame[]>()
  for (const file of files)
    for (const frame of await readDicom(file)) {
      const key = stackKey(frame)
      const frames = series.get(key)
      if (frames) frames.push(frame)
      else series.set(key, [frame])
    }
  return [...series.values()].flatMap(volumesOf)
}

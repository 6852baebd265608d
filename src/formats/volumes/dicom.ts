/**
 * Grey images in DICOM files (PS3.3, C.7.6.3, C.11.1), whose data sets dicom-parser takes apart:
 *
 *     value = slope · stored + intercept.
 *
 * Its elements are views of the file, never larger than it. It is loaded with the first file.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { basename, extname } from 'node:path'
import type { DataSet } from 'dicom-parser'
import { TweedieError } from '../../error.ts'
import { firstNotFinite } from '../../tensor/ndarray.ts'
import { startsWith, wrong } from '../bytes/bytes.ts'
import { unreadable } from '../bytes/descriptor.ts'
import { checkRegular, readBytes } from '../bytes/files.ts'
import { claimedBytes, decodeElements, type Element, elementBytes } from '../elements.ts'

/** One image and where it belongs. */
export interface DicomFrame {
  readonly name: string
  /** UID of the series. */
  readonly series: string
  /** InstanceNumber of the file, 0 when it does not say it. */
  readonly instance: number
  readonly height: number
  readonly width: number
  /** [height, width], in the units that slope and intercept give. */
  readonly values: Float32Array
  /** ImagePositionPatient: millimetres of the first pixel, to the left, back and head of the body. */
  readonly position?: readonly number[]
  /** ImageOrientationPatient: directions of a row, then of a column. */
  readonly orientation?: readonly number[]
  /** PixelSpacing: from row to row, then from column to column. */
  readonly spacing?: readonly number[]
}

const PREAMBLE = 128
const MAGIC = new TextEncoder().encode('DICM')

const firstBytes = (path: string, count: number): Uint8Array => {
  const bytes = new Uint8Array(count)
  try {
    checkRegular(path)
    const descriptor = openSync(path, 'r')
    try {
      return bytes.subarray(0, readSync(descriptor, bytes, 0, count, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw unreadable(path, error)
  }
}

const hasMagic = (bytes: Uint8Array): boolean => startsWith(bytes.subarray(PREAMBLE), MAGIC)

/** Whether a file calls itself DICOM, by its extension, or without one by the four letters of the format. */
export const isDicom = (path: string): boolean => {
  if (basename(path).toUpperCase() === 'DICOMDIR') return false // an index of others
  if (/\.(dcm|dicom|ima)$/i.test(path)) return true
  const isBare = /^(\.\d+)?$/.test(extname(path)) // names are often numbers with dots
  return isBare && hasMagic(firstBytes(path, PREAMBLE + MAGIC.length))
}

/** Data elements by group and element number. */
const tag = {
  transferSyntax: 'x00020010',
  series: 'x0020000e',
  instance: 'x00200013',
  position: 'x00200032',
  orientation: 'x00200037',
  samples: 'x00280002',
  photometric: 'x00280004',
  frames: 'x00280008',
  rows: 'x00280010',
  columns: 'x00280011',
  spacing: 'x00280030',
  allocated: 'x00280100',
  stored: 'x00280101',
  highBit: 'x00280102',
  signed: 'x00280103',
  intercept: 'x00281052',
  slope: 'x00281053',
  pixels: 'x7fe00010',
} as const

/** What the frames of a file may have of their own: by the sequence of the functional group that holds it. */
const inGroups = {
  position: 'x00209113',
  orientation: 'x00209116',
  spacing: 'x00289110',
  intercept: 'x00289145',
  slope: 'x00289145',
} as const

/** Functional groups of multi-frame files (PS3.3, C.7.6.16): of all frames, and of each. */
const SHARED = 'x52009229'
const OWN = 'x52009230'

const BIG_ENDIAN = '1.2.840.10008.1.2.2'
const UNCOMPRESSED = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', BIG_ENDIAN]

const compressed = (name: string, syntax: string): TweedieError =>
  wrong(
    name,
    `its pixels are compressed (transfer syntax ${syntax}); unpack them with \`gdcmconv --raw IN OUT\``,
  )

/** What the library throws: text, an error, or a record that holds either. */
const reasonOf = (fault: unknown): string => {
  if (typeof fault === 'object' && fault !== null && 'exception' in fault) return reasonOf(fault.exception)
  const text = fault instanceof Error ? fault.message : String(fault)
  return text.replace(/^dicomParser[\w.:]*:? ?/, '')
}

const parse = async (bytes: Uint8Array, name: string): Promise<DataSet> => {
  if (!hasMagic(bytes)) throw wrong(name, "not a DICOM file (no 'DICM' after its first 128 bytes)")
  const { default: library } = await import('dicom-parser')
  const inflater = () => {
    throw compressed(name, 'deflated') // its size is not known before it is unpacked
  }
  try {
    return library.parseDicom(bytes, { inflater })
  } catch (fault) {
    if (fault instanceof TweedieError) throw fault
    throw wrong(name, `damaged or truncated DICOM: ${reasonOf(fault)}`)
  }
}

/** How the pixels of a file are stored. */
interface Layout {
  readonly element: Element
  readonly littleEndian: boolean
  /** [frames, height, width]. */
  readonly shape: readonly [number, number, number]
  /** The value of the bits that are used. */
  readonly value: (raw: number) => number
}

/** The bits that are stored among those allocated, as an integer with or without sign. */
const storedValue = (bits: number, highBit: number, isSigned: boolean): Layout['value'] => {
  const unit = 2 ** (highBit + 1 - bits)
  const [span, half] = [2 ** bits, 2 ** (bits - 1)]
  return (raw) => {
    const value = Math.floor(raw / unit) % span
    return isSigned && value >= half ? value - span : value
  }
}

const elements: Readonly<Record<number, Element>> = { 8: 'u1', 16: 'u2', 32: 'u4' }

const layoutOf = (set: DataSet, name: string): Layout => {
  const syntax = set.string(tag.transferSyntax) ?? ''
  if (set.elements[tag.pixels] === undefined) throw wrong(name, 'holds no image (no PixelData)')
  if (!UNCOMPRESSED.includes(syntax)) throw compressed(name, syntax)
  const whole = (key: 'rows' | 'columns' | 'allocated' | 'stored' | 'highBit', least: number): number => {
    const value = set.uint16(tag[key])
    if (value === undefined || value < least)
      throw wrong(name, `field '${key}' must be at least ${least}, got ${value ?? 'none'}`)
    return value
  }
  const photometric = set.string(tag.photometric) ?? 'MONOCHROME2'
  if (!photometric.startsWith('MONOCHROME') || (set.uint16(tag.samples) ?? 1) !== 1)
    throw wrong(name, `must be a grey image, MONOCHROME1 or MONOCHROME2, got ${photometric}`)
  const frames = set.elements[tag.frames] ? set.intString(tag.frames) : 1
  if (frames === undefined || !(frames >= 1)) throw wrong(name, `must have at least one frame, got ${frames}`)
  const [allocated, stored, highBit] = [whole('allocated', 1), whole('stored', 1), whole('highBit', 0)]
  const element = elements[allocated]
  if (element === undefined || stored > allocated || highBit >= allocated || highBit + 1 < stored)
    throw wrong(
      name,
      `pixels must have 8, 16 or 32 bits, got ${allocated} with ${stored} stored up to bit ${highBit}`,
    )
  return {
    element,
    littleEndian: syntax !== BIG_ENDIAN,
    shape: [frames, whole('rows', 1), whole('columns', 1)],
    value: storedValue(stored, highBit, set.uint16(tag.signed) === 1),
  }
}

/** The bytes of the pixels, as many as the header claims. */
const pixelsOf = (set: DataSet, bytes: Uint8Array, layout: Layout, name: string): Uint8Array => {
  const { dataOffset, length, vr, encapsulatedPixelData } = set.elements[tag.pixels]
  const isSwapped = !layout.littleEndian && layout.element === 'u1' && vr === 'OW'
  if (encapsulatedPixelData || isSwapped)
    throw wrong(name, 'its pixels are in fragments or swapped bytes; rewrite it with `gdcmconv --raw IN OUT`')
  const needed = claimedBytes(layout.element, layout.shape, name)
  const available = Math.min(length, bytes.length - dataOffset)
  if (needed > available)
    throw wrong(name, `truncated: [${layout.shape}] pixels need ${needed} bytes, the file has ${available}`)
  return bytes.subarray(dataOffset, dataOffset + needed)
}

/** Numbers of a frame: of its own group, of that of all frames, or of the file; undefined where none are. */
const numbersOf = (
  set: DataSet,
  frame: number,
  key: keyof typeof inGroups,
  count: number,
  name: string,
): number[] | undefined => {
  const inGroup = (group: string, item: number): DataSet | undefined =>
    set.elements[group]?.items?.[item]?.dataSet?.elements[inGroups[key]]?.items?.[0]?.dataSet
  const texts = [inGroup(OWN, frame), inGroup(SHARED, 0), set].map((part) => part?.string(tag[key]))
  const text = texts.find((found) => found !== undefined && found !== '')
  if (text === undefined) return undefined
  const values = text.split('\\').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (values.length === count && values.every(Number.isFinite)) return values
  throw wrong(name, `field '${key}' must hold ${count} number(s), got '${text}'`)
}

/**
 * The images of a DICOM file.
 *
 * @throws TweedieError `input` when it is no such file, damaged, holds no grey image, or its pixels are
 * compressed
 */
export const readDicom = async (path: string): Promise<DicomFrame[]> => {
  const bytes = readBytes(path)
  const set = await parse(bytes, path)
  const layout = layoutOf(set, path)
  const { element, littleEndian, shape, value } = layout
  const pixels = pixelsOf(set, bytes, layout, path)
  const [frames, height, width] = shape
  const size = height * width * elementBytes(element)
  const arePlaced = frames === 1 || set.elements[OWN] !== undefined // else the place is that of the first
  return Array.from({ length: frames }, (_, i) => {
    const numbers = (key: keyof typeof inGroups, count: number) => numbersOf(set, i, key, count, path)
    const [slope] = numbers('slope', 1) ?? [1]
    const [intercept] = numbers('intercept', 1) ?? [0]
    const raw = pixels.subarray(i * size, (i + 1) * size)
    const { data } = decodeElements(element, [height, width], raw, littleEndian, path)
    const values = new Float32Array(data.length)
    for (let p = 0; p < values.length; p++) values[p] = slope * value(Number(data[p])) + intercept
    if (firstNotFinite({ data: values }) >= 0)
      throw wrong(path, `slope ${slope} and intercept ${intercept} make values that are not finite`)
    return {
      name: path,
      series: set.string(tag.series) ?? '',
      instance: set.intString(tag.instance) ?? 0,
      height,
      width,
      values,
      position: arePlaced ? numbers('position', 3) : undefined,
      orientation: numbers('orientation', 6),
      spacing: numbers('spacing', 2),
    }
  })
}

/** DICOM files by hand, from PS3.5 (data elements) and PS3.10 (file meta information). */
import { joined } from '../../../src/formats/index.ts'

/** Transfer syntaxes of uncompressed pixels. */
const syntaxes = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  bigEndian: '1.2.840.10008.1.2.2',
} as const

export type Syntax = keyof typeof syntaxes

export interface DicomFields {
  syntax?: Syntax
  /** Of the header, where it is not that of `syntax`. */
  uid?: string
  rows?: number
  columns?: number
  /** Numbers as they are stored, of `bits` bits. */
  pixels?: readonly number[]
  bits?: 8 | 16 | 32
  stored?: number
  highBit?: number
  signed?: boolean
  frames?: number
  samples?: number
  photometric?: string
  series?: string
  instance?: number
  slope?: number | string
  intercept?: number
  /** Slope and intercept of each frame, in functional groups. */
  perFrame?: readonly (readonly [number, number])[]
  position?: readonly number[]
  orientation?: readonly number[]
  spacing?: readonly number[]
  /** Leave out the pixels. */
  empty?: boolean
}

type Element = readonly [group: number, element: number, vr: string, data: Uint8Array]

const LONG = ['OB', 'OW', 'SQ', 'UN']

const text = (value: string | number | readonly number[], pad = ' '): Uint8Array => {
  const plain = typeof value === 'object' ? value.join('\\') : String(value)
  return new TextEncoder().encode(plain.length % 2 ? plain + pad : plain)
}

/** Integers of so many bits, filled to an even number of bytes. */
const integers = (values: readonly number[], bits: number, le: boolean): Uint8Array => {
  const size = bits / 8
  const bytes = new Uint8Array(Math.ceil((values.length * size) / 2) * 2)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => {
    if (bits === 8) view.setUint8(i, value)
    else if (bits === 16) view.setUint16(2 * i, value, le)
    else view.setUint32(4 * i, value, le)
  })
  return bytes
}

const encodeElement = ([group, element, vr, data]: Element, implicit: boolean, le: boolean): Uint8Array => {
  const isLong = !implicit && LONG.includes(vr)
  const head = new DataView(new ArrayBuffer(isLong ? 12 : 8))
  head.setUint16(0, group, le)
  head.setUint16(2, element, le)
  if (implicit) head.setUint32(4, data.length, le)
  else {
    head.setUint8(4, vr.charCodeAt(0))
    head.setUint8(5, vr.charCodeAt(1))
    if (isLong) head.setUint32(8, data.length, le)
    else head.setUint16(6, data.length, le)
  }
  return joined([new Uint8Array(head.buffer), data])
}

/** The bytes of a DICOM file of one grey image, 2 × 3 by default. */
export const encodeDicom = ({
  syntax = 'explicit',
  uid = syntaxes[syntax],
  rows = 2,
  columns = 3,
  pixels = [0, 1, 2, 3, 4, 5],
  bits = 16,
  stored = bits,
  highBit = stored - 1,
  signed = false,
  frames,
  samples = 1,
  photometric = 'MONOCHROME2',
  series = '1.2.3',
  instance = 1,
  slope,
  intercept,
  perFrame,
  position,
  orientation,
  spacing,
  empty = false,
}: DicomFields = {}): Uint8Array => {
  const implicit = syntax === 'implicit'
  const le = syntax !== 'bigEndian'
  const short = (value: number) => integers([value], 16, le)
  const encode = (list: readonly (Element | false)[]) =>
    joined(list.filter((one) => one !== false).map((one) => encodeElement(one, implicit, le)))
  const item = (content: Uint8Array) => encodeElement([0xfffe, 0xe000, '', content], true, le)
  const number = (element: number, value: number | string | readonly number[] | undefined): Element | false =>
    value !== undefined && [0x28, element, 'DS', text(value)]
  const groups = (perFrame ?? []).map(([slope, intercept]) =>
    item(encode([[0x28, 0x9145, 'SQ', item(encode([number(0x1052, intercept), number(0x1053, slope)]))]])),
  )
  const body = encode([
    [0x20, 0x0e, 'UI', text(series, '\0')],
    [0x20, 0x13, 'IS', text(instance)],
    position !== undefined && [0x20, 0x32, 'DS', text(position)],
    orientation !== undefined && [0x20, 0x37, 'DS', text(orientation)],
    [0x28, 0x02, 'US', short(samples)],
    [0x28, 0x04, 'CS', text(photometric)],
    frames !== undefined && [0x28, 0x08, 'IS', text(frames)],
    [0x28, 0x10, 'US', short(rows)],
    [0x28, 0x11, 'US', short(columns)],
    number(0x30, spacing),
    [0x28, 0x100, 'US', short(bits)],
    [0x28, 0x101, 'US', short(stored)],
    [0x28, 0x102, 'US', short(highBit)],
    [0x28, 0x103, 'US', short(signed ? 1 : 0)],
    number(0x1052, intercept),
    number(0x1053, slope),
    groups.length > 0 && [0x5200, 0x9230, 'SQ', joined(groups)],
    !empty && [0x7fe0, 0x10, bits === 8 ? 'OB' : 'OW', integers(pixels, bits, le)],
  ])
  const meta = encodeElement([0x02, 0x10, 'UI', text(uid, '\0')], false, true)
  const length = encodeElement([0x02, 0x00, 'UL', integers([meta.length], 32, true)], false, true)
  return joined([new Uint8Array(128), new TextEncoder().encode('DICM'), length, meta, body])
}

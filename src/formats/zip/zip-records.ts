/** The records of a ZIP archive, as they are written. PKWARE APPNOTE 6.3, sections 4.3 and 4.4. */
import { joined, viewOf } from '../bytes/bytes.ts'
import { endRecordIn64, extraIn64, FULL_16, FULL_32, VERSION, type ZipSizes } from './zip64.ts'

export const END = 0x06054b50
export const END_BYTES = 22
export const CENTRAL = 0x02014b50
export const CENTRAL_BYTES = 46
export const LOCAL = 0x04034b50
export const LOCAL_BYTES = 30
export const STORED = 0
export const DEFLATED = 8

/** 1980-01-01 00:00, the date of every entry: equal content gives equal bytes. */
const DATE = 0x210000

/** What says that a name is in UTF-8. */
const UTF_8 = 0x800

const PLAIN_VERSION = 20

/** An entry of an archive. */
export interface ZipRecord extends ZipSizes {
  readonly name: string
  readonly method: typeof STORED | typeof DEFLATED
  readonly crc: number
}

/** The fields that local and central records share, from the version needed on; 26 bytes. */
const shared = (
  { name, method, crc, size, compressed }: ZipRecord,
  nameBytes: number,
  extra: Uint8Array,
): Uint8Array => {
  const bytes = new Uint8Array(26)
  const view = viewOf(bytes)
  view.setUint16(0, extra.length > 0 ? VERSION : PLAIN_VERSION, true)
  view.setUint16(2, nameBytes === name.length ? 0 : UTF_8, true)
  view.setUint16(4, method, true)
  view.setUint32(6, DATE, true)
  view.setUint32(10, crc, true)
  view.setUint32(14, Math.min(compressed, FULL_32), true)
  view.setUint32(18, Math.min(size, FULL_32), true)
  view.setUint16(22, nameBytes, true)
  view.setUint16(24, extra.length, true)
  return bytes
}

const number32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  viewOf(bytes).setUint32(0, value, true)
  return bytes
}

/** What stands before the bytes of an entry. */
export const localRecord = (record: ZipRecord): Uint8Array => {
  const name = new TextEncoder().encode(record.name)
  const { size, compressed } = record
  const wide = Math.max(size, compressed) >= FULL_32
  const sizes = wide ? { ...record, size: FULL_32, compressed: FULL_32 } : record
  const extra = extraIn64(wide ? [size, compressed] : [])
  return joined([number32(LOCAL), shared(sizes, name.length, extra), name, extra])
}

const centralRecord = (record: ZipRecord): Uint8Array => {
  const name = new TextEncoder().encode(record.name)
  const { size, compressed, local } = record
  const extra = extraIn64([size, compressed, local].filter((value) => value >= FULL_32))
  // No comment, no disk, no attributes.
  const rest = joined([new Uint8Array(10), number32(Math.min(local, FULL_32))])
  const version = Uint8Array.of(extra.length > 0 ? VERSION : PLAIN_VERSION, 0)
  return joined([number32(CENTRAL), version, shared(record, name.length, extra), rest, name, extra])
}

/** The directory of an archive, which begins at `start`, and what ends the archive. */
export const directoryRecords = (records: readonly ZipRecord[], start: number): Uint8Array => {
  const directory = joined(records.map(centralRecord))
  const [count, size] = [records.length, directory.length]
  const wide = endRecordIn64({ count, size, start, end: start + size })
  const end = new Uint8Array(END_BYTES)
  const view = viewOf(end)
  view.setUint32(0, END, true)
  view.setUint16(8, Math.min(count, FULL_16), true)
  view.setUint16(10, Math.min(count, FULL_16), true)
  view.setUint32(12, Math.min(size, FULL_32), true)
  view.setUint32(16, Math.min(start, FULL_32), true)
  return joined([directory, wide, end])
}

import { type ByteSource, bytesAt, partOf } from '../bytes/byte-source.ts'
import { viewOf, wrong } from '../bytes/bytes.ts'
import { BEST_RATIO } from './deflate.ts'
import { type CheckedFile, checkCrc, inflated } from './inflated.ts'
import {
  CENTRAL,
  CENTRAL_BYTES,
  DEFLATED,
  END,
  END_BYTES,
  LOCAL,
  LOCAL_BYTES,
  STORED,
} from './zip-records.ts'
import { endIn64, sizesIn64, type ZipEnd } from './zip64.ts'

/**
 * ZIP archives, read from the central directory with every size checked against the file before it is used,
 * because general unzippers trust the headers. Nothing but the directory is read beforehand. Stored and
 * deflated entries; no encryption, no folders on disk: names are only keys.
 *
 * PKWARE APPNOTE 6.3, sections 4.3 and 4.4.
 */

/** One file of an archive. */
export interface ZipMember {
  readonly name: string
  /**
   * Its bytes: of a stored one where they lie, its checksum is looked at by `checked` only; of a deflated one
   * as `inflated` has them.
   */
  readonly open: () => CheckedFile
}

interface Entry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly compressed: number
  readonly size: number
  readonly local: number
}

/**
 * Names that could leave a folder, or that no program writes: refused although nothing is ever unpacked.
 *
 * @throws TweedieError `input`
 */
export const checkName = (name: string, where: string): void => {
  const parts = name.split('/')
  const clean = !/[\\:]/.test(name) && [...name].every((character) => character >= ' ')
  if (name === '' || !clean || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw wrong(where, `entry name ${JSON.stringify(name.slice(0, 80))} is not a plain relative name`)
  }
}

/** The plain end record, which may have a comment after it. */
const findEnd = (source: ByteSource, where: string): ZipEnd => {
  const length = Math.min(source.size, END_BYTES + 0xffff)
  const first = source.size - length
  const view = viewOf(bytesAt(source, first, length))
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + END_BYTES + view.getUint16(at + 20, true) !== length)
      continue
    return {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      start: view.getUint32(at + 16, true),
      end: first + at,
    }
  }
  throw wrong(where, 'not a zip archive, or truncated (no end record)')
}

const readDirectory = (source: ByteSource, where: string): { records: Entry[]; start: number } => {
  const { count, size, start, end } = endIn64(source, findEnd(source, where), where)
  if (start + size !== end)
    throw wrong(where, `directory of ${size} bytes at ${start} does not end at ${end}`)
  const records: Entry[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    const fixed = at + CENTRAL_BYTES > end ? undefined : viewOf(bytesAt(source, at, CENTRAL_BYTES))
    if (fixed?.getUint32(0, true) !== CENTRAL) throw wrong(where, `directory entry ${i} is damaged`)
    const length =
      CENTRAL_BYTES + fixed.getUint16(28, true) + fixed.getUint16(30, true) + fixed.getUint16(32, true)
    if (at + length > end) throw wrong(where, `directory entry ${i} passes the end of the directory`)
    records.push(readRecord(bytesAt(source, at, length), where))
    at += length
  }
  if (at !== end) throw wrong(where, `directory holds more than its ${count} entries`)
  return { records, start }
}

/** An entry of the directory. @param bytes - exactly those of the entry */
const readRecord = (bytes: Uint8Array, where: string): Entry => {
  const view = viewOf(bytes)
  const extraAt = CENTRAL_BYTES + view.getUint16(28, true)
  const name = new TextDecoder().decode(bytes.subarray(CENTRAL_BYTES, extraAt))
  checkName(name, where)
  const entry = `${where}: entry '${name}'`
  const plain = {
    size: view.getUint32(24, true),
    compressed: view.getUint32(20, true),
    local: view.getUint32(42, true),
  }
  const extra = { from: extraAt, to: extraAt + view.getUint16(30, true) }
  const record = {
    name,
    method: view.getUint16(10, true),
    crc: view.getUint32(16, true),
    ...sizesIn64(view, plain, extra, entry),
  }
  if (view.getUint16(8, true) & 1) throw wrong(entry, 'is encrypted')
  if (record.method !== STORED && record.method !== DEFLATED) {
    throw wrong(entry, `compression method must be stored (0) or deflated (8), got ${record.method}`)
  }
  const most = record.method === STORED ? record.compressed : record.compressed * BEST_RATIO
  if (record.size > most || (record.method === STORED && record.size !== record.compressed)) {
    throw wrong(
      entry,
      `claims ${record.size} bytes, which ${record.compressed} bytes in the file cannot hold`,
    )
  }
  return record
}

/** Start of the bytes of an entry, by its local header. */
const dataStart = (
  source: ByteSource,
  { name, local, compressed }: Entry,
  limit: number,
  where: string,
): number => {
  const entry = `${where}: entry '${name}'`
  const header = local + LOCAL_BYTES > limit ? undefined : viewOf(bytesAt(source, local, LOCAL_BYTES))
  if (header?.getUint32(0, true) !== LOCAL) throw wrong(entry, 'has no local header')
  const start = local + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true)
  if (start + compressed > limit) throw wrong(entry, `its ${compressed} bytes pass the end of the data`)
  return start
}

const checkApart = (spans: readonly { name: string; from: number; to: number }[], where: string): void => {
  const sorted = [...spans].sort((a, b) => a.from - b.from)
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i].from < sorted[i - 1].to)
      throw wrong(where, `entries '${sorted[i - 1].name}' and '${sorted[i].name}' overlap`)
  }
}

const memberOf = (raw: ByteSource, { name, method, size, crc }: Entry, where: string): ZipMember => {
  const entry = `${where}: entry '${name}'`
  const check = () => checkCrc(raw, crc, entry)
  const checked = () => {
    check()
    return raw
  }
  return {
    name,
    open: () =>
      method === STORED ? { ...raw, check, checked, close: () => {} } : inflated(raw, { size, crc }, entry),
  }
}

/**
 * The files of an archive.
 *
 * @param where file, for messages.
 * @throws TweedieError `input` when the archive is damaged, lies about sizes, has overlapping entries,
 *   unsafe or repeated names.
 */
export const zipMembers = (source: ByteSource, where: string): ZipMember[] => {
  const { records, start: limit } = readDirectory(source, where)
  const names = new Set<string>()
  const spans = records.map((record) => {
    if (names.has(record.name)) throw wrong(where, `entry '${record.name}' occurs twice`)
    names.add(record.name)
    const start = dataStart(source, record, limit, where)
    return { name: record.name, from: record.local, start, to: start + record.compressed }
  })
  checkApart(spans, where)
  return records.map((record, i) =>
    memberOf(partOf(source, spans[i].start, record.compressed), record, where),
  )
}

import { type Zippable, zipSync } from 'fflate'
import { viewOf, wrong } from './bytes.ts'
import { BEST_RATIO, crc32, inflate } from './deflate.ts'
import { endIn64, sizesIn64 } from './zip64.ts'

/**
 * ZIP archives, read from the central directory with every size checked against the file before it is used,
 * because general unzippers trust the headers. Stored and deflated entries; no encryption, no folders on
 * disk: names are only keys.
 *
 * PKWARE APPNOTE 6.3, sections 4.3 and 4.4.
 */

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string
  readonly bytes: Uint8Array
}

interface Entry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly compressed: number
  readonly size: number
  readonly local: number
}

const END = 0x06054b50
const END_BYTES = 22
const CENTRAL = 0x02014b50
const CENTRAL_BYTES = 46
const LOCAL = 0x04034b50
const LOCAL_BYTES = 30
const STORED = 0
const DEFLATED = 8

/** Names that could leave a folder, or that no program writes: refused although nothing is ever unpacked. */
const checkName = (name: string, where: string): void => {
  const parts = name.split('/')
  const clean = !/[\\:]/.test(name) && [...name].every((character) => character >= ' ')
  if (name === '' || !clean || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw wrong(where, `entry name ${JSON.stringify(name.slice(0, 80))} is not a plain relative name`)
  }
}

const findEnd = (bytes: Uint8Array, view: DataView, where: string): number => {
  for (let at = bytes.length - END_BYTES; at >= Math.max(0, bytes.length - END_BYTES - 0xffff); at--) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === bytes.length)
      return at
  }
  throw wrong(where, 'not a zip archive, or truncated (no end record)')
}

const readDirectory = (
  bytes: Uint8Array,
  view: DataView,
  where: string,
): { records: Entry[]; start: number } => {
  const last = findEnd(bytes, view, where)
  const plain = {
    count: view.getUint16(last + 10, true),
    size: view.getUint32(last + 12, true),
    start: view.getUint32(last + 16, true),
    end: last,
  }
  const { count, size, start, end } = endIn64(view, plain, where)
  if (start + size !== end)
    throw wrong(where, `directory of ${size} bytes at ${start} does not end at ${end}`)
  const records: Entry[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL)
      throw wrong(where, `directory entry ${i} is damaged`)
    const next =
      at +
      CENTRAL_BYTES +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true)
    if (next > end) throw wrong(where, `directory entry ${i} passes the end of the directory`)
    records.push(readRecord(bytes, view, at, where))
    at = next
  }
  if (at !== end) throw wrong(where, `directory holds more than its ${count} entries`)
  return { records, start }
}

const readRecord = (bytes: Uint8Array, view: DataView, at: number, where: string): Entry => {
  const nameAt = at + CENTRAL_BYTES
  const name = new TextDecoder().decode(bytes.subarray(nameAt, nameAt + view.getUint16(at + 28, true)))
  checkName(name, where)
  const entry = `${where}: entry '${name}'`
  const plain = {
    size: view.getUint32(at + 24, true),
    compressed: view.getUint32(at + 20, true),
    local: view.getUint32(at + 42, true),
  }
  const extraAt = nameAt + view.getUint16(at + 28, true)
  const extra = { from: extraAt, to: extraAt + view.getUint16(at + 30, true) }
  const record = {
    name,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    ...sizesIn64(view, plain, extra, entry),
  }
  if (view.getUint16(at + 8, true) & 1) throw wrong(entry, 'is encrypted')
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
  view: DataView,
  { name, local, compressed }: Entry,
  limit: number,
  where: string,
): number => {
  const entry = `${where}: entry '${name}'`
  if (local + LOCAL_BYTES > limit || view.getUint32(local, true) !== LOCAL)
    throw wrong(entry, 'has no local header')
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
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

/**
 * The files of an archive.
 *
 * @param where file, for messages.
 * @throws TweedieError `input` when the archive is damaged, lies about sizes, has overlapping entries,
 *   unsafe or repeated names.
 */
export const unzip = (bytes: Uint8Array, where: string): ZipEntry[] => {
  const view = viewOf(bytes)
  const { records, start: limit } = readDirectory(bytes, view, where)
  const names = new Set<string>()
  const spans = records.map((record) => {
    if (names.has(record.name)) throw wrong(where, `entry '${record.name}' occurs twice`)
    names.add(record.name)
    const start = dataStart(view, record, limit, where)
    return { name: record.name, from: record.local, start, to: start + record.compressed }
  })
  checkApart(spans, where)
  return records.map(({ name, method, size, crc }, i) => {
    const raw = bytes.subarray(spans[i].start, spans[i].to)
    const entry = `${where}: entry '${name}'`
    const content = method === STORED ? raw : inflate(raw, size, entry)
    if (crc32(content) !== crc) throw wrong(entry, 'its checksum is wrong: the data is damaged')
    return { name, bytes: content }
  })
}

/**
 * The bytes of an archive; equal content gives equal bytes (every entry is dated 1980-01-01).
 *
 * @param level deflate level 1 … 9, or 0 to store.
 */
export const zip = (entries: readonly ZipEntry[], level: 0 | 1 | 6 | 9): Uint8Array => {
  for (const { name } of entries) checkName(name, 'zip')
  const files: Zippable = Object.fromEntries(entries.map(({ name, bytes }) => [name, bytes]))
  return zipSync(files, { level, mtime: new Date(1980, 0, 1) })
}

/** ZIP archives, written: equal content gives equal bytes. */
import { deflateSync } from 'fflate'
import { joined } from '../bytes/bytes.ts'
import { crc32 } from './deflate.ts'
import { checkName } from './zip.ts'
import { DEFLATED, directoryRecords, localRecord, STORED, type ZipRecord } from './zip-records.ts'

/** One file to put into an archive. */
export interface ZipEntry {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * The bytes of an archive.
 *
 * @param level deflate level 1 … 9, or 0 to store.
 * @throws TweedieError `input` for names that are not plain relative ones
 */
export const zip = (entries: readonly ZipEntry[], level: 0 | 1 | 6 | 9): Uint8Array => {
  let local = 0
  const records: ZipRecord[] = []
  const parts = entries.flatMap(({ name, bytes }) => {
    checkName(name, 'zip')
    const content = level === 0 ? bytes : deflateSync(bytes, { level })
    const method = level === 0 ? STORED : DEFLATED
    const record: ZipRecord = {
      name,
      method,
      crc: crc32(bytes),
      size: bytes.length,
      compressed: content.length,
      local,
    }
    records.push(record)
    const head = localRecord(record)
    local += head.length + content.length
    return [head, content]
  })
  return joined([...parts, directoryRecords(records, local)])
}

/** Where the files of an archive of stored ones lie, before their content is known. */
export interface StoredZip {
  /** The first byte of each. */
  readonly starts: readonly number[]
  /** What stands around them, once their checksums are known. */
  readonly frame: (checksums: readonly number[]) => { readonly at: number; readonly bytes: Uint8Array }[]
}

/**
 * Where files of known sizes will lie.
 *
 * @throws TweedieError `input` for names that are not plain relative ones
 */
export const storedZip = (files: readonly { readonly name: string; readonly size: number }[]): StoredZip => {
  let end = 0
  const records = files.map(({ name, size }): ZipRecord => {
    checkName(name, 'zip')
    const record = { name, method: STORED, crc: 0, size, compressed: size, local: end } as const
    end += localRecord(record).length + size
    return record
  })
  const heads = records.map((record) => localRecord(record).length)
  return {
    starts: records.map(({ local }, i) => local + heads[i]),
    frame: (checksums) => {
      const known = records.map((record, i) => ({ ...record, crc: checksums[i] }))
      return [
        ...known.map((record) => ({ at: record.local, bytes: localRecord(record) })),
        { at: end, bytes: directoryRecords(known, end) },
      ]
    },
  }
}

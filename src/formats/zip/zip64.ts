/**
 * ZIP64, for archives and entries of 4 GiB and more: a field of 32 bits that does not hold a number is full
 * of ones, and the number stands in 64 bits elsewhere. NumPy writes large arrays so.
 *
 * PKWARE APPNOTE 6.3, sections 4.3.14, 4.3.15 and 4.5.3.
 */
import { type ByteSource, bytesAt } from '../bytes/byte-source.ts'
import { joined, viewOf, wrong } from '../bytes/bytes.ts'

/** The end record of an archive: where its directory is. */
export interface ZipEnd {
  readonly count: number
  readonly size: number
  readonly start: number
  /** Where the directory must end. */
  readonly end: number
}

/** The numbers of a directory entry that may be in ZIP64, in the order in which they stand there. */
export interface ZipSizes {
  readonly size: number
  readonly compressed: number
  readonly local: number
}

/** What a field says that does not hold its number. */
export const FULL_16 = 0xffff
export const FULL_32 = 0xffffffff

const END = 0x06064b50
const END_BYTES = 56
const LOCATOR = 0x07064b50
const LOCATOR_BYTES = 20
const EXTRA = 1

/** The version of the format that has ZIP64: 4.5. */
export const VERSION = 45

/** @throws TweedieError `input` for numbers beyond 2⁵³, which no file has */
const number64 = (view: DataView, at: number, where: string): number => {
  const value = view.getBigUint64(at, true)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw wrong(where, `claims ${value} bytes`)
  return Number(value)
}

/**
 * The end record of an archive, with what ZIP64 says where it has such a record before the plain one.
 *
 * @param plain - the plain record, which lies at its `end`
 * @throws TweedieError `input` when the two contradict each other, or one is missing
 */
export const endIn64 = (source: ByteSource, plain: ZipEnd, where: string): ZipEnd => {
  const locator = plain.end - LOCATOR_BYTES
  const pointer = locator < END_BYTES ? undefined : viewOf(bytesAt(source, locator, LOCATOR_BYTES))
  if (!pointer || pointer.getUint32(0, true) !== LOCATOR) {
    if (plain.count === FULL_16 || plain.size === FULL_32 || plain.start === FULL_32)
      throw wrong(where, 'is in ZIP64, whose end record is missing')
    return plain
  }
  const end = number64(pointer, 8, where)
  const damaged = wrong(where, 'its ZIP64 end record is damaged')
  if (end + END_BYTES > locator) throw damaged
  const view = viewOf(bytesAt(source, end, END_BYTES))
  if (view.getUint32(0, true) !== END) throw damaged
  const wide = {
    count: number64(view, 32, where),
    size: number64(view, 40, where),
    start: number64(view, 48, where),
    end,
  }
  const agree = (narrow: number, value: number, full: number): boolean => narrow === full || narrow === value
  if (
    end + 12 + number64(view, 4, where) !== locator ||
    !agree(plain.count, wide.count, FULL_16) ||
    !agree(plain.size, wide.size, FULL_32) ||
    !agree(plain.start, wide.start, FULL_32)
  )
    throw wrong(where, 'its ZIP64 end record contradicts the rest')
  return wide
}

/** Where the ZIP64 field begins among the extra fields at `from … to`, and where it ends. */
const fieldIn = (view: DataView, from: number, to: number): { at: number; to: number } | undefined => {
  for (let at = from; at + 4 <= to; ) {
    const next = at + 4 + view.getUint16(at + 2, true)
    if (next <= to && view.getUint16(at, true) === EXTRA) return { at: at + 4, to: next }
    at = next
  }
  return undefined
}

/**
 * The numbers of a directory entry: those that are full of ones come from its ZIP64 field.
 *
 * @param extra - where its extra fields lie
 * @throws TweedieError `input` when that field lacks one
 */
export const sizesIn64 = (
  view: DataView,
  plain: ZipSizes,
  extra: { readonly from: number; readonly to: number },
  entry: string,
): ZipSizes => {
  const field = fieldIn(view, extra.from, extra.to)
  let at = field?.at ?? 0
  const wide = (value: number): number => {
    if (value !== FULL_32) return value
    if (!field || at + 8 > field.to) throw wrong(entry, 'is in ZIP64, whose field is missing')
    at += 8
    return number64(view, at - 8, entry)
  }
  return { size: wide(plain.size), compressed: wide(plain.compressed), local: wide(plain.local) }
}

/** Numbers in 64 bits, little-endian. */
const numbers64 = (values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(8 * values.length)
  for (const [i, value] of values.entries()) viewOf(bytes).setBigUint64(8 * i, BigInt(value), true)
  return bytes
}

/** The extra field with numbers that do not fit into 32 bits; nothing where there are none. */
export const extraIn64 = (values: readonly number[]): Uint8Array => {
  if (values.length === 0) return new Uint8Array(0)
  const head = new Uint8Array(4)
  viewOf(head).setUint16(0, EXTRA, true)
  viewOf(head).setUint16(2, 8 * values.length, true)
  return joined([head, numbers64(values)])
}

/** ZIP64's end record and its locator, which lie at `end`; nothing where the plain record suffices. */
export const endRecordIn64 = ({ count, size, start, end }: ZipEnd): Uint8Array => {
  if (count < FULL_16 && size < FULL_32 && start < FULL_32) return new Uint8Array(0)
  const record = new Uint8Array(END_BYTES)
  const view = viewOf(record)
  view.setUint32(0, END, true)
  view.setBigUint64(4, BigInt(END_BYTES - 12), true)
  view.setUint16(12, VERSION, true)
  view.setUint16(14, VERSION, true)
  record.set(numbers64([count, count, size, start]), 24)
  const locator = new Uint8Array(LOCATOR_BYTES)
  viewOf(locator).setUint32(0, LOCATOR, true)
  viewOf(locator).setBigUint64(8, BigInt(end), true)
  viewOf(locator).setUint32(16, 1, true)
  return joined([record, locator])
}

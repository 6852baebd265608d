/**
 * ZIP64, for archives and entries of 4 GiB and more: a field of 32 bits that does not hold a number is full
 * of ones, and the number stands in 64 bits elsewhere. NumPy writes large arrays so.
 *
 * PKWARE APPNOTE 6.3, sections 4.3.14, 4.3.15 and 4.5.3.
 */
import { wrong } from './bytes.ts'

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

const FULL_16 = 0xffff
const FULL_32 = 0xffffffff
const END = 0x06064b50
const END_BYTES = 56
const LOCATOR = 0x07064b50
const LOCATOR_BYTES = 20
const EXTRA = 1

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
export const endIn64 = (view: DataView, plain: ZipEnd, where: string): ZipEnd => {
  const locator = plain.end - LOCATOR_BYTES
  if (locator < END_BYTES || view.getUint32(locator, true) !== LOCATOR) {
    if (plain.count === FULL_16 || plain.size === FULL_32 || plain.start === FULL_32)
      throw wrong(where, 'is in ZIP64, whose end record is missing')
    return plain
  }
  const end = number64(view, locator + 8, where)
  if (end + END_BYTES > locator || view.getUint32(end, true) !== END)
    throw wrong(where, 'its ZIP64 end record is damaged')
  const wide = {
    count: number64(view, end + 32, where),
    size: number64(view, end + 40, where),
    start: number64(view, end + 48, where),
    end,
  }
  const agree = (narrow: number, value: number, full: number): boolean => narrow === full || narrow === value
  if (
    end + 12 + number64(view, end + 4, where) !== locator ||
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

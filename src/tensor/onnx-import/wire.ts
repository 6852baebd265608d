/**
 * Protobuf's wire format, read (https://protobuf.dev/programming-guides/encoding): the fields of a message
 * one after the other. Lengths are believed as far as the bytes reach; nothing is allocated for them, since
 * what a field holds is a view.
 */
import { TweedieError } from '../../error.ts'

/** One field as it lies in a message. */
export type Field = { readonly number: number } & (
  | { readonly kind: 'varint'; readonly value: bigint }
  /** Four or eight bytes of a number. */
  | { readonly kind: 'fixed'; readonly bytes: Uint8Array }
  /** A message, text, or a packed list. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
)

const damaged = (): TweedieError => new TweedieError('input', 'damaged or truncated (protobuf)')

/** A variable-length integer of 64 bits and where it ends. */
const varintAt = (bytes: Uint8Array, from: number): { value: bigint; end: number } => {
  let value = 0n
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i]
    if (byte === undefined) throw damaged()
    value |= BigInt(byte & 0x7f) << BigInt(7 * i)
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: from + i + 1 }
  }
  throw damaged()
}

/** A variable-length integer that counts bytes or fields. */
const countAt = (bytes: Uint8Array, from: number): { value: number; end: number } => {
  const { value, end } = varintAt(bytes, from)
  if (value > 0xffff_ffffn) throw damaged()
  return { value: Number(value), end }
}

const viewOf = (bytes: Uint8Array, from: number, length: number): Uint8Array => {
  if (from + length > bytes.length) throw damaged()
  return bytes.subarray(from, from + length)
}

/**
 * The fields of a message.
 *
 * @throws TweedieError `input` where the bytes are no such message
 */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0
  while (at < bytes.length) {
    const tag = countAt(bytes, at)
    const number = tag.value >>> 3
    at = tag.end
    switch (tag.value & 7) {
      case 0: {
        const { value, end } = varintAt(bytes, at)
        yield { number, kind: 'varint', value }
        at = end
        break
      }
      case 1:
      case 5: {
        const length = (tag.value & 7) === 1 ? 8 : 4
        yield { number, kind: 'fixed', bytes: viewOf(bytes, at, length) }
        at += length
        break
      }
      case 2: {
        const { value, end } = countAt(bytes, at)
        yield { number, kind: 'bytes', bytes: viewOf(bytes, end, value) }
        at = end + value
        break
      }
      default:
        throw damaged()
    }
  }
}

/** The bytes of a field that holds a message or text. @throws TweedieError `input` for a number */
export const bytesOf = (field: Field): Uint8Array => {
  if (field.kind !== 'bytes') throw damaged()
  return field.bytes
}

const utf8 = new TextDecoder()

/** The text of a field. @throws TweedieError `input` for a number */
export const textOf = (field: Field): string => utf8.decode(bytesOf(field))

/** The signed integer of a field. @throws TweedieError `input` for anything else */
export const intOf = (field: Field): bigint => {
  if (field.kind !== 'varint') throw damaged()
  return BigInt.asIntN(64, field.value)
}

/** The signed integers of a repeated field, packed or one. @throws TweedieError `input` for anything else */
export const intsOf = (field: Field): bigint[] => {
  if (field.kind === 'varint') return [intOf(field)]
  const bytes = bytesOf(field)
  const list: bigint[] = []
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = varintAt(bytes, at)
    list.push(BigInt.asIntN(64, value))
    at = end
  }
  return list
}

/**
 * The numbers of `width` bytes of a repeated field, packed or one, as their bytes.
 *
 * @throws TweedieError `input` for another width
 */
export const fixedOf = (field: Field, width: 4 | 8): Uint8Array => {
  if (field.kind === 'varint' || field.bytes.length % width !== 0) throw damaged()
  return field.bytes
}

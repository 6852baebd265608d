/** The value of elements that no chunk holds. */

import { wrong } from '../bytes/bytes.ts'
import { decodeElements, dtypeOf, type Element, elementBytes } from '../elements.ts'

/** Numbers that JSON cannot write. */
const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** The bits of an element, `0x7fc00000`, most significant byte first. */
const fromBits = (element: Element, text: string, where: string): number | bigint | undefined => {
  const digits = /^0x([0-9a-f]+)$/i.exec(text)?.[1]
  if (digits?.length !== 2 * elementBytes(element)) return undefined
  return decodeElements(element, [1], Uint8Array.from(Buffer.from(digits, 'hex')), false, where).data[0]
}

const float = (element: Element, value: unknown, where: string): number | bigint | undefined => {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  return Object.hasOwn(WORDS, value) ? WORDS[value] : fromBits(element, value, where)
}

/** The ends of int64, beyond which a number of JSON may be rounded. */
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n]

const long = (value: number): bigint => {
  const exact = BigInt(value)
  return exact > MOST ? MOST : exact < LEAST ? LEAST : exact
}

const integer = (element: Element, value: unknown): number | bigint | undefined => {
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined
  if (element === 'i8') return long(value)
  const bits = 8 * elementBytes(element)
  const [least, most] = element.startsWith('u')
    ? [0, 2 ** bits - 1]
    : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
  if (value < least || value > most) return undefined
  return dtypeOf(element) === 'int64' ? BigInt(value) : value
}

const bool = (value: unknown): number | undefined =>
  value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : undefined

/**
 * A fill value of the metadata, as an element of the array in memory; `null` means that it does not matter.
 *
 * @throws TweedieError `input` for a value that is no element
 */
export const fillValueOf = (element: Element, value: unknown, where: string): number | bigint => {
  const isLong = dtypeOf(element) === 'int64'
  if (value === null || value === undefined) return isLong ? 0n : 0
  const isFloat = element.startsWith('f') || element.startsWith('bf')
  const parsed = isFloat
    ? float(element, value, where)
    : element === 'b1'
      ? bool(value)
      : integer(element, value)
  if (parsed === undefined)
    throw wrong(where, `fill_value ${JSON.stringify(value)?.slice(0, 60)} is no element of type ${element}`)
  return parsed
}

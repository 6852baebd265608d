/** Draws as text in a page: a JSON header and bytes in base64. */
import type { Draws, Look } from '../../posterior/draws.ts'
import { quantise, restored } from '../../posterior/quantise.ts'

type Numbers = Float32Array | Uint8Array | Uint16Array | Uint32Array

/** Arrays of a page, one after the other; each begins at a multiple of 4 bytes. */
const kinds = { f4: Float32Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array } as const
type Kind = keyof typeof kinds

const kindOf = (array: Numbers): Kind => {
  if (array instanceof Float32Array) return 'f4'
  if (array instanceof Uint8Array) return 'u1'
  return array instanceof Uint16Array ? 'u2' : 'u4'
}

interface Part {
  readonly name: string
  readonly kind: Kind
  readonly length: number
}

/** What stands in the page as JSON. */
export interface PackedHeader {
  readonly name: string
  readonly look: Readonly<Record<string, string | number>> & { readonly kind: Look['kind'] }
  readonly count: number
  readonly size: number
  readonly range?: readonly [number, number]
  readonly known?: string
  readonly lost?: readonly number[]
  /** Levels of the repaired intervals, whose ends are parts, and what was done. */
  readonly repaired?: { readonly levels: readonly number[]; readonly words: string }
  readonly bits: 8 | 16
  readonly low: number
  readonly high: number
  /** Largest error of a value of the draws. */
  readonly error: number
  readonly parts: readonly Part[]
}

/** Draws as a page has them. */
export interface Packed {
  readonly header: PackedHeader
  readonly bytes: Uint8Array
}

const padded = (length: number): number => Math.ceil(length / 4) * 4

const joined = (arrays: readonly Numbers[]): Uint8Array => {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + padded(byteLength), 0))
  let at = 0
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += padded(array.byteLength)
  }
  return bytes
}

/** Numbers and words of a look, and its arrays. */
const splitLook = (look: Look) => {
  const entries = Object.entries(look)
  const isArray = (value: unknown): value is Numbers =>
    value instanceof Float32Array || value instanceof Uint32Array
  return {
    plain: { ...Object.fromEntries(entries.filter(([, value]) => !isArray(value))), kind: look.kind },
    arrays: entries.flatMap(([name, value]) => (isArray(value) ? [[`look.${name}`, value] as const] : [])),
  }
}

/**
 * Draws with their values at 2^bits levels; truth, observation and places exactly.
 *
 * @param known - what is known of their calibration, in words
 */
export const packed = (draws: Draws, bits: 8 | 16, known?: string): Packed => {
  const { name, look, count, size, range, truth, observed, domain, lost, repaired } = draws
  const { levels, low, high, error } = quantise(draws.values, bits)
  const { plain, arrays } = splitLook(look)
  const all: readonly (readonly [string, Numbers])[] = [
    ['values', levels],
    ...(truth ? [['truth', truth] as const] : []),
    ...(observed ? [['observed', observed] as const] : []),
    ...(domain ? [['domain', domain] as const] : []),
    ...(repaired?.levels ?? []).flatMap(({ low, high }, l) => [
      [`low ${l}`, low] as const,
      [`high ${l}`, high] as const,
    ]),
    ...arrays,
  ]
  const header: PackedHeader = {
    name,
    look: plain,
    count,
    size,
    ...(range ? { range } : {}),
    ...(known === undefined ? {} : { known }),
    ...(lost ? { lost } : {}),
    ...(repaired ? { repaired: { ...repaired, levels: repaired.levels.map(({ level }) => level) } } : {}),
    bits,
    low,
    high,
    error,
    parts: all.map(([part, array]) => ({ name: part, kind: kindOf(array), length: array.length })),
  }
  return { header, bytes: joined(all.map(([, array]) => array)) }
}

const partsOf = ({ header, bytes }: Packed): ReadonlyMap<string, Numbers> => {
  const found = new Map<string, Numbers>()
  let at = bytes.byteOffset
  for (const { name, kind, length } of header.parts) {
    const array = new kinds[kind](bytes.buffer as ArrayBuffer, at, length)
    found.set(name, array)
    at += padded(array.byteLength)
  }
  return found
}

const floatsIn = (parts: ReadonlyMap<string, Numbers>, name: string): Float32Array => {
  const array = parts.get(name)
  return array instanceof Float32Array ? array : new Float32Array(0)
}

const lookIn = ({ look }: PackedHeader, parts: ReadonlyMap<string, Numbers>): Look => {
  const number = (name: string): number => Number(look[name])
  const channels = number('channels')
  switch (look.kind) {
    case 'image':
      return { kind: 'image', channels, height: number('height'), width: number('width') }
    case 'series':
      return { kind: 'series', channels, length: number('length') }
    case 'points':
      return { kind: 'points', dimension: number('dimension') }
    case 'sphere':
      return {
        kind: 'sphere',
        channels,
        count: number('count'),
        latitude: floatsIn(parts, 'look.latitude'),
        longitude: floatsIn(parts, 'look.longitude'),
      }
    case 'mesh': {
      const faces = parts.get('look.faces')
      return {
        kind: 'mesh',
        channels,
        vertices: floatsIn(parts, 'look.vertices'),
        faces: faces instanceof Uint32Array ? faces : new Uint32Array(0),
      }
    }
  }
}

/** The draws back. @param bytes - beginning at a multiple of 4 in their buffer */
export const unpacked = (own: Packed): Draws => {
  const { header } = own
  const { name, count, size, range, known, lost, repaired, bits, low, high } = header
  const parts = partsOf(own)
  const levels = parts.get('values')
  const domain = parts.get('domain')
  return {
    name,
    look: lookIn(header, parts),
    count,
    size,
    values:
      levels instanceof Uint8Array || levels instanceof Uint16Array
        ? restored({ bits, low, high, levels })
        : new Float32Array(count * size),
    ...(range ? { range } : {}),
    ...(known === undefined ? {} : { known }),
    ...(lost ? { lost } : {}),
    ...(repaired
      ? {
          repaired: {
            words: repaired.words,
            levels: repaired.levels.map((level, l) => ({
              level,
              low: floatsIn(parts, `low ${l}`),
              high: floatsIn(parts, `high ${l}`),
            })),
          },
        }
      : {}),
    ...(parts.has('truth') ? { truth: floatsIn(parts, 'truth') } : {}),
    ...(parts.has('observed') ? { observed: floatsIn(parts, 'observed') } : {}),
    ...(domain instanceof Uint8Array ? { domain } : {}),
  }
}

/** Characters of one call: the arguments of a function are limited. */
const PIECE = 3 * 2 ** 13

export const base64Of = (bytes: Uint8Array): string => {
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += PIECE)
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE))))
  return pieces.join('')
}

export const bytesOf = (base64: string): Uint8Array => {
  const text = atob(base64.trim())
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

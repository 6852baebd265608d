import { TweedieError } from '../error.ts'
import { isRecord } from '../json.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import { joined, viewOf, wrong } from './bytes.ts'
import { checkDigest, digestOf, NO_DIGEST } from './digest.ts'
import {
  claimedBytes,
  decodeElements,
  type Element,
  elementBytes,
  elementOf,
  encodeElements,
} from './elements.ts'
import { repeatedKey } from './json.ts'

/**
 * `.safetensors`: header length (8 bytes, little-endian), a JSON object
 * `{ name: { dtype, shape, data_offsets: [begin, end] }, __metadata__: { key: text } }`, the elements.
 * The tensors must cover the data without overlap or gap. What is written here has the SHA-256 of the bytes
 * of each array among its metadata, `tweedie.sha256`: 64 characters each, one after the other in the order in
 * which the arrays lie in the file. They are checked where they are there.
 *
 * https://github.com/huggingface/safetensors#format
 */

/** Arrays by name and free text by key. */
export interface Safetensors {
  /** The arrays by name. */
  readonly arrays: Record<string, NdArray>
  /** Free text by key. */
  readonly metadata: Record<string, string>
}

/** The format's own limit. */
const LONGEST_HEADER = 100_000_000

const METADATA = '__metadata__'

/** Key of the digests in the metadata. */
const DIGEST = 'tweedie.sha256'

const elements: Record<string, Element> = {
  F16: 'f2',
  BF16: 'bf2',
  F32: 'f4',
  F64: 'f8',
  I8: 'i1',
  I16: 'i2',
  I32: 'i4',
  I64: 'i8',
  U8: 'u1',
  U16: 'u2',
  U32: 'u4',
  BOOL: 'b1',
}

const dtypeNames = new Map(Object.entries(elements).map(([name, element]) => [element, name]))

/** Where the elements of an array are: bytes begin … end − 1 of the data, which follow the header. */
interface Entry {
  readonly key: string
  readonly element: Element
  readonly shape: number[]
  readonly begin: number
  readonly end: number
  /** SHA-256 of its bytes in hexadecimal; absent in files of others. */
  readonly digest?: string
}

/** In the order in which they lie in the file; arrays without elements before that which begins there. */
const asTheyLie = <E extends Pick<Entry, 'begin' | 'end'>>(entries: readonly E[]): E[] =>
  [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)

const parseJson = (bytes: Uint8Array, name: string): Readonly<Record<string, unknown>> => {
  let header: unknown
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    header = JSON.parse(text)
  } catch (error) {
    throw new TweedieError('input', `${name}: header is not JSON in UTF-8`, { cause: error })
  }
  if (!isRecord(header)) throw wrong(name, 'header must be a JSON object')
  const repeated = repeatedKey(text)
  if (repeated !== undefined) throw wrong(name, `header has the key '${repeated}' twice`)
  return header
}

const parseMetadata = (value: unknown, name: string): Record<string, string> => {
  if (value === undefined) return {}
  if (!isRecord(value)) throw wrong(name, `${METADATA} must be an object of strings`)
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== 'string')
        throw wrong(name, `${METADATA} must hold strings, got ${typeof text} at '${key}'`)
      return [key, text]
    }),
  )
}

const parseEntry = (key: string, value: unknown, available: number, name: string): Entry => {
  const where = `${name}: field '${key}'`
  if (!isRecord(value)) throw wrong(where, 'must be an object with dtype, shape and data_offsets')
  const { dtype, shape, data_offsets: offsets } = value
  const element = typeof dtype === 'string' && Object.hasOwn(elements, dtype) ? elements[dtype] : undefined
  if (element === undefined)
    throw wrong(where, `dtype must be one of ${Object.keys(elements).join(' ')}, got ${dtype}`)
  if (!Array.isArray(shape)) throw wrong(where, `shape must be an array, got ${typeof shape}`)
  const expected = claimedBytes(element, shape, where)
  if (
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every((o) => Number.isSafeInteger(o) && o >= 0)
  ) {
    throw wrong(where, 'data_offsets must be two natural numbers')
  }
  const [begin, end] = offsets
  if (end > available) throw wrong(where, `data_offsets [${offsets}] pass the ${available} bytes of data`)
  if (end - begin !== expected) {
    throw wrong(
      where,
      `shape [${shape}] of ${dtype} needs ${expected} bytes, data_offsets [${offsets}] hold ${end - begin}`,
    )
  }
  return { key, element, shape, begin, end }
}

const checkCover = (entries: readonly Entry[], available: number, name: string): void => {
  let reached = 0
  for (const { key, begin, end } of asTheyLie(entries)) {
    if (begin < reached)
      throw wrong(name, `field '${key}' overlaps another: it begins at ${begin}, before ${reached}`)
    if (begin > reached)
      throw wrong(name, `nothing claims the bytes ${reached} to ${begin} before field '${key}'`)
    reached = end
  }
  if (reached < available) throw wrong(name, `nothing claims the last ${available - reached} bytes of data`)
}

/** What the beginning of a file says of the rest. */
export interface SafetensorsHeader {
  /** In the order of the header. */
  readonly entries: readonly Entry[]
  readonly metadata: Record<string, string>
}

/** Entries with their digests. @throws TweedieError `input` when there is not one for each */
const withDigests = (entries: readonly Entry[], digests: string, name: string): Entry[] => {
  if (digests.length !== entries.length * NO_DIGEST.length)
    throw wrong(name, `metadata '${DIGEST}' should hold a SHA-256 for each of ${entries.length} arrays`)
  const found = new Map(
    asTheyLie(entries).map(
      ({ key }, i) => [key, digests.slice(NO_DIGEST.length * i, NO_DIGEST.length * (i + 1))] as const,
    ),
  )
  return entries.map((entry) => ({ ...entry, digest: found.get(entry.key) }))
}

/**
 * Bytes before the data: the length of the header and the header.
 *
 * @param first - the first bytes of the file, 8 at least
 * @param size - of the file
 * @throws TweedieError `input` when the file is too short for them
 */
export const headerBytes = (first: Uint8Array, size: number, name: string): number => {
  if (first.length < 8)
    throw wrong(name, `truncated: ${first.length} bytes do not hold a .safetensors header`)
  const claimed = viewOf(first).getBigUint64(0, true)
  const start = 8 + Number(claimed)
  if (claimed <= BigInt(LONGEST_HEADER) && start <= size) return start
  throw wrong(name, `truncated or not .safetensors: header of ${claimed} bytes in a file of ${size} bytes`)
}

/**
 * A header.
 *
 * @param json - its bytes, without the length
 * @param available - bytes of data
 * @throws TweedieError `input` when it is none, or does not describe so many bytes
 */
export const parseHeader = (json: Uint8Array, available: number, name: string): SafetensorsHeader => {
  const { [METADATA]: about, ...fields } = parseJson(json, name)
  const entries = Object.entries(fields).map(([key, value]) => parseEntry(key, value, available, name))
  checkCover(entries, available, name)
  const { [DIGEST]: digests, ...metadata } = parseMetadata(about, name)
  return { entries: digests === undefined ? entries : withDigests(entries, digests, name), metadata }
}

/**
 * Reads the bytes of a `.safetensors` file.
 *
 * float16 and bfloat16 become float32; int8, int16 and uint16 become int32; uint32 becomes int64.
 *
 * @param name file, for messages.
 * @throws TweedieError `input` when the bytes are not such a file, or not those that were written; sizes are
 *   checked before anything is allocated.
 * @example
 * ```ts
 * const { arrays, metadata } = decodeSafetensors(readBytes('prior.safetensors'), 'prior.safetensors')
 * ```
 */
export const decodeSafetensors = (bytes: Uint8Array, name: string): Safetensors => {
  const start = headerBytes(bytes, bytes.length, name)
  const data = bytes.subarray(start)
  const { entries, metadata } = parseHeader(bytes.subarray(8, start), data.length, name)
  const arrays = entries.map(({ key, element, shape, begin, end, digest }) => {
    const [own, where] = [data.subarray(begin, end), `${name}: field '${key}'`]
    if (digest !== undefined) checkDigest(digest, digestOf(own), where)
    return [key, decodeElements(element, shape, own, true, where)] as const
  })
  return { arrays: Object.fromEntries(arrays), metadata }
}

/** The beginning of a file, and the arrays in the order in which their elements follow. */
export interface EncodedHeader {
  /** With {@link NO_DIGEST} in the place of each digest. */
  readonly bytes: Uint8Array
  /** Where the digests go, one after the other: a byte for each character. */
  readonly digestsAt: number
  readonly order: readonly NdArray[]
}

/** @throws TweedieError `input` when an array is called `__metadata__` */
export const encodeHeader = (
  arrays: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>>,
): EncodedHeader => {
  if (Object.hasOwn(arrays, METADATA)) throw wrong('.safetensors', `no array may be called ${METADATA}`)
  const width = ({ dtype }: NdArray) => elementBytes(elementOf[dtype])
  const order = Object.entries(arrays).sort(([p, a], [q, b]) => width(b) - width(a) || (p < q ? -1 : 1))
  let end = 0
  const fields = order.map(([key, array]) => {
    const begin = end
    end += array.data.byteLength
    const dtype = dtypeNames.get(elementOf[array.dtype])
    return [key, { dtype, shape: array.shape, data_offsets: [begin, end] }] as const
  })
  const digests = NO_DIGEST.repeat(order.length)
  const sorted = Object.entries({ ...metadata, [DIGEST]: digests }).sort(([p], [q]) => (p < q ? -1 : 1))
  const about = [METADATA, Object.fromEntries(sorted)] as const
  const json = Buffer.from(JSON.stringify(Object.fromEntries([about, ...fields])))
  const start = 8 + Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(start).fill(0x20)
  viewOf(bytes).setBigUint64(0, BigInt(start - 8), true)
  bytes.set(json, 8)
  // Inside a string quotes are escaped: these bytes are the key.
  const key = `${JSON.stringify(DIGEST)}:"`
  return { bytes, digestsAt: 8 + json.indexOf(key) + key.length, order: order.map(([, array]) => array) }
}

/**
 * The bytes of a `.safetensors` file: widest elements first, then by name, so that each is aligned and equal
 * content gives equal bytes; metadata keys sorted, with the digests of the arrays among them.
 * `writeSafetensors` writes the same to a file without having them in memory.
 *
 * @throws TweedieError `input` when an array is called `__metadata__`.
 * @example
 * ```ts
 * writeAtomic('x.safetensors', encodeSafetensors({ x: ndarray([1, 2, 3]) }, { unit: 'K' }))
 * ```
 */
export const encodeSafetensors = (
  arrays: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array => {
  const { bytes, digestsAt, order } = encodeHeader(arrays, metadata)
  const elements = order.map(encodeElements)
  bytes.set(Buffer.from(elements.map(digestOf).join('')), digestsAt)
  return joined([bytes, ...elements])
}

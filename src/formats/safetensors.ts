import { TweedieError } from '../error.ts'
import { isRecord } from '../json.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import type { ArrayFormat, ArrayLayout, StoredArrays } from './array-format.ts'
import { type ByteSource, bytesAt, inMemory, partOf } from './bytes/byte-source.ts'
import { viewOf, wrong } from './bytes/bytes.ts'
import { checkDigest, digest, digestOf, NO_DIGEST } from './bytes/digest.ts'
import { claimedBytes, type Element, elementBytes, elementOf, encodeElements } from './elements.ts'
import { repeatedKey } from './json.ts'
import { type ArrayField, storedArray } from './stored-array.ts'

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

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

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

/** What a file says of its arrays, and where their elements are. */
interface Opened {
  readonly entries: readonly Entry[]
  readonly metadata: Readonly<Record<string, string>>
  /** The bytes of an array. */
  readonly bytesOf: (entry: Entry) => ByteSource
}

/** @throws TweedieError `input` as {@link decodeSafetensors} */
const opened = (source: ByteSource, name: string): Opened => {
  const { size } = source
  if (size < 8) throw wrong(name, `truncated: ${size} bytes do not hold a .safetensors header`)
  const claimed = viewOf(bytesAt(source, 0, 8)).getBigUint64(0, true)
  const start = 8 + Number(claimed)
  if (claimed > BigInt(LONGEST_HEADER) || start > size) {
    throw wrong(name, `truncated or not .safetensors: header of ${claimed} bytes in a file of ${size} bytes`)
  }
  const { [METADATA]: about, ...fields } = parseJson(bytesAt(source, 8, start - 8), name)
  const available = size - start
  const entries = Object.entries(fields).map(([key, value]) => parseEntry(key, value, available, name))
  checkCover(entries, available, name)
  const { [DIGEST]: digests, ...metadata } = parseMetadata(about, name)
  return {
    entries: digests === undefined ? entries : withDigests(entries, digests, name),
    metadata,
    bytesOf: ({ begin, end }) => partOf(source, start + begin, end - begin),
  }
}

const fieldOf = (name: string, { key }: Entry): string => `${name}: field '${key}'`

/** A source whose bytes are read once, in order, and what they add up to. */
const summed = ({ size, fill }: ByteSource) => {
  const { add, hex } = digest()
  const reading: ByteSource = {
    size,
    fill: (target, at) => {
      fill(target, at)
      add(target)
    },
  }
  return { reading, hex }
}

/**
 * The arrays of a `.safetensors` where they lie. Their digests are looked at when all of an array is read.
 *
 * @throws TweedieError `input` as {@link decodeSafetensors}
 */
const storedSafetensors = (source: ByteSource, name: string): StoredArrays => {
  const { entries, metadata, bytesOf } = opened(source, name)
  const arrays = entries.map((entry) => {
    const { key, element, shape, digest: expected } = entry
    const where = fieldOf(name, entry)
    const placed = (bytes: ByteSource) => storedArray(bytes, { element, shape, littleEndian: true }, where)
    const stored = placed(bytesOf(entry))
    const whole = () => {
      if (expected === undefined) return stored.whole()
      const { reading, hex } = summed(bytesOf(entry))
      const read = placed(reading).whole()
      checkDigest(expected, hex(), where)
      return read
    }
    return [key, { ...stored, whole }] as const
  })
  return { arrays: Object.fromEntries(arrays), metadata }
}

/** Looks at the digests of all arrays. @throws TweedieError `input` as {@link decodeSafetensors} */
export const checkStoredSafetensors = (source: ByteSource, name: string): void => {
  const { entries, bytesOf } = opened(source, name)
  for (const entry of entries)
    if (entry.digest !== undefined) checkDigest(entry.digest, digestOf(bytesOf(entry)), fieldOf(name, entry))
}

/** Arrays of a `.safetensors`, all of them. @throws TweedieError `input` as {@link decodeSafetensors} */
export const wholeSafetensors = (source: ByteSource, name: string): Safetensors => {
  const { arrays, metadata } = storedSafetensors(source, name)
  const whole = Object.entries(arrays).map(([key, array]) => [key, array.whole()] as const)
  return { arrays: Object.fromEntries(whole), metadata: { ...metadata } }
}

/**
 * Reads the bytes of a `.safetensors` file.
 *
 * float16 and bfloat16 become float32; int8, int16 and uint16 become int32; uint32 becomes int64.
 *
 * @param name file, for messages.
 * @throws TweedieError `input` when the bytes are not such a file; sizes are checked
 *   before anything is allocated.
 * @example
 * ```ts
 * const { arrays, metadata } = decodeSafetensors(readBytes('prior.safetensors'), 'prior.safetensors')
 * ```
 */
export const decodeSafetensors = (bytes: Uint8Array, name: string): Safetensors =>
  wholeSafetensors(inMemory(bytes), name)

/** The header of a file with such arrays, and where each of them begins. */
const safetensorsLayout = (
  fields: Readonly<Record<string, ArrayField>>,
  metadata: Readonly<Record<string, string>>,
): Required<ArrayLayout> & { readonly size: number } => {
  if (Object.hasOwn(fields, METADATA)) throw wrong('.safetensors', `no array may be called ${METADATA}`)
  const width = ({ dtype }: ArrayField) => elementBytes(elementOf[dtype])
  const order = Object.entries(fields).sort(([p, a], [q, b]) => width(b) - width(a) || (p < q ? -1 : 1))
  let end = 0
  const entries = order.map(([key, { dtype, shape }]) => {
    const begin = end
    end += claimedBytes(elementOf[dtype], shape, key)
    return [key, { dtype: dtypeNames.get(elementOf[dtype]), shape, data_offsets: [begin, end] }] as const
  })
  const digests = new Map(order.map(([key]) => [key, digest()]))
  const sorted = Object.entries({ ...metadata, [DIGEST]: NO_DIGEST.repeat(order.length) }).sort(([p], [q]) =>
    p < q ? -1 : 1,
  )
  const about = [METADATA, Object.fromEntries(sorted)] as const
  const text = JSON.stringify(Object.fromEntries([about, ...entries]))
  const json = utf8(text)
  const start = 8 + Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(start).fill(0x20, 8)
  viewOf(bytes).setBigUint64(0, BigInt(start - 8), true)
  bytes.set(json, 8)
  // Inside a string quotes are escaped: these bytes are the key.
  const key = `${JSON.stringify(DIGEST)}:"`
  const digestsAt = 8 + utf8(text.slice(0, text.indexOf(key) + key.length)).length
  const starts = entries.map(([key, { data_offsets }]) => [key, start + data_offsets[0]] as const)
  return {
    starts: Object.fromEntries(starts),
    sum: (name, elements) => digests.get(name)?.add(elements),
    frame: () => {
      bytes.set(utf8(order.map(([key]) => digests.get(key)?.hex()).join('')), digestsAt)
      return [{ at: 0, bytes }]
    },
    size: start + end,
  }
}

/**
 * The bytes of a `.safetensors` file: widest elements first, then by name, so that each is aligned and equal
 * content gives equal bytes; metadata keys sorted.
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
  const { starts, sum, frame, size } = safetensorsLayout(arrays, metadata)
  const bytes = new Uint8Array(size)
  for (const [key, array] of Object.entries(arrays)) {
    const elements = encodeElements(array)
    bytes.set(elements, starts[key])
    sum(key, elements)
  }
  for (const piece of frame()) bytes.set(piece.bytes, piece.at)
  return bytes
}

/** Its metadata are read by `readSafetensors`. */
export const safetensorsFormat: ArrayFormat = {
  several: true,
  decode: (bytes, path) => decodeSafetensors(bytes, path).arrays,
  encode: (arrays) => encodeSafetensors(arrays),
  open: storedSafetensors,
  layout: (fields, _, metadata) => safetensorsLayout(fields, metadata),
}

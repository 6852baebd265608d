/** What the worker thread of Zarr does: values of a store, and decoded chunks by zarrita. */
import { Array as ZarritaArray } from 'zarrita'
import { TweedieError } from '../../error.ts'
import { type Shape, sizeOf } from '../../tensor/ndarray.ts'
import type { ChunkCoding } from './chunk-coding.ts'
import { DecoderFailure, registerCodecs } from './codecs.ts'
import { folderStore, zipStore } from './file-stores.ts'
import type { ZarrPlace } from './place.ts'
import type { Part, ZarrStore } from './store.ts'
import { webStore } from './web-store.ts'

registerCodecs()

/** A question to a hierarchy. */
export type Question =
  | { readonly kind: 'metadata'; readonly key: string; readonly most: number }
  | { readonly kind: 'below'; readonly key: string }
  | {
      readonly kind: 'chunk'
      /** The key of the array. */
      readonly array: string
      readonly coding: ChunkCoding
      readonly at: readonly number[]
    }

/** Its answer: a value, the elements of a chunk row by row, names; undefined where there are none. */
export type Answer = Uint8Array | readonly string[] | undefined

/** A hierarchy that is open in this thread. */
export interface Reading {
  readonly answer: (question: Question) => Promise<Answer>
  readonly close: () => void
}

/** A chunk that no key holds; zarrita would make one of fill values. */
const MISSING = new Error('no such chunk')

const present = (bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined) throw MISSING
  return bytes
}

const rawTypes = { 1: 'uint8', 2: 'uint16', 4: 'uint32', 8: 'uint64' } as const

const rawType = (width: number) => {
  if (width === 1 || width === 2 || width === 4 || width === 8) return rawTypes[width]
  throw new Error(`elements of ${width} bytes`)
}

const codecList = ({ order, endian, packing }: Pick<ChunkCoding, 'order' | 'endian' | 'packing'>) => [
  ...(order ? [{ name: 'transpose', configuration: { order } }] : []),
  { name: 'bytes', configuration: { endian } },
  ...packing.map((name) => ({ name, configuration: {} })),
]

/** The metadata that zarrita gets: elements are unsigned integers, for their bits to come as they are. */
const metadataOf = (coding: ChunkCoding) => {
  const { width, chunk, keys, inner } = coding
  const codecs = codecList(coding)
  return {
    zarr_format: 3 as const,
    node_type: 'array' as const,
    shape: [...chunk], // not looked at when chunks are read
    data_type: rawType(width),
    chunk_grid: { name: 'regular' as const, configuration: { chunk_shape: [...chunk] } },
    chunk_key_encoding: { name: keys.name, configuration: { separator: keys.separator } },
    codecs: inner
      ? [
          {
            name: 'sharding_indexed',
            configuration: { chunk_shape: inner.chunk, codecs, index_codecs: codecList(inner.index) },
          },
        ]
      : codecs,
    fill_value: null,
    attributes: {},
  }
}

type Raw = Uint8Array | Uint16Array | Uint32Array | BigUint64Array

const isRaw = (data: unknown): data is Raw =>
  data instanceof Uint8Array ||
  data instanceof Uint16Array ||
  data instanceof Uint32Array ||
  data instanceof BigUint64Array

/** Bytes of elements row by row, of elements that lie in these strides. */
const rowByRow = (data: Raw, shape: Shape, stride: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const isPlain = stride.every((step, axis) => step === sizeOf(shape.slice(axis + 1)))
  if (isPlain) return bytes
  const width = data.BYTES_PER_ELEMENT
  const out = new Uint8Array(bytes.length)
  const index = shape.map(() => 0)
  let source = 0
  for (let at = 0; at < out.length; at += width) {
    for (let byte = 0; byte < width; byte++) out[at + byte] = bytes[source * width + byte]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += stride[axis]
      if (++index[axis] < shape[axis]) break
      source -= stride[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return out
}

/** Whether an error leaves the decoders of this thread unsound. */
export const spoils = (error: unknown): boolean =>
  error instanceof DecoderFailure ||
  (error instanceof Error && error.cause !== undefined && spoils(error.cause))

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${reasonOf(error.cause)}` : error.message
}

/** An array of a store, of which chunks are decoded. */
const chunksOf = (store: ZarrStore, array: string, coding: ChunkCoding, where: string) => {
  const key = (path: string): string => (array === '' ? path.slice(1) : `${array}${path}`)
  const bytes = coding.width * sizeOf(coding.inner?.chunk ?? coding.chunk)
  let read = false // whether the chunk at hand was read, and not made of fill values
  const zarr = new ZarritaArray(
    {
      get: async (path) => {
        const value = present(await store.value(key(path), 2 * bytes + 2 ** 16, 'chunk'))
        read = true
        return value
      },
      getRange: async (path, range: Part) => {
        const part = present(await store.part(key(path), checkedPart(range, 2 * bytes + 2 ** 16)))
        if (!('suffixLength' in range)) read = true
        return part
      },
    },
    '/',
    metadataOf(coding),
  )
  return async (at: readonly number[]): Promise<Uint8Array | undefined> => {
    read = false
    try {
      const { data, shape, stride } = await zarr.getChunk([...at])
      if (!read) return undefined
      if (!isRaw(data)) throw new Error('no elements came')
      if (data.byteLength !== bytes)
        throw new Error(
          `${data.byteLength < bytes ? 'truncated' : 'too long'}: ${data.byteLength} of ${bytes} bytes`,
        )
      return rowByRow(data, shape, stride)
    } catch (error) {
      if (error === MISSING) return undefined
      if (error instanceof TweedieError) throw error
      const message = `${where}: chunk [${at}] cannot be read: ${reasonOf(error)}`
      throw new TweedieError('input', message, { cause: error })
    }
  }
}

/** A chunk within a shard, which is no longer than one can be. */
const checkedPart = (part: Part, most: number): Part => {
  if ('length' in part && part.length > most)
    throw new Error(`the index of its shard claims ${part.length} bytes, at most ${most}`)
  return part
}

const storeAt = (place: ZarrPlace): ZarrStore => {
  if (place.kind === 'folder') return folderStore(place.path)
  return place.kind === 'zip' ? zipStore(place.path) : webStore(place)
}

/**
 * Opens a hierarchy in this thread.
 *
 * @param where - its path, for messages
 * @throws TweedieError `input` for a damaged zip file
 */
export const openReading = (place: ZarrPlace, where: string): Reading => {
  const store = storeAt(place)
  const arrays = new Map<string, ReturnType<typeof chunksOf>>()
  const chunk = (array: string, coding: ChunkCoding) => {
    const name = array === '' ? where : `${where}: field '${array}'`
    const chunks = arrays.get(array) ?? chunksOf(store, array, coding, name)
    arrays.set(array, chunks)
    return chunks
  }
  return {
    answer: async (question) => {
      if (question.kind === 'metadata') return store.value(question.key, question.most, 'metadata')
      if (question.kind === 'below') return store.below(question.key)
      return chunk(question.array, question.coding)(question.at)
    },
    close: store.close,
  }
}

/**
 * Zarr, version 2 and 3: arrays in chunks, in a folder, a zip file, or on a server (http, https, S3). The
 * library is zarrita, loaded by the first hierarchy that is opened; metadata and sizes are checked here,
 * before it sees them.
 */
import type { OpenArrays } from '../array-format.ts'
import { unreadable } from '../bytes/descriptor.ts'
import { decodeElements, dtypeOf } from '../elements.ts'
import type { StoredArray } from '../stored-array.ts'
import type { ZarrArray } from './array-metadata.ts'
import { type ChunkCache, chunkCache } from './chunk-cache.ts'
import { type ChunkAt, chunkedArray } from './chunked-array.ts'
import { type Dialogue, openDialogue } from './dialogue.ts'
import { nodesOf } from './nodes.ts'
import { nameOf, placeOf, shownPath, type ZarrPlace } from './place.ts'

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** The chunks of an array, decoded once while they are in the cache. */
const chunksOf = (
  { ask }: Dialogue,
  path: string,
  { element, chunk, coding }: ZarrArray,
  cache: ChunkCache,
  where: string,
): ChunkAt => {
  const decoded = (at: readonly number[]) => {
    const bytes = ask({ kind: 'chunk', array: path, coding, at })
    if (!(bytes instanceof Uint8Array)) return undefined
    return decodeElements(element, chunk, bytes, HOST_IS_LITTLE_ENDIAN, `${where}, chunk [${at}]`)
  }
  return (at) => cache.get(`${path}:${at}`, () => decoded(at))
}

const storedZarr = (
  dialogue: Dialogue,
  [path, array]: readonly [string, ZarrArray],
  cache: ChunkCache,
): StoredArray => {
  const where = path === '' ? dialogue.where : `${dialogue.where}: field '${path}'`
  const { element, shape, chunk, fill } = array
  const grid = { dtype: dtypeOf(element), shape, chunk, fill }
  return chunkedArray(grid, chunksOf(dialogue, path, array, cache, where), where)
}

/** Attributes as text: texts as they are, all else as JSON. */
const metadataOf = (attributes: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )

const placeIn = (path: string): ZarrPlace => {
  try {
    return placeOf(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

/**
 * Opens a Zarr array, or a group with its arrays by name. One array is named after its folder; attributes are
 * the metadata.
 *
 * @param cache - decoded chunks that are kept
 * @throws TweedieError `input` for a path that is not there, damaged metadata and what is not read (codecs,
 * dtypes); `io` when the system or the server refuses
 */
export const openZarr = (path: string, cache: ChunkCache = chunkCache()): OpenArrays => {
  const dialogue = openDialogue(placeIn(path), shownPath(path))
  const close = () => {
    cache.clear()
    dialogue.close()
  }
  try {
    const { arrays, attributes } = nodesOf(dialogue)
    const stored = Object.entries(arrays).map(
      (entry) => [entry[0] === '' ? nameOf(path) : entry[0], storedZarr(dialogue, entry, cache)] as const,
    )
    return { arrays: Object.fromEntries(stored), metadata: metadataOf(attributes), close }
  } catch (error) {
    close()
    throw error
  }
}

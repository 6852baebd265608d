/** Decoded chunks, the last used ones, so that neighbouring rows of one chunk decode it once. */
import type { NdArray } from '../../tensor/ndarray.ts'

/** Bytes of decoded chunks that one open hierarchy keeps. */
const CACHE_BYTES = 256 * 2 ** 20

/** What an entry takes beside its elements, and all that a chunk takes that is not there. */
const ENTRY_BYTES = 256

/** A chunk, or that there is none. */
type KnownChunk = { readonly array: NdArray | undefined }

/** Chunks by name; the least recently used ones go first. */
export interface ChunkCache {
  /** The chunk of a name, made when it is not there. */
  readonly get: (name: string, make: () => NdArray | undefined) => NdArray | undefined
  /** Bytes that are held now. */
  readonly held: () => number
  readonly clear: () => void
}

/** @param most - bytes held, beyond which only the last chunk stays */
export const chunkCache = (most = CACHE_BYTES): ChunkCache => {
  const chunks = new Map<string, KnownChunk>() // in the order of their use
  let held = 0
  const sizeOf = ({ array }: KnownChunk): number => ENTRY_BYTES + (array?.data.byteLength ?? 0)
  const forget = (name: string, chunk: KnownChunk): void => {
    chunks.delete(name)
    held -= sizeOf(chunk)
  }
  const makeRoom = (bytes: number): void => {
    for (const [name, chunk] of chunks) {
      if (held + bytes <= most) return
      forget(name, chunk)
    }
  }
  return {
    get: (name, make) => {
      const known = chunks.get(name)
      if (known) chunks.delete(name)
      const chunk = known ?? { array: make() }
      if (!known) {
        makeRoom(sizeOf(chunk))
        held += sizeOf(chunk)
      }
      chunks.set(name, chunk)
      return chunk.array
    },
    held: () => held,
    clear: () => {
      chunks.clear()
      held = 0
    },
  }
}

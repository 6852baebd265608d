/** Bytes that are read by position: those of a file, which stay there, or those in memory. */

/** Room for bytes that are made of others; gone when it is closed or the process ends. */
export interface Scratch {
  /** The bytes from `at` on are these. @throws TweedieError `io` when there is no room */
  readonly write: (bytes: Uint8Array, at: number) => void
  /** What was written so far, its first `size` bytes. */
  readonly file: (size: number) => ByteSource
  readonly close: () => void
}

/** Bytes to read pieces of. */
export interface ByteSource {
  readonly size: number
  /**
   * Room on disk, of sources that lie there: what is made of them need not fit in memory either.
   *
   * @param size - bytes that it is for
   * @param where - file and field, for messages
   * @throws TweedieError `io` when the system refuses
   */
  readonly scratch?: (size: number, where: string) => Scratch
  /** Fills `target` with the bytes from `at` on. The caller has checked that there are so many. */
  readonly fill: (target: Uint8Array, at: number) => void
}

/** Bytes in memory as a source. */
export const inMemory = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  fill: (target, at) => target.set(bytes.subarray(at, at + target.length)),
})

/** The `size` bytes of a source from `start` on, as a source. */
export const partOf = ({ fill, scratch }: ByteSource, start: number, size: number): ByteSource => ({
  size,
  scratch,
  fill: (target, at) => fill(target, start + at),
})

/** A copy of `length` bytes from `at` on. */
export const bytesAt = ({ fill }: ByteSource, at: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  fill(bytes, at)
  return bytes
}

/** Bytes that are looked at in one go, where a source is gone through from end to end. */
const PIECE = 2 ** 24

/** Calls `see` with the bytes of a source, piece by piece, in order. */
export const eachPiece = (source: ByteSource, see: (piece: Uint8Array) => void): void => {
  for (let at = 0; at < source.size; at += PIECE) see(bytesAt(source, at, Math.min(PIECE, source.size - at)))
}

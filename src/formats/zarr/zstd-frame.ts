/** The size of what a frame of Zstandard holds, before it is unpacked (RFC 8878, 3.1.1). */
import { viewOf } from '../bytes/bytes.ts'
import { checkClaim, checkLong } from './packed-size.ts'

const MAGIC = 0xfd2fb528

/** Bytes that a block gives at most. */
const BLOCK = 2 ** 17

/** What frames that say no size may give at most, by the number of their blocks: it harms no machine. */
const HARMLESS = 2 ** 28

interface Header {
  /** The size that it says, which it need not. */
  readonly size?: number
  /** Where the blocks begin. */
  readonly end: number
}

const headerOf = (bytes: Uint8Array): Header => {
  const view = viewOf(bytes)
  const descriptor = bytes[4]
  const single = (descriptor & 0x20) !== 0
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]
  const flag = descriptor >> 6
  const width = flag === 0 ? Number(single) : 2 ** flag
  checkLong(bytes, at + width)
  if (width === 0) return { end: at }
  const size =
    width === 1
      ? view.getUint8(at)
      : width === 2
        ? view.getUint16(at, true) + 256
        : width === 4
          ? view.getUint32(at, true)
          : Number(view.getBigUint64(at, true))
  return { size, end: at + width }
}

/** What the blocks of a frame give at most: raw and repeated ones say it, of others it is {@link BLOCK}. */
const mostInBlocks = (bytes: Uint8Array, start: number): number => {
  let most = 0
  for (let at = start; at + 3 <= bytes.length; ) {
    const head = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16)
    const [isLast, kind, size] = [(head & 1) === 1, (head >> 1) & 3, head >> 3]
    most += kind === 2 ? BLOCK : size
    if (isLast) return most
    at += 3 + (kind === 1 ? 1 : size)
  }
  return most // it ends too early, which the decoder says
}

/**
 * @param most - bytes of a chunk
 * @throws Error for what is no frame, and one that holds more than a chunk
 */
export const checkZstd = (bytes: Uint8Array, most: number): void => {
  checkLong(bytes, 6)
  if (viewOf(bytes).getUint32(0, true) !== MAGIC) throw new Error('no frame of Zstandard')
  const { size, end } = headerOf(bytes)
  if (size !== undefined) checkClaim(size, most)
  else checkClaim(mostInBlocks(bytes, end), Math.max(HARMLESS, 4 * most))
}

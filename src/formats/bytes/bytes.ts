/** Small pieces that every reader of bytes needs. */
import { TweedieError } from '../../error.ts'

/** An error about a file; `where` names the file, and the field or entry inside it. */
export const wrong = (where: string, message: string): TweedieError =>
  new TweedieError('input', `${where}: ${message}`)

/** The numbers in bytes. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Whether bytes begin with a signature. */
export const startsWith = (bytes: Uint8Array, signature: Uint8Array): boolean =>
  signature.every((byte, i) => bytes[i] === byte)

/** Parts one after the other. */
export const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

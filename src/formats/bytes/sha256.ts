/**
 * SHA-256 (FIPS 180-4) where the code runs: Node's own, which is several times as fast, or that of
 * @noble/hashes in a browser. Node's is asked for by name, not imported, so that this file is one for both.
 */
import { sha256 as portable } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** A hash that is filled in piece by piece. */
export interface Sha256 {
  add(bytes: Uint8Array): void
  /** 64 characters; nothing can be added any more. */
  hex(): string
}

/** In any JavaScript engine. */
export const portableSha256 = (): Sha256 => {
  const hash = portable.create()
  return { add: (bytes) => void hash.update(bytes), hex: () => bytesToHex(hash.digest()) }
}

/** What an engine that has modules of its own is asked by. */
type Engine = { readonly process?: { getBuiltinModule?: (name: 'node:crypto') => NodeCrypto | undefined } }

interface NodeCrypto {
  createHash(name: 'sha256'): { update(bytes: Uint8Array): unknown; digest(encoding: 'hex'): string }
}

const engine: Engine = globalThis

const native = engine.process?.getBuiltinModule?.('node:crypto')

/** A hash of nothing yet. */
export const sha256 = (): Sha256 => {
  if (!native) return portableSha256()
  const hash = native.createHash('sha256')
  return { add: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') }
}

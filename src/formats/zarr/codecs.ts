/**
 * The codecs from bytes to bytes, for zarrita: its own, where they believe no size before it is checked and
 * look at checksums, ours elsewhere.
 */
import { gunzipSync, inflateSync } from 'node:zlib'
import { registry } from 'zarrita'
import { viewOf } from '../bytes/bytes.ts'
import { checkBlosc } from './blosc-frame.ts'
import { crc32c } from './crc32c.ts'
import { checkClaim, checkLong } from './packed-size.ts'
import { checkZstd } from './zstd-frame.ts'

/** What zarrita tells a codec of the chunk that it is for. */
interface ChunkFacts {
  readonly dataType: string
  readonly shape: readonly number[]
}

/** Bytes of the unsigned integers that all elements are to zarrita. */
const widths: Readonly<Record<string, number>> = { uint8: 1, uint16: 2, uint32: 4, uint64: 8 }

/** The most bytes that a step may decode to: those of the chunk, and what other codecs may add to it. */
const mostOf = ({ dataType, shape }: ChunkFacts): number =>
  Math.ceil(1.125 * shape.reduce((product, size) => product * size, widths[dataType])) + 2 ** 16

/** What a decoder of WebAssembly said, which may not work any more after it. */
export class DecoderFailure extends Error {}

type Decode = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** The size before the data, as numcodecs writes it. */
const checkLz4 = (bytes: Uint8Array, most: number): void => {
  checkLong(bytes, 4)
  checkClaim(viewOf(bytes).getUint32(0, true), most)
}

/** Bytes without the checksum after them. */
const withoutCrc32c = (bytes: Uint8Array): Uint8Array => {
  checkLong(bytes, 4)
  const end = bytes.length - 4
  const content = bytes.subarray(0, end)
  if (crc32c(content) !== viewOf(bytes).getUint32(end, true))
    throw new Error('its checksum is wrong: the data is damaged')
  return content
}

/** Elements whose first bytes stand together, then their second ones. */
const unshuffled = (bytes: Uint8Array, width: number): Uint8Array => {
  const count = Math.floor(bytes.length / width)
  const out = Uint8Array.from(bytes) // bytes that fill no element stay at the end
  for (let byte = 0; byte < width; byte++)
    for (let i = 0; i < count; i++) out[i * width + byte] = bytes[byte * count + i]
  return out
}

/** A codec for zarrita that only decodes. */
const entry = (decodeFor: (facts: ChunkFacts) => Decode, added?: number) => ({
  fromConfig: (_: unknown, facts: ChunkFacts) => ({
    kind: 'bytes_to_bytes' as const,
    decode: decodeFor(facts),
    encode: (): never => {
      throw new Error('arrays are only read here')
    },
    ...(added === undefined ? {} : { computeEncodedSize: (size: number) => size + added }),
  }),
})

/** The library's own decoder, called when what the bytes claim has been checked. */
const checked = (name: string, check: (bytes: Uint8Array, most: number) => void | Promise<void>) => {
  const load = registry.get(name)
  if (!load) throw new Error(`zarrita has no codec '${name}'`)
  return async () => {
    const codec = await load()
    return entry((facts) => {
      const { decode } = codec.fromConfig(
        {},
        { ...facts, dataType: 'uint8', shape: [...facts.shape], codecs: [], fillValue: null },
      )
      return async (bytes) => {
        await check(bytes, mostOf(facts))
        try {
          return await decode(bytes)
        } catch (error) {
          throw new DecoderFailure(error instanceof Error ? error.message : String(error))
        }
      }
    })
  }
}

/** Node's own, in plain bytes: to zarrita a slice is a copy, which one of a Buffer is not. */
const zlibOf = (inflate: typeof gunzipSync) =>
  entry((facts) => (bytes) => {
    const { buffer, byteOffset, length } = inflate(bytes, { maxOutputLength: mostOf(facts) })
    return new Uint8Array(buffer, byteOffset, length)
  })

/** Puts them into the library's list, in the place of its own. */
export const registerCodecs = (): void => {
  const zstd = checked('zstd', checkZstd)
  const unzstd = async (bytes: Uint8Array, size: number) =>
    (await zstd()).fromConfig({}, { dataType: 'uint8', shape: [size] }).decode(bytes)
  const list = {
    blosc: checked('blosc', (bytes, most) => checkBlosc(bytes, most, unzstd)),
    zstd,
    lz4: checked('lz4', checkLz4),
    gzip: async () => zlibOf(gunzipSync),
    zlib: async () => zlibOf(inflateSync),
    crc32c: async () => entry(() => withoutCrc32c, 4),
    shuffle: async () =>
      entry(
        ({ dataType }) =>
          (bytes) =>
            unshuffled(bytes, widths[dataType]),
      ),
  }
  for (const [name, load] of Object.entries(list)) registry.set(name, load)
}

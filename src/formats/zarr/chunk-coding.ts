/** How the chunks of a Zarr array are encoded: what of it is understood here, checked, for zarrita to do. */
import { type Shape, sizeOf } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'

/** A codec and its configuration. */
interface Codec {
  readonly name: string
  readonly configuration: Readonly<Record<string, unknown>>
}

/** Codecs from elements to bytes, in zarrita's words: all elements are unsigned integers of their width. */
interface Codecs {
  /** The order of the axes in the bytes, outermost first. */
  readonly order?: readonly number[]
  readonly endian: 'little' | 'big'
  /** Names of the codecs from bytes to bytes. */
  readonly packing: readonly string[]
}

/** How chunks are found and decoded. */
export interface ChunkCoding extends Codecs {
  /** Bytes of an element. */
  readonly width: number
  /** The shape of what one key holds. */
  readonly chunk: Shape
  readonly keys: { readonly name: 'default' | 'v2'; readonly separator: '.' | '/' }
  /** The chunks within, where a key holds a shard. */
  readonly inner?: { readonly chunk: Shape; readonly index: Codecs }
}

/** Codecs from bytes to bytes that are read, by the names that they have in either version. */
const packings = ['blosc', 'zstd', 'gzip', 'zlib', 'lz4', 'shuffle', 'crc32c'] as const

const packingOf = ({ name }: Codec, where: string): string => {
  const bare = name.replace(/^numcodecs\./, '')
  if (packings.some((known) => known === bare)) return bare
  throw wrong(
    where,
    `codec '${name}' is not read, only ${packings.join(', ')}, transpose and sharding_indexed`,
  )
}

const endianOf = ({ endian }: Codec['configuration'], width: number, where: string): 'little' | 'big' => {
  if (endian === 'little' || endian === 'big') return endian
  if (endian === undefined && width === 1) return 'little'
  throw wrong(where, `codec 'bytes': endian must be little or big, got ${JSON.stringify(endian)}`)
}

const isPermutation = (value: unknown, rank: number): value is number[] =>
  Array.isArray(value) &&
  value.length === rank &&
  Array.from({ length: rank }, (_, i) => i).every((i) => value.includes(i))

const orderOf = ({ order }: Codec['configuration'], rank: number, where: string): number[] => {
  if (isPermutation(order, rank)) return order
  throw wrong(where, `codec 'transpose': order must be the axes 0 to ${rank - 1}, each once`)
}

/** Codecs in their order: perhaps a transpose, the bytes of elements, and what packs them. */
const codecsOf = (list: readonly Codec[], width: number, rank: number, where: string): Codecs => {
  const [transpose, rest] = list[0]?.name === 'transpose' ? [list[0], list.slice(1)] : [undefined, list]
  const [bytes, ...packing] = rest
  if (bytes?.name !== 'bytes')
    throw wrong(
      where,
      `codecs must be at most one transpose, bytes, and others after it; got '${bytes?.name}'`,
    )
  return {
    ...(transpose ? { order: orderOf(transpose.configuration, rank, where) } : {}),
    endian: endianOf(bytes.configuration, width, where),
    packing: packing.map((codec) => packingOf(codec, where)),
  }
}

const isCodec = (value: unknown): value is Codec =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'

const codecList = (value: unknown, name: string, where: string): Codec[] => {
  if (!Array.isArray(value) || !value.every(isCodec))
    throw wrong(where, `codec 'sharding_indexed': ${name} must be a list of codecs`)
  return value.map(({ name: own, configuration = {} }) => ({ name: own, configuration }))
}

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size > 0)

/** Chunks of one shard at most: its index has 16 bytes for each. */
const MOST_IN_SHARD = 2 ** 22

/** The chunks within shards. @throws TweedieError `input` unless they tile a shard */
const innerOf = ({ configuration }: Codec, shard: Shape, where: string) => {
  const { chunk_shape: chunk, index_location: location = 'end' } = configuration
  if (
    !isShape(chunk) ||
    chunk.length !== shard.length ||
    chunk.some((size, axis) => shard[axis] % size !== 0)
  )
    throw wrong(where, `codec 'sharding_indexed': chunk_shape must tile shards of [${shard}]`)
  if (location !== 'end')
    throw wrong(
      where,
      `codec 'sharding_indexed': index_location must be end, got ${JSON.stringify(location)}`,
    )
  const count = sizeOf(shard) / sizeOf(chunk)
  if (!(count <= MOST_IN_SHARD))
    throw wrong(where, `codec 'sharding_indexed': ${count} chunks in a shard, at most ${MOST_IN_SHARD}`)
  const index = codecsOf(codecList(configuration.index_codecs, 'index_codecs', where), 8, 0, where)
  if (index.order || index.packing.some((name) => name !== 'crc32c'))
    throw wrong(where, `codec 'sharding_indexed': index_codecs must be bytes and crc32c`)
  return { chunk, index }
}

/**
 * How chunks are encoded, of what a file says.
 *
 * @throws TweedieError `input` for codecs that are not read, or not in this order: others would be skipped
 */
export const checkedCoding = (
  facts: Pick<ChunkCoding, 'width' | 'chunk' | 'keys'> & { readonly codecs: readonly Codec[] },
  where: string,
): ChunkCoding => {
  const { codecs, ...rest } = facts
  const { width, chunk } = rest
  const [first] = codecs
  if (first?.name !== 'sharding_indexed') return { ...rest, ...codecsOf(codecs, width, chunk.length, where) }
  if (codecs.length > 1) throw wrong(where, `codec 'sharding_indexed' must be the only one`)
  const inner = innerOf(first, chunk, where)
  const within = codecsOf(codecList(first.configuration.codecs, 'codecs', where), width, chunk.length, where)
  return { ...rest, ...within, inner }
}

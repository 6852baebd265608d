/**
 * What the metadata of a Zarr array say, of version 3: `zarr.json`.
 *
 * https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
 */
import { z } from 'zod'
import type { Shape } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { claimedBytes, type Element, elementBytes } from '../elements.ts'
import { type ChunkCoding, checkedCoding } from './chunk-coding.ts'
import { fillValueOf } from './fill-value.ts'

/** A Zarr array: what it holds and how its chunks are read. */
export interface ZarrArray {
  readonly element: Element
  readonly shape: Shape
  /** The shape of what is decoded in one go: a chunk, or of shards a chunk within. */
  readonly chunk: Shape
  /** The value of elements that no chunk holds. */
  readonly fill: number | bigint
  readonly coding: ChunkCoding
}

/** Bytes of the largest chunk: it is decoded in one piece. */
const LARGEST_CHUNK = 2 ** 30

const sizes = z.array(z.number().int().nonnegative())

/** A part of the metadata that has a name, and what it is told. */
interface NamedPart {
  readonly name: string
  readonly configuration: Readonly<Record<string, unknown>>
}

/** A name with a configuration; version 3.1 lets the name stand alone. */
const named = z.union([
  z.string().transform((name): NamedPart => ({ name, configuration: {} })),
  z.object({ name: z.string(), configuration: z.record(z.string(), z.unknown()).default({}) }),
])

const schema = z.looseObject({
  zarr_format: z.literal(3),
  node_type: z.literal('array'),
  shape: sizes,
  data_type: z.unknown().optional(),
  chunk_grid: z.object({ name: z.literal('regular'), configuration: z.object({ chunk_shape: sizes }) }),
  chunk_key_encoding: named,
  codecs: z.array(named).max(32),
  fill_value: z.unknown().optional(),
  attributes: z.unknown().optional(),
  dimension_names: z.unknown().optional(),
  storage_transformers: z.array(z.unknown()).max(0).optional(),
})

/** What else may stand there: fields that say that they need not be understood. */
const known = new Set(Object.keys(schema.shape))

const mayBeIgnored = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'must_understand' in value && value.must_understand === false

const elements: Readonly<Record<string, Element>> = {
  bool: 'b1',
  int8: 'i1',
  int16: 'i2',
  int32: 'i4',
  int64: 'i8',
  uint8: 'u1',
  uint16: 'u2',
  uint32: 'u4',
  float16: 'f2',
  bfloat16: 'bf2',
  float32: 'f4',
  float64: 'f8',
}

const elementOf = (type: unknown, where: string): Element => {
  if (typeof type === 'string' && Object.hasOwn(elements, type)) return elements[type]
  const got = JSON.stringify(type)?.slice(0, 60)
  throw wrong(where, `data_type must be one of ${Object.keys(elements).join(' ')}, got ${got}`)
}

/** @throws TweedieError `input` for the first thing that is not as the schema says */
export const parsed = <S extends z.ZodType>(type: S, value: unknown, where: string): z.infer<S> => {
  const result = type.safeParse(value)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]
  throw wrong(where, path.length > 0 ? `field '${path.join('.')}': ${message}` : message)
}

/** @throws TweedieError `input` unless chunks of this shape tile the array */
const checkTiles = (shape: Shape, chunk: Shape, where: string): void => {
  if (chunk.length !== shape.length || chunk.some((size, axis) => size === 0 && shape[axis] > 0))
    throw wrong(where, `chunks of [${chunk}] do not tile an array of [${shape}]`)
}

/** The separator of chunk keys. */
const separatorOf = ({ name, configuration: { separator } }: NamedPart, where: string) => {
  const own = name === 'default' ? '/' : name === 'v2' ? '.' : undefined
  const said = separator ?? own
  if (own === undefined || (said !== '.' && said !== '/'))
    throw wrong(where, `chunk_key_encoding must be default or v2, with '.' or '/', got '${name}'`)
  return said
}

/** What version 2 and version 3 say alike. */
export interface ArrayFacts {
  readonly element: Element
  readonly shape: Shape
  /** The shape of what one key holds. */
  readonly chunk: Shape
  readonly fill: unknown
  readonly keys: { readonly name: 'default' | 'v2'; readonly separator: '.' | '/' }
  readonly codecs: readonly NamedPart[]
}

/** @throws TweedieError `input` for sizes that cannot be, and codecs that are not read */
export const zarrArray = (
  { element, shape, fill, chunk, keys, codecs }: ArrayFacts,
  where: string,
): ZarrArray => {
  claimedBytes(element, shape, where)
  checkTiles(shape, chunk, where)
  const outer = chunk.map((size) => Math.max(1, size)) // of an axis without entries
  const coding = checkedCoding({ width: elementBytes(element), chunk: outer, keys, codecs }, where)
  const decoded = coding.inner?.chunk ?? outer
  const bytes = claimedBytes(element, decoded, where)
  if (bytes > LARGEST_CHUNK)
    throw wrong(where, `chunks of [${decoded}] have ${bytes} bytes, at most ${LARGEST_CHUNK}`)
  return { element, shape, chunk: decoded, fill: fillValueOf(element, fill, where), coding }
}

/** The array that a `zarr.json` describes. @throws TweedieError `input` as {@link zarrArray} */
export const zarrArrayOfV3 = (value: Readonly<Record<string, unknown>>, where: string): ZarrArray => {
  const metadata = parsed(schema, value, where)
  const stray = Object.keys(metadata).find((key) => !known.has(key) && !mayBeIgnored(metadata[key]))
  if (stray !== undefined && stray !== 'consolidated_metadata')
    throw wrong(where, `has the field '${stray}', which is not known here and must be`)
  const { chunk_key_encoding: encoding } = metadata
  return zarrArray(
    {
      element: elementOf(metadata.data_type, where),
      shape: metadata.shape,
      chunk: metadata.chunk_grid.configuration.chunk_shape,
      fill: metadata.fill_value,
      keys: { name: encoding.name === 'v2' ? 'v2' : 'default', separator: separatorOf(encoding, where) },
      codecs: metadata.codecs,
    },
    where,
  )
}

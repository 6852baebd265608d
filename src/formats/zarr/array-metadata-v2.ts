/**
 * What the metadata of a Zarr array say, of version 2: `.zarray`.
 *
 * https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 */
import { z } from 'zod'
import { wrong } from '../bytes/bytes.ts'
import { type Element, elementBytes } from '../elements.ts'
import { parsed, type ZarrArray, zarrArray } from './array-metadata.ts'

const sizes = z.array(z.number().int().nonnegative())
const codec = z.looseObject({ id: z.string() })

const schema = z.object({
  zarr_format: z.literal(2),
  shape: sizes,
  chunks: sizes,
  dtype: z.unknown().optional(),
  compressor: codec.nullable(),
  fill_value: z.unknown().optional(),
  order: z.enum(['C', 'F']),
  filters: z.array(codec).max(32).nullish(),
  dimension_separator: z.enum(['.', '/']).default('.'),
})

const elements = [
  'b1',
  'i1',
  'i2',
  'i4',
  'i8',
  'u1',
  'u2',
  'u4',
  'f2',
  'f4',
  'f8',
] as const satisfies Element[]

/** An element type of NumPy, such as `<f4`. */
const typeOf = (
  dtype: unknown,
  where: string,
): { readonly element: Element; readonly endian: 'little' | 'big' } => {
  const [, order, name] = typeof dtype === 'string' ? (/^([<>|])(\w\d)$/.exec(dtype) ?? []) : []
  const element = elements.find((known) => known === name)
  const got = JSON.stringify(dtype)?.slice(0, 60)
  if (element === undefined || (order === '|' && elementBytes(element) > 1))
    throw wrong(where, `dtype must be one of ${elements.join(' ')} in either byte order, got ${got}`)
  return { element, endian: order === '>' ? 'big' : 'little' }
}

/** Filters act on elements before compressors do on bytes: of those there, the shuffle of bytes is read. */
const filterOf = ({ id, elementsize = 4 }: z.infer<typeof codec>, element: Element, where: string) => {
  if (id !== 'shuffle') throw wrong(where, `filter '${id}' is not read, only shuffle`)
  if (elementsize !== elementBytes(element))
    throw wrong(where, `filter shuffle: elementsize ${elementsize} is not that of ${element}`)
  return { name: 'shuffle', configuration: {} }
}

/** The array that a `.zarray` describes. @throws TweedieError `input` as `zarrArray` */
export const zarrArrayOfV2 = (value: Readonly<Record<string, unknown>>, where: string): ZarrArray => {
  const metadata = parsed(schema, value, where)
  const { shape, chunks: chunk, order, compressor, dimension_separator: separator } = metadata
  const { element, endian } = typeOf(metadata.dtype, where)
  return zarrArray(
    {
      element,
      shape,
      chunk,
      fill: metadata.fill_value,
      keys: { name: 'v2', separator },
      codecs: [
        ...(order === 'F' && shape.length > 1
          ? [{ name: 'transpose', configuration: { order: shape.map((_, axis) => shape.length - 1 - axis) } }]
          : []),
        { name: 'bytes', configuration: { endian } },
        ...(metadata.filters ?? []).map((filter) => filterOf(filter, element, where)),
        ...(compressor ? [{ name: compressor.id, configuration: {} }] : []),
      ],
    },
    where,
  )
}

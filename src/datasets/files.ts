/** Single files of clean data: arrays, IDX. */
import { statSync } from 'node:fs'
import { TweedieError } from '../error.ts'
import { arrayExtensions, isAddress, isZarr, openArrays, openIdx, withChannel } from '../formats/index.ts'
import { firstNotFinite, NdArray } from '../tensor/index.ts'
import { type CleanSource, type SourceLayout, type Split, unitSource } from './data-set.ts'

/** Values as float32; bytes are k / 255. */
const toUnit = ({ dtype, shape, data }: NdArray, where: string): NdArray<'float32'> => {
  if (data instanceof Uint8Array && dtype === 'uint8')
    return new NdArray(
      'float32',
      shape,
      Float32Array.from(data, (byte) => byte / 255),
    )
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new TweedieError('input', `${where} must have dtype float32, float64 or uint8, got ${dtype}`)
  const bad = firstNotFinite({ data })
  if (bad >= 0) throw new TweedieError('input', `${where} is not finite at flat index ${bad}`)
  return new NdArray('float32', shape, data instanceof Float32Array ? data : Float32Array.from(data))
}

/** The array of a file that holds the data: by name, by split, or the first. */
const openItems = (path: string, split: Split): CleanSource => {
  const file = openArrays(path)
  try {
    const fields = Object.entries(file.fields)
    const names = ['x', 'images', 'data', split]
    const [name, field] = fields.find(([key]) => names.includes(key)) ?? fields[0] ?? []
    if (name === undefined || !field) throw new TweedieError('input', `${path}: holds no array`)
    const [items, ...event] = field.shape
    if (items === undefined || event.length === 0)
      throw new TweedieError(
        'input',
        `${path}: field '${name}' must be [N, ...], N items of any shape, got [${field.shape}]; ` +
          'reshape it: [1, n] is one item of n numbers, [n, 1] are n items of one',
      )
    const rows = (from: number, to: number) => {
      const array = from === 0 && to === items ? file.whole(name) : file.rows(name, from, to)
      const where = from === 0 ? '' : ` from row ${from} on`
      return withChannel(toUnit(array, `${path}: field '${name}'${where}`))
    }
    return unitSource({ count: items, rows }, rows(0, 0).shape.slice(1), file.close)
  } catch (error) {
    file.close()
    throw error
  }
}

/** The items of an IDX file. */
const openImagesIdx = (path: string): CleanSource => {
  const { shape, rows: raw, close } = openIdx(path)
  const rows = (from: number, to: number) => withChannel(toUnit(raw(from, to), `${path}: its elements`))
  try {
    return unitSource({ count: shape[0], rows }, rows(0, 0).shape.slice(1), close)
  } catch (error) {
    close()
    throw error
  }
}

const isFile = (path: string): boolean => statSync(path).isFile()
const bare = (path: string): string => path.toLowerCase().replace(/\.gz$/, '')

export const idxLayout: SourceLayout = {
  form: '`…-idx3-ubyte`, also `.gz`',
  summary: "images of MNIST's format",
  matches: (path) => isFile(path) && /idx\d-ubyte$/.test(bare(path)),
  open: openImagesIdx,
}

export const arraysLayout: SourceLayout = {
  form: arrayExtensions()
    .map((extension) => `\`${extension}\``)
    .join(', '),
  summary: "field `x`, `images`, `data` or the split's name, else the first; uint8 is k / 255",
  matches: isFile,
  open: openItems,
}

export const zarrLayout: SourceLayout = {
  form: '`.zarr`, a folder, `.zarr.zip` or the address of one (https, http, s3)',
  summary: 'as other files of arrays; `…/name.zarr/x` is its array `x`',
  matches: (path) => isZarr(path) || isAddress(path),
  open: openItems,
}

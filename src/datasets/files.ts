/** Single files of clean data: arrays, IDX. */
import { statSync } from 'node:fs'
import { TweedieError } from '../error.ts'
import { arrayExtensions, decodeIdx, readArrays, readBytes, withChannel } from '../formats/index.ts'
import { firstNotFinite, NdArray } from '../tensor/index.ts'
import { type SourceLayout, type Split, unitData } from './data-set.ts'

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
const arrayIn = (path: string, split: Split): NdArray<'float32'> => {
  const arrays = Object.entries(readArrays(path))
  const names = ['x', 'images', 'data', split]
  const [name, array] = arrays.find(([key]) => names.includes(key)) ?? arrays[0] ?? []
  if (!array) throw new TweedieError('input', `${path}: holds no array`)
  const [items, ...event] = array.shape
  if (items === undefined || event.length === 0)
    throw new TweedieError(
      'input',
      `${path}: field '${name}' must be [N, ...], N items of any shape, got [${array.shape}]; ` +
        'reshape it: [1, n] is one item of n numbers, [n, 1] are n items of one',
    )
  return toUnit(array, `${path}: field '${name}'`)
}

const isFile = (path: string): boolean => statSync(path).isFile()
const bare = (path: string): string => path.toLowerCase().replace(/\.gz$/, '')

export const idxLayout: SourceLayout = {
  form: '`…-idx3-ubyte`, also `.gz`',
  summary: "images of MNIST's format",
  matches: (path) => isFile(path) && /idx\d-ubyte$/.test(bare(path)),
  read: (path) => unitData(withChannel(toUnit(decodeIdx(readBytes(path), path), `${path}: its elements`))),
}

export const arraysLayout: SourceLayout = {
  form: arrayExtensions()
    .map((extension) => `\`${extension}\``)
    .join(', '),
  summary: "field `x`, `images`, `data` or the split's name, else the first; uint8 is k / 255",
  matches: isFile,
  read: (path, split) => unitData(withChannel(arrayIn(path, split))),
}

import { fileURLToPath } from 'node:url'
import { TweedieError } from '../error.ts'
import { type Arrays, readArrays } from '../formats/index.ts'
import { NdArray, type Shape } from '../tensor/ndarray.ts'

/** A file of `data/` of the package; this file lies two folders below its root both in src/ and in dist/. */
export const shippedPath = (name: string): string =>
  fileURLToPath(new URL(`../../data/${name}`, import.meta.url))

/**
 * Pictures as bytes [N, …event] of one field of a file. @throws TweedieError `input` when the field is
 * another.
 */
export const pictureBytes = (arrays: Arrays, key: string, event: Shape, path: string): NdArray<'uint8'> => {
  const array = arrays[key]
  if (array?.data instanceof Uint8Array && String(array.shape.slice(1)) === String(event))
    return new NdArray('uint8', array.shape, array.data)
  const found = array ? `${array.dtype} [${array.shape}]` : 'none'
  throw new TweedieError(
    'input',
    `${path}: field '${key}' must be uint8 [N, ${event.join(', ')}], got ${found}`,
  )
}

/** Fields of a shipped file of pictures. @throws TweedieError `input` when it is missing or damaged. */
export const shippedPictures = (name: string, keys: readonly string[], event: Shape): NdArray<'uint8'>[] => {
  const path = shippedPath(name)
  const arrays = readArrays(path)
  return keys.map((key) => pictureBytes(arrays, key, event, path))
}

/** The format of a file of arrays, by the extension of its name. */
import { extname } from 'node:path'
import { TweedieError } from '../error.ts'
import type { ArrayFormat } from './array-format.ts'
import { arrayFormats } from './array-formats.ts'

/** Extensions of the formats of arrays: all of them, or those that hold several arrays. */
export const arrayExtensions = ({ several = false }: { readonly several?: boolean } = {}): string[] =>
  Object.keys(arrayFormats).filter((extension) => !several || arrayFormats[extension].several)

/** @throws TweedieError `input` for an extension of no format */
export const formatOf = (path: string): ArrayFormat => {
  const extension = extname(path).toLowerCase()
  if (Object.hasOwn(arrayFormats, extension)) return arrayFormats[extension]
  const known = arrayExtensions().join(', ')
  throw new TweedieError('input', `${path}: extension must be one of ${known}, got '${extension}'`)
}

/** The format of a file of arrays, by the extension of its name. */
import { extname } from 'node:path'
import { TweedieError } from '../error.ts'
import type { ArrayFormat, ReadOnlyFormat } from './array-format.ts'
import { arrayFormats } from './array-formats.ts'
import { readOnlyFormats } from './read-only-formats.ts'

/** Extensions of the formats of arrays: all of them, or those that hold several arrays. */
export const arrayExtensions = ({ several = false }: { readonly several?: boolean } = {}): string[] =>
  Object.keys(arrayFormats).filter((extension) => !several || arrayFormats[extension].several)

/** As {@link arrayExtensions}, with those that are only read. */
export const readExtensions = (options: { readonly several?: boolean } = {}): string[] => [
  ...arrayExtensions(options),
  ...Object.keys(readOnlyFormats),
]

/** The format of a path that is only read, if it is one. */
export const readOnlyFormatOf = (path: string): ReadOnlyFormat | undefined =>
  Object.values(readOnlyFormats).find(({ matches }) => matches(path))

/** Whether a path names arrays, in any format: all, or those that hold several. */
export const namesArrays = (path: string, options: { readonly several?: boolean } = {}): boolean =>
  readOnlyFormatOf(path) !== undefined || arrayExtensions(options).includes(extname(path).toLowerCase())

/**
 * @param known - extensions for the message
 * @throws TweedieError `input` for an extension of no format
 */
export const formatOf = (path: string, known = arrayExtensions()): ArrayFormat => {
  const extension = extname(path).toLowerCase()
  if (Object.hasOwn(arrayFormats, extension)) return arrayFormats[extension]
  throw new TweedieError('input', `${path}: extension must be one of ${known.join(', ')}, got '${extension}'`)
}

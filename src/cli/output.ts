/** Where a command may write: asked before the work, not after it. */
import { existsSync, statSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { TweedieError } from '../error.ts'

/** Formats that hold several arrays. */
const FORMATS = ['.npz', '.safetensors'] as const

/**
 * Checks the name of a file of arrays that is to be written.
 *
 * @param formats extensions that it may have (default .npz and .safetensors)
 * @returns the path
 * @throws TweedieError `input` for another extension and for a folder that does not exist
 */
export const checkedOutput = (path: string, formats: readonly string[] = FORMATS): string => {
  const extension = extname(path).toLowerCase()
  if (!formats.includes(extension)) {
    throw new TweedieError(
      'input',
      `${path}: extension must be one of ${formats.join(', ')}, got '${extension}'`,
    )
  }
  const folder = dirname(path)
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new TweedieError('input', `${path}: cannot write: there is no folder ${folder}`)
  return path
}

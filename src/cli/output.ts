/** Where a command may write: asked before the work, not after it. */
import { existsSync, statSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { TweedieError } from '../error.ts'
import { arrayExtensions } from '../formats/index.ts'

/**
 * Checks the name of a file of arrays that is to be written.
 *
 * @param formats extensions that it may have (default: those of files that hold several arrays)
 * @returns the path
 * @throws TweedieError `input` for another extension and for a folder that does not exist
 */
export const checkedOutput = (
  path: string,
  formats: readonly string[] = arrayExtensions({ several: true }),
): string => {
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

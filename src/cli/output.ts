/** Where a command may write: asked before the work, not after it. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { TweedieError } from '../error.ts'
import { systemReason, targetOf } from '../formats/bytes/atomic.ts'
import { arrayExtensions } from '../formats/index.ts'

const checkWritable = (folder: string, path: string): void => {
  try {
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new TweedieError('io', `${path}: cannot write: ${systemReason(error)}`, { cause: error })
  }
}

/**
 * Checks the name of a file of arrays that is to be written.
 *
 * @param formats extensions that it may have (default: those of files that hold several arrays)
 * @returns the path
 * @throws TweedieError `input` for another extension, a folder that does not exist, and what a file cannot
 * replace; `io` for a folder that may not be written in
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
  const folder = dirname(targetOf(path))
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new TweedieError('input', `${path}: cannot write: there is no folder ${folder}`)
  checkWritable(folder, path)
  return path
}

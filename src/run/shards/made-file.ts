/** Files that jobs make: written whole or not at all, each says what it was made of. */
import { existsSync } from 'node:fs'
import { TweedieError } from '../../error.ts'
import { type ArrayFile, checkSafetensors, fileDigest, openArrays } from '../../formats/index.ts'

/** What there is of a file; `other` is one that was made of something else. */
export type FileState = 'there' | 'absent' | 'damaged' | 'other'

/** What a file holds: all of it is read once. */
const stateOf = (path: string, isMeant: (file: ArrayFile) => boolean): FileState => {
  const file = openArrays(path)
  try {
    if (!isMeant(file)) return 'other'
  } finally {
    file.close()
  }
  checkSafetensors(path)
  return 'there'
}

/**
 * Whether a file is there, whole, and the one that is meant.
 *
 * @throws TweedieError `io` when the disk refuses
 */
export const fileState = (path: string, isMeant: (file: ArrayFile) => boolean): FileState => {
  if (!existsSync(path)) return 'absent'
  try {
    return stateOf(path, isMeant)
  } catch (error) {
    if (error instanceof TweedieError && error.code === 'input') return 'damaged'
    throw error
  }
}

/** The digest of a file that others may remove; nothing where it is gone. */
export const digestIfThere = (path: string): string | undefined => {
  try {
    return fileDigest(path)
  } catch (error) {
    if (error instanceof TweedieError && error.code === 'input') return undefined
    throw error
  }
}

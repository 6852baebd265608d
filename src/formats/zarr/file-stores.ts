/** Stores of Zarr hierarchies in folders and in zip files. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../../error.ts'
import { type ByteSource, bytesAt } from '../bytes/byte-source.ts'
import { wrong } from '../bytes/bytes.ts'
import { type OpenFile, unreadable } from '../bytes/descriptor.ts'
import { openFile } from '../bytes/files.ts'
import { zipMembers } from '../zip/zip.ts'
import { checkLength, type Part, type ZarrStore } from './store.ts'

/** @throws TweedieError `input` when the bytes end before the part does */
const partIn = (source: ByteSource, part: Part, where: string): Uint8Array => {
  const { size } = source
  const [from, length] =
    'suffixLength' in part ? [size - part.suffixLength, part.suffixLength] : [part.offset, part.length]
  if (!(from >= 0 && length >= 0 && from + length <= size))
    throw wrong(where, `truncated: ${length} bytes from ${from} on are needed, it has ${size}`)
  return bytesAt(source, from, length)
}

const isMissing = (error: unknown): boolean =>
  error instanceof TweedieError &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'ENOENT'

/** An open file; undefined where there is none. */
const fileAt = (path: string): OpenFile | undefined => {
  try {
    return openFile(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const reading = <T>(path: string, read: (file: OpenFile) => T): T | undefined => {
  const file = fileAt(path)
  try {
    return file && read(file)
  } finally {
    file?.close()
  }
}

/** The values in the files of a folder. */
export const folderStore = (folder: string): ZarrStore => ({
  value: async (key, most) => {
    const path = join(folder, key)
    return reading(path, (file) => {
      checkLength(file.size, most, path)
      return bytesAt(file, 0, file.size)
    })
  },
  part: async (key, part) => {
    const path = join(folder, key)
    return reading(path, (file) => partIn(file, part, path))
  },
  below: async (key) => {
    const path = join(folder, key)
    try {
      return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [] : [entry.name],
      )
    } catch (error) {
      throw unreadable(path, error)
    }
  },
  close: () => {},
})

/** Names directly below a key, of the names of all values. */
const namesBelow = (names: Iterable<string>, key: string): string[] => {
  const before = key === '' ? '' : `${key}/`
  const found = new Set<string>()
  for (const name of names) {
    const [first, ...more] = name.startsWith(before) ? name.slice(before.length).split('/') : []
    if (more.length > 0) found.add(first)
  }
  return [...found]
}

/** The values in the entries of a zip file. @throws TweedieError `input` for a damaged one */
export const zipStore = (path: string): ZarrStore => {
  const file = openFile(path)
  try {
    const members = new Map(zipMembers(file, path).map((member) => [member.name, member]))
    return {
      value: async (key, most) => {
        const held = members.get(key)?.open()
        if (!held) return undefined
        try {
          checkLength(held.size, most, `${path}: entry '${key}'`)
          return bytesAt(held.checked(), 0, held.size)
        } finally {
          held.close()
        }
      },
      part: async (key, part) => {
        const held = members.get(key)?.open()
        if (!held) return undefined
        try {
          return partIn(held, part, `${path}: entry '${key}'`)
        } finally {
          held.close()
        }
      },
      below: async (key) => namesBelow(members.keys(), key),
      close: file.close,
    }
  } catch (error) {
    file.close()
    throw error
  }
}

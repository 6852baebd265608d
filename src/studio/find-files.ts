/** Files below the folder by their name. */
import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that deep, and so many entries, are looked at. */
const [DEEP, ENTRIES] = [3, 20_000] as const

const entriesOf = (folder: string): Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return [] // not there any more, or not ours to read
  }
}

/** Paths, with `/`, of the files whose name fits; links and what is hidden are left out. */
export const filesBelow = (folder: string, fits: (name: string) => boolean): string[] => {
  const found: string[] = []
  let seen = 0
  const walk = (below: string, depth: number): void => {
    for (const entry of entriesOf(join(folder, below))) {
      if (++seen > ENTRIES) return
      if (entry.name.startsWith('.')) continue
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isFile() && fits(entry.name)) found.push(path)
      if (entry.isDirectory() && depth < DEEP) walk(path, depth + 1)
    }
  }
  walk('', 0)
  return found.sort()
}

/** What each folder of `src/` holds, by the table of docs/ARCHITECTURE.md: `index.ts` only re-exports. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A line for each folder that the table has. */
export const foldersOf = (root: string): ReadonlyMap<string, string> => {
  const page = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8')
  const house = page.slice(page.indexOf('## The house'), page.indexOf('### In browsers'))
  return new Map(
    [...house.matchAll(/^\| `(\w+)\/` \| (.+) \|$/gm)].map(([, folder, holds]) => [folder, holds]),
  )
}

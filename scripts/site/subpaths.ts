/** What of the library is public: the subpaths of package.json. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const entrySchema = z.object({ types: z.string() })
const packageSchema = z.object({ exports: z.record(z.string(), z.union([z.string(), entrySchema])) })

/** A way into the library. */
export interface Subpath {
  /** What one imports, such as `tweedie/posterior`. */
  readonly name: string
  /** The file behind it, in the sources. */
  readonly source: string
}

/** The subpaths of the package at `root`; what is no code is left out. */
export const subpathsOf = (root: string): Subpath[] => {
  const { exports } = packageSchema.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  return Object.entries(exports).flatMap(([path, entry]) => {
    if (typeof entry === 'string') return []
    const source = entry.types.replace('./dist/', 'src/').replace('.d.ts', '.ts')
    return [{ name: path.replace(/^\./, 'tweedie'), source }]
  })
}

/** The site: pages, pictures, the live gallery and the reference of the API in one folder. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { deadLinks } from './dead-links.ts'
import { framed } from './frame.ts'
import { groupsOf } from './pages.ts'
import { API, API_STYLE, placeOf, STYLE } from './places.ts'
import { copyStudio } from './studio.ts'

/** What is built. */
export interface SiteOptions {
  /** The repository. */
  readonly root: string
  /** Folder of the site, made anew. */
  readonly out: string
  /** Whether it has a reference of the API, which takes some ten seconds. */
  readonly api: boolean
}

/** Dead links that are named. */
const SHOWN = 20

/** Whether a folder may be made anew: it is not there, empty, or was a site. */
const isOurs = (out: string): boolean =>
  !existsSync(out) || readdirSync(out).length === 0 || existsSync(join(out, STYLE))

/** Several files of CSS as one. */
const styleOf = (root: string, files: readonly string[]): string =>
  files
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
    .replace(/^@import .*\n/gm, '') // what is imported stands before

const PALETTE = 'web/app/palette.css'
const PAGES = [PALETTE, 'web/app/style.css', 'scripts/site/site.css']
const REFERENCE = [PALETTE, 'scripts/site/api.css']

/**
 * Builds the site.
 *
 * @throws Error - where the studio's page is not built, `out` holds something else, or a link leads nowhere
 */
export const buildSite = async ({ root, out, api }: SiteOptions): Promise<void> => {
  const web = join(root, 'dist/web')
  if (!existsSync(join(web, 'index.html'))) throw new Error(`${web}: not built; run npm run build`)
  if (!isOurs(out)) throw new Error(`${out}: holds something else than a site`)
  const put = (place: string, text: string): void => {
    mkdirSync(dirname(join(out, place)), { recursive: true })
    writeFileSync(join(out, place), text)
  }

  rmSync(out, { recursive: true, force: true })
  const groups = groupsOf(root)
  const pages = groups.flatMap((group) => group.pages)
  for (const page of pages) put(page.place, framed(page, groups, { api }))
  put(STYLE, styleOf(root, PAGES))
  for (const file of new Set(pages.flatMap(({ files }) => files)))
    if (!file.endsWith('.md')) cpSync(join(root, file), join(out, placeOf(file)))
  copyStudio(web, out)
  if (api) {
    const { writeApi } = await import('./api.ts') // reads a compiler
    put(API_STYLE, styleOf(root, REFERENCE))
    await writeApi(root, dirname(join(out, API)), join(out, API_STYLE))
  }

  const dead = deadLinks(out)
  if (dead.length > 0)
    throw new Error(`${dead.length} links of the site lead nowhere:\n${dead.slice(0, SHOWN).join('\n')}`)
}

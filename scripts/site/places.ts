/** Where files of the repository lie on the site: in the same folders, so that links stay the same. */
import { posix } from 'node:path'

/** What stands in the site beside the pages. */
export const GALLERY = 'studio/index.html'
export const EMBEDDED = 'studio/embed.html'
export const API = 'api/index.html'
export const STYLE = 'site.css'
export const API_STYLE = 'api.css'
export const ICON = 'studio/icon.svg'

/** Text that needs another extension to be shown: servers take .ts for video, and .yaml for a download. */
const SHOWN_AS_TEXT = ['', '.ts', '.yaml']

/** The place of a file: a page of Markdown is HTML, and other text gets an extension to be shown. */
export const placeOf = (file: string): string => {
  if (file === 'README.md') return 'index.html'
  if (file.endsWith('.md')) return file.replace(/\.md$/, '.html')
  return SHOWN_AS_TEXT.includes(posix.extname(file)) ? `${file}.txt` : file
}

/** A link from one place of the site to another. */
export const between = (from: string, to: string): string => posix.relative(posix.dirname(from), to)

/** A link as a page of the repository has it. */
export type Link =
  /** To another site, or within the page. */
  | { readonly kind: 'as it is' }
  /** To a file of the repository. */
  | { readonly kind: 'file'; readonly file: string; readonly anchor: string }

/** What a link in a page of the repository leads to. */
export const linkOf = (page: string, href: string): Link => {
  if (/^(\w+:|#)/.test(href)) return { kind: 'as it is' }
  const [path, anchor] = href.split('#', 2)
  return {
    kind: 'file',
    file: posix.join(posix.dirname(page), path),
    anchor: anchor === undefined ? '' : `#${anchor}`,
  }
}

/**
 * What is wrong with the links of a folder of HTML: each must lead to a file of the folder, and to an anchor
 * of it where it names one; none begins with `/`, so that the folder may lie anywhere; nothing is loaded from
 * another origin. Links that one may follow to another origin are not looked at, let alone fetched.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

interface Reference {
  readonly tag: string
  readonly url: string
}

/** Tags of a page; what stands in scripts, styles and comments is none. */
const tagsOf = (text: string): string[] =>
  text
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/(<(script|style)\b[^>]*>)[\s\S]*?<\/\2>/g, '$1')
    .match(/<[a-zA-Z][^>]*>/g) ?? []

const unescaped = (text: string): string =>
  text.replace(/&(amp|quot|#39|lt|gt);/g, (whole) => ENTITIES[whole] ?? whole)

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&quot;': '"',
  '&#39;': "'",
  '&lt;': '<',
  '&gt;': '>',
}

const valuesOf = (tag: string, name: string): string[] =>
  [...tag.matchAll(new RegExp(`\\s(?:${name})="([^"]*)"`, 'g'))].map(([, value]) => unescaped(value))

interface Scanned {
  readonly references: readonly Reference[]
  readonly anchors: ReadonlySet<string>
}

const scanned = (text: string): Scanned => {
  const tags = tagsOf(text)
  return {
    references: tags.flatMap((tag) => valuesOf(tag, 'href|src').map((url) => ({ tag, url }))),
    anchors: new Set(tags.flatMap((tag) => valuesOf(tag, 'id|name'))),
  }
}

/** Links of all pages that lead nowhere, as `page: link: why`. */
export const deadLinks = (folder: string): string[] => {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((page) => page.replaceAll('\\', '/'))
    .filter((page) => /\.(html|svg)$/.test(page)) // pictures have anchors and links, too
  const known = new Map<string, Scanned>(
    pages.map((page) => [page, scanned(readFileSync(join(folder, page), 'utf8'))]),
  )

  const faultOf = (page: string, { tag, url }: Reference): string | undefined => {
    if (/^data:/.test(url)) return undefined
    if (/^(\w+:|\/\/)/.test(url)) return /^<a\s/.test(tag) ? undefined : 'loaded from another origin'
    if (url.startsWith('/')) return 'not relative'
    const [path, anchor] = url.split('#', 2)
    const target =
      path === '' ? page : posix.join(posix.dirname(page), decodeURIComponent(path.split('?')[0]))
    if (target.startsWith('..')) return 'leads out of the folder'
    if (!existsSync(join(folder, target)) || !statSync(join(folder, target)).isFile()) return 'no such file'
    // `#/…` is an address within the studio's page.
    if (anchor === undefined || anchor === '' || anchor.startsWith('/')) return undefined
    return known.get(target)?.anchors.has(decodeURIComponent(anchor)) ? undefined : 'no such anchor'
  }

  return [...known].flatMap(([page, { references }]) =>
    references.flatMap((reference) => {
      const fault = faultOf(page, reference)
      return fault === undefined ? [] : [`${page}: ${reference.url}: ${fault}`]
    }),
  )
}

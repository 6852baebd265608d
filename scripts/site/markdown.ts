/** Markdown of the repository as HTML of the site. */
import { Marked, type Tokens } from 'marked'
import { escapeHtml } from '../../src/report/html.ts'
import { anchors } from './anchors.ts'
import { between, linkOf, placeOf } from './places.ts'

/** A heading of a page. */
interface Section {
  readonly title: string
  readonly anchor: string
}

/** What a page of Markdown becomes. */
export interface Rendered {
  /** Its first heading. */
  readonly title: string
  /** Headings of the second level. */
  readonly sections: readonly Section[]
  readonly html: string
  /** Files of the repository that it links to or shows. */
  readonly files: readonly string[]
}

/** Cells of at most so many letters stay in one line, so that columns of figures are narrow. */
const SHORT = 14

/** A box that scrolls sideways by itself, by keyboard too, instead of the page. */
const scrolling = (name: string, inside: string): string =>
  `<div class="scroll" role="group" tabindex="0" aria-label="${escapeHtml(name)}">${inside}</div>\n`

const cellOf = ({ text, align }: Tokens.TableCell, of: 'th' | 'td', inside: string): string => {
  const names = [align ?? '', text.length > SHORT ? 'long' : ''].filter(Boolean).join(' ')
  return `<${of}${names && ` class="${names}"`}>${inside}</${of}>`
}

/**
 * Renders a page. Links to files of the repository lead to their places on the site; HTML is shown as text,
 * since no page has any.
 *
 * @param page - its path in the repository
 */
export const rendered = (page: string, markdown: string): Rendered => {
  const place = placeOf(page)
  const files: string[] = []
  const headings: (Section & { readonly depth: number })[] = []
  const anchorOf = anchors()

  const onSite = (href: string): string => {
    const link = linkOf(page, href)
    if (link.kind === 'as it is') return href
    files.push(link.file)
    return `${between(place, placeOf(link.file))}${link.anchor}`
  }
  const here = (): string => headings.at(-1)?.title ?? page

  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading) {
        const title = this.parser.parseInline(tokens, this.parser.textRenderer)
        const anchor = anchorOf(title)
        headings.push({ title, anchor, depth })
        return `<h${depth} id="${escapeHtml(anchor)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      link({ href, tokens }: Tokens.Link) {
        return `<a href="${escapeHtml(onSite(href))}">${this.parser.parseInline(tokens)}</a>`
      },
      image({ href, text }: Tokens.Image) {
        return `<img src="${escapeHtml(onSite(href))}" alt="${escapeHtml(text)}" loading="lazy" />`
      },
      table({ header, rows }: Tokens.Table) {
        const row = (cells: readonly Tokens.TableCell[], of: 'th' | 'td'): string =>
          `<tr>${cells.map((cell) => cellOf(cell, of, this.parser.parseInline(cell.tokens))).join('')}</tr>\n`
        const body = rows.map((cells) => row(cells, 'td')).join('')
        const table = `<table>\n<thead>${row(header, 'th')}</thead>\n<tbody>${body}</tbody>\n</table>`
        return scrolling(`Table: ${here()}`, table)
      },
      code({ text, lang }: Tokens.Code) {
        const name = lang ? `Code in ${lang}: ${here()}` : `Text: ${here()}`
        const box = `<pre tabindex="0" role="group" aria-label="${escapeHtml(name)}">`
        return `${box}<code>${escapeHtml(text)}</code></pre>\n`
      },
      html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
    },
  })
  const html = marked.parse(markdown, { async: false })
  return {
    title: headings[0]?.title ?? page,
    sections: headings.filter(({ depth }) => depth === 2),
    html,
    files,
  }
}

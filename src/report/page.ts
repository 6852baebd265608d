import { writeAtomic } from '../formats/index.ts'
import { type Content, type Html, html, Html as Markup } from './html.ts'
import { pageStyle } from './style.ts'

/** One part of a page. */
export interface Section {
  title: string
  /** What the reader should know before looking, one or two sentences. */
  lead?: string
  body: Content
}

/** A page to be written. */
export interface Page {
  title: string
  lead?: string
  /** The command that made it. */
  command?: string
  /** Short facts under the title: date, seed, machine. */
  facts?: readonly (readonly [name: string, value: string])[]
  sections: readonly Section[]
}

/** A table: first column on the left, the others, mostly numbers, on the right. */
export interface Table {
  /** Heads of the columns; a line break splits a head in two lines. */
  columns: readonly string[]
  /** Cells as they shall read. */
  rows: readonly (readonly (string | number)[])[]
  /** Index of a row to set off. */
  marked?: number
  caption?: string
}

/** A figure with its caption. */
export const figure = (body: Content, caption?: Content): Html =>
  html`<figure>${body}${caption && html`<figcaption>${caption}</figcaption>`}</figure>`

const rowOf = ([first, ...rest]: readonly (string | number)[], marked: boolean): Html => {
  const cells = rest.map((c) => html`<td>${c}</td>`)
  return html`<tr${marked && html` class="marked"`}><th scope="row">${first}</th>${cells}</tr>
`
}

/** A table in a box that scrolls when the screen is narrow. */
export const table = ({ columns, rows, marked, caption }: Table): Html => {
  const heads = columns.map((c) => html`<th scope="col">${c}</th>`)
  return figure(
    html`<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>
${rows.map((cells, i) => rowOf(cells, i === marked))}</tbody></table></div>`,
    caption,
  )
}

const sectionOf = ({ title, lead, body }: Section): Html =>
  html`<section>
<h2>${title}</h2>
${lead && html`<p>${lead}</p>`}
${body}
</section>
`

const factOf = ([name, value]: readonly [string, string]): Html =>
  html`<div><dt>${name}</dt><dd>${value}</dd></div>`

// The policy makes the browser refuse what the file promises not to do: load anything.
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

/**
 * A whole self-contained page: no scripts, no requests, images inside.
 *
 * @example
 * ```ts
 * const sections = [{ title: 'Figures', body: table(summary) }]
 * writeReport('report.html', page({ title: 'Digits', sections }))
 * ```
 */
export const page = ({ title, lead, command, facts = [], sections }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
${lead && html`<p class="lead">${lead}</p>`}
${command && html`<pre><code>${command}</code></pre>`}
${facts.length > 0 && html`<dl>${facts.map(factOf)}</dl>`}
</header>
${sections.map(sectionOf)}
</main>
</body>
</html>
`.markup

/**
 * Writes a page so that the file holds either its old content or all of the new.
 *
 * @throws TweedieError `io` when the system refuses
 */
export const writeReport = (path: string, markup: string): void =>
  writeAtomic(path, new TextEncoder().encode(markup))

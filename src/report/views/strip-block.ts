/** Rows of pictures as a block of a page. */

import { tickLabel } from '../charts/scale.ts'
import { type Colormap, cssColor, ember, neverSeenColor, unobservedColor } from '../colormap.ts'
import { GREY } from '../colouring.ts'
import { type Html, html } from '../html.ts'
import { pixels } from '../png.ts'
import type { Strips } from '../strip.ts'

/** Width of a picture on the page, and the most of one that has its own pixels. */
const [WIDTH, MOST] = [84, 126]

/** Magnification that shows a picture about 84 pixels wide: a whole number, except of large ones. */
const scaleOf = (width: number): number =>
  width > MOST ? MOST / width : Math.max(1, Math.round(WIDTH / width))

/** A ramp of colours between two numbers. */
const ramp = (name: string, colormap: Colormap, low: number, high: number): Html => {
  const stops = Array.from({ length: 8 }, (_, i) => cssColor(colormap(i / 7))).join(',')
  const bar = html`<i style="width:7rem;background:linear-gradient(90deg,${stops})"></i>`
  const end = (value: number) => tickLabel(Number(value.toPrecision(2)))
  return html`<span>${name} ${end(low)}${bar}${end(high)}</span>`
}

const square = (colour: string): Html => html`<i style="width:.8rem;background:${colour}"></i>`

const keyOf = ({ spreadTop, values, neverSeen, outside }: Strips): Html => {
  const spread = spreadTop !== undefined && ramp('spread (standard deviation)', ember, 0, spreadTop)
  const hidden = html`<span>${square(cssColor(unobservedColor))}not observed</span>`
  const never = neverSeen && html`<span>${square(cssColor(neverSeenColor))}in no observation</span>`
  const land = outside && html`<span>${square(cssColor(GREY))}outside the domain</span>`
  const shades = values && ramp('values', values.colormap, ...values.range)
  return html`<div class="key">${hidden}${never}${land}${shades}${spread}</div>`
}

/** A table of pictures under named columns, with a key of its colours. */
export const stripBlock = (strips: Strips & { readonly title?: string }): Html => {
  const { title, columns, rows, spreadTop, values } = strips
  // Draws stand a little apart from what frames them, and so do others.
  const after = Math.max(
    columns.indexOf('spread'),
    columns.findLastIndex((c) => c.startsWith('draw ')),
  )
  const apart = (i: number) => columns[i] === 'draw 1' || columns[i] === 'spread' || i === after + 1
  const gap = (i: number) => apart(i) && html` class="gap"`
  const labelled = rows.some((row) => row.label !== '')
  const names = columns.map((c, i) => html`<th scope="col"${gap(i)}>${c}</th>`)
  const head = html`${labelled && html`<th></th>`}${names}`
  const rowOf = ({ label, pictures }: Strips['rows'][number], r: number): Html => {
    const cells = pictures.map((p, i) => {
      const image = pixels(p, `${columns[i]}, row ${r + 1}`, scaleOf(p.shape[2]))
      return html`<td${gap(i)}>${image}</td>`
    })
    return html`<tr>${labelled && html`<th scope="row">${label}</th>`}${cells}</tr>
`
  }
  return html`${title && html`<h3>${title}</h3>`}
<div class="scroll"><table class="strips"><thead><tr>${head}</tr></thead><tbody>
${rows.map(rowOf)}</tbody></table></div>
${(spreadTop !== undefined || values !== undefined) && keyOf(strips)}`
}

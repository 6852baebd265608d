import { type Html, html } from '../html.ts'
import { type Scale, tickLabel } from './scale.ts'

/** The rectangle that data occupy, in the units of the drawing. */
export interface Frame {
  left: number
  top: number
  right: number
  bottom: number
}

/** Coordinates are rounded to a tenth: a report full of digits that nobody sees is only longer. */
export const at = (value: number): string => String(Math.round(value * 10) / 10)

/** A point in the units of the data. */
export type Point = readonly [x: number, y: number]

/** The path of a line through points. */
export const polyline = (points: readonly Point[], x: Scale, y: Scale): string =>
  points.map(([u, v], i) => `${i ? 'L' : 'M'}${at(x(u))} ${at(y(v))}`).join('')

/** Length of an error bar on each side: two standard errors, nothing where there is none. */
export const reachOf = (standardError: number): number =>
  Number.isFinite(standardError) ? 2 * standardError : 0

/** Grid lines, tick labels and names of both axes. */
export const axes = (frame: Frame, x: Scale, y: Scale, names: { x: string; y: string }): Html => {
  const { left, top, right, bottom } = frame
  const level = (t: number): Html => {
    const line = html`<path class="grid" d="M${at(left)} ${at(y(t))}H${at(right)}"/>`
    const label = html`<text x="${at(left - 8)}" y="${at(y(t) + 4)}" text-anchor="end">${tickLabel(t)}</text>`
    return html`${line}${label}`
  }
  const tick = (t: number): Html => {
    const mark = html`<path class="axis" d="M${at(x(t))} ${at(bottom)}v4"/>`
    const place = html`x="${at(x(t))}" y="${at(bottom + 18)}"`
    return html`${mark}<text ${place} text-anchor="middle">${tickLabel(t)}</text>`
  }
  return html`
${y.ticks.map(level)}
${x.ticks.map(tick)}
<path class="axis" d="M${at(left)} ${at(bottom)}H${at(right)}"/>
<text x="${at((left + right) / 2)}" y="${at(bottom + 38)}" text-anchor="middle">${names.x}</text>
<text x="${at(left)}" y="${at(top - 12)}" text-anchor="start" dx="-34">${names.y}</text>`
}

/** Names of the series with a stroke of their colour, in a row from the right end. */
export const legend = (names: readonly string[], right: number, y: number): Html => {
  const width = (name: string) => 30 + 6.4 * name.length
  const total = names.reduce((sum, name) => sum + width(name), 0)
  let x = right - total + 12
  return html`${names.map((name, i) => {
    const start = x
    x += width(name)
    const stroke = html`<path class="line" d="M${at(start)} ${at(y - 4)}h14"/>`
    const text = html`<text class="name" x="${at(start + 19)}" y="${at(y)}">${name}</text>`
    return html`<g class="s${i % 6}">${stroke}${text}</g>`
  })}`
}

/** The `<svg>` around a drawing; it shrinks with the page. */
export const drawing = (width: number, height: number, title: string, body: Html): Html => {
  const size = html`viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`
  return html`<svg class="chart" ${size} role="img" aria-label="${title}">${body}</svg>`
}

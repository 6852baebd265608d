import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { rgbOf } from '../colormap.ts'
import { type Html, html } from '../html.ts'
import { dataUrl, picture } from '../png.ts'
import { seriesColors } from '../style.ts'
import { at, drawing } from './axes.ts'
import { linearScale, tickLabel } from './scale.ts'

/** Options of {@link cornerPlot}. */
export interface CornerOptions {
  /** Samples of the truth `[N', d]`: their marginals are drawn as lines over those of the samples. */
  reference?: NdArray
  /** Interval that every axis shows; default: that of the reference (or of the samples) and a little more. */
  range?: readonly [low: number, high: number]
  /** Bins per axis; default 40. */
  bins?: number
  /** Names of the coordinates; default x₁, x₂, … */
  names?: readonly string[]
  /** Width and height of one panel in CSS pixels; default 50. */
  panel?: number
  /** Colour of the samples by its index in the palette; default 0. */
  color?: number
}

const gap = 6

/** Bin of a value, or -1 outside of the range. */
const binOf = (value: number, [low, high]: readonly [number, number], bins: number): number => {
  const bin = Math.floor(((value - low) / (high - low)) * bins)
  return bin >= 0 && bin < bins ? bin : -1
}

const histogram1 = (
  samples: NdArray,
  axis: number,
  range: readonly [number, number],
  bins: number,
): Float64Array => {
  const [n, d] = samples.shape
  const density = new Float64Array(bins)
  for (let i = 0; i < n; i++) {
    const bin = binOf(Number(samples.data[i * d + axis]), range, bins)
    if (bin >= 0) density[bin] += 1 / n
  }
  return density
}

const histogram2 = (
  samples: NdArray,
  [column, row]: readonly [number, number],
  range: readonly [number, number],
  bins: number,
): Float64Array => {
  const [n, d] = samples.shape
  const density = new Float64Array(bins * bins)
  for (let i = 0; i < n; i++) {
    const j = binOf(Number(samples.data[i * d + column]), range, bins)
    const k = binOf(Number(samples.data[i * d + row]), range, bins)
    if (j >= 0 && k >= 0) density[(bins - 1 - k) * bins + j] += 1 / n
  }
  return density
}

const extent = (samples: NdArray): readonly [number, number] => {
  let [low, high] = [Infinity, -Infinity]
  for (const value of samples.data) {
    low = Math.min(low, Number(value))
    high = Math.max(high, Number(value))
  }
  const room = 0.06 * (high - low) || 1
  return [low - room, high + room]
}

/** Opacity grows with the square root of the density, so that thin tails show. */
const heatmap = (density: Float64Array, bins: number, hex: string): string => {
  const most = density.reduce((a, b) => Math.max(a, b), 0) || 1
  const color = rgbOf(hex)
  return dataUrl(
    picture(4, bins, bins, (c, i, j) => (c < 3 ? color[c] : Math.sqrt(density[i * bins + j] / most))),
  )
}

const marginalPath = (
  density: Float64Array,
  top: number,
  panel: number,
  most: number,
  close: boolean,
): string => {
  const step = panel / density.length
  const steps = [...density].map(
    (v, i) => `V${at(top + panel - (v / most) * panel * 0.92)}H${at((i + 1) * step)}`,
  )
  return `M0 ${at(top + panel)}${steps.join('')}${close ? `V${at(top + panel)}Z` : ''}`
}

/**
 * Every pair of coordinates as a two-dimensional histogram, below a diagonal of marginals.
 *
 * @param samples `[N, d]`
 * @throws TweedieError `shape` when samples are not `[N, d]` or the reference has another d
 *
 * @example
 * ```ts
 * cornerPlot(samples, { reference: truth, range: [-2.5, 2.5] })
 * ```
 */
export const cornerPlot = (samples: NdArray, options: CornerOptions = {}): Html => {
  const [, d] = samples.shape
  if (samples.shape.length !== 2 || samples.size === 0) {
    throw new TweedieError('shape', `cornerPlot: expected samples of shape [N, d], got [${samples.shape}]`)
  }
  const { reference, bins = 40, panel = 50, color = 0 } = options
  if (reference && reference.shape[1] !== d) {
    throw new TweedieError(
      'shape',
      `cornerPlot: samples have ${d} coordinates, the reference [${reference.shape}]`,
    )
  }
  const range = options.range ?? extent(reference ?? samples)
  const names =
    options.names ?? Array.from({ length: d }, (_, i) => `x${String.fromCharCode(0x2080 + ((i + 1) % 10))}`)
  const hex = seriesColors[color % seriesColors.length]
  const place = (i: number) => i * (panel + gap)
  const x = linearScale(range, [0, panel], { count: 5, nice: false })
  // Only ticks well inside: labels of neighbouring panels would touch.
  const inner = x.ticks.filter((t) => x(t) > 0.12 * panel && x(t) < 0.88 * panel)
  const ticks = inner.length > 2 ? [inner[0], inner[inner.length - 1]] : inner

  const diagonal = (i: number): Html => {
    const own = histogram1(samples, i, range, bins)
    const other = reference && histogram1(reference, i, range, bins)
    const most = Math.max(...own, ...(other ?? []))
    const area = html`<path class="area s${color % 6}" d="${marginalPath(own, 0, panel, most, true)}"/>`
    const outline = other && html`<path class="axis" d="${marginalPath(other, 0, panel, most, false)}"/>`
    return html`<g transform="translate(${place(i)} ${place(i)})">${area}
${outline}<path class="axis" d="M0 ${panel}H${panel}"/></g>`
  }
  const pair = (row: number, column: number): Html => {
    const size = html`width="${panel}" height="${panel}"`
    const density = heatmap(histogram2(samples, [column, row], range, bins), bins, hex)
    const image = html`<image href="${density}" ${size} preserveAspectRatio="none"/>`
    const corner = html`translate(${place(column)} ${place(row)})`
    return html`<g transform="${corner}"><rect class="grid" ${size}/>${image}</g>`
  }

  const tick = (t: number): Html => {
    const mark = html`<path class="axis" d="M${at(x(t))} 0v3"/>`
    const label = tickLabel(t)
    return html`${mark}<text x="${at(x(t))}" y="15" text-anchor="middle" font-size="10">${label}</text>`
  }
  const axesOf = (i: number): Html => {
    const middle = at(place(i) + panel / 2 + 4)
    const left = i > 0 && html`<text class="name" x="-8" y="${middle}" text-anchor="end">${names[i]}</text>`
    const below = html`<text class="name" x="${panel / 2}" y="31" text-anchor="middle">${names[i]}</text>`
    return html`${left}
<g transform="translate(${place(i)} ${place(d - 1) + panel})">${ticks.map(tick)}${below}</g>`
  }
  const each = Array.from({ length: d }, (_, i) => i)
  const pairs = each.flatMap((row) => each.slice(0, row).map((column) => pair(row, column)))
  const body = html`<g transform="translate(30 4)">${each.map(diagonal)}${pairs}${each.map(axesOf)}</g>`
  return drawing(place(d) - gap + 40, place(d) - gap + 42, `corner plot of ${d} coordinates`, body)
}

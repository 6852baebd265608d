/**
 * Both figures of DiEM in one drawing: what each choice of V makes of the coil, and the
 * divergences by noise level.
 */
import { at, axes, drawing, type Frame, legend, polyline } from '../../src/report/charts/axes.ts'
import { logScale, type Scale } from '../../src/report/charts/scale.ts'
import { dataUrl, type Html, html, standaloneSvg } from '../../src/report/index.ts'
import { picture } from '../../src/report/png.ts'
import type { NdArray } from '../../src/tensor/index.ts'
import type { Band } from './study.ts'

/** A curve of the chart. */
export interface Curve {
  readonly name: string
  readonly bands: readonly Band[]
}

/** Points of one panel, [n, 3]. */
export interface Panel {
  readonly name: string
  readonly points: NdArray
}

const PANEL = 118
const GAP = 10
const BINS = 59
/** Half the width that a panel shows, prior units. */
const REACH = 3

/** Opacity of (x₁, x₃): the square root of the density, so that thin parts show. */
const density = ({ points }: Panel): string => {
  const counts = new Float64Array(BINS * BINS)
  const bin = (value: number) => Math.floor(((value + REACH) / (2 * REACH)) * BINS)
  for (let i = 0; i < points.shape[0]; i++) {
    const [column, row] = [bin(Number(points.data[3 * i])), BINS - 1 - bin(Number(points.data[3 * i + 2]))]
    if (column >= 0 && column < BINS && row >= 0 && row < BINS) counts[row * BINS + column]++
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1)
  const ink = [0.11, 0.25, 0.45]
  return dataUrl(
    picture(4, BINS, BINS, (c, i, j) => (c < 3 ? ink[c] : Math.sqrt(counts[i * BINS + j] / most))),
  )
}

/** Panels side by side, with their names above. */
const panelsOf = (panels: readonly Panel[]): Html => {
  const size = html`y="20" width="${PANEL}" height="${PANEL}"`
  return html`${panels.map((panel, i) => {
    const name = html`<text class="name" x="${PANEL / 2}" y="12" text-anchor="middle">${panel.name}</text>`
    return html`<g transform="translate(${i * (PANEL + GAP)} 0)">${name}
<rect class="grid" ${size}/><image href="${density(panel)}" ${size}/></g>`
  })}`
}

const bandPath = (bands: readonly Band[], x: Scale, y: Scale): string => {
  const up = bands.map((b) => [b.sigma, b.high] as const)
  const down = [...bands].reverse().map((b) => [b.sigma, b.low] as const)
  return `${polyline([...up, ...down], x, y)}Z`
}

/** Medians as lines, quartiles as bands, both axes logarithmic. */
const chart = (curves: readonly Curve[], width: number, height: number): Html => {
  const frame: Frame = { left: 52, top: 44, right: width - 14, bottom: height - 46 }
  const all = curves.flatMap(({ bands }) => bands)
  const span = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)]
  const x = logScale(span(all.map((b) => b.sigma)), [frame.left, frame.right])
  const y = logScale(span(all.flatMap((b) => [b.low, b.high])), [frame.bottom, frame.top])
  const dot = (b: Band): Html =>
    html`<circle class="dot" cx="${at(x(b.sigma))}" cy="${at(y(b.median))}" r="2.6"/>`
  const curve = ({ bands }: Curve, i: number): Html => {
    const area = html`<path class="area" d="${bandPath(bands, x, y)}"/>`
    const medians = polyline(
      bands.map((b) => [b.sigma, b.median]),
      x,
      y,
    )
    return html`<g class="s${i % 6}">${area}<path class="line" d="${medians}"/>${bands.map(dot)}</g>`
  }
  return html`${axes(frame, x, y, { x: 'noise level σ', y: 'Sinkhorn divergence, squared prior units' })}
${curves.map(curve)}
${legend(
  curves.map(({ name }) => name),
  frame.right,
  14,
)}`
}

/** The drawing as the text of an `.svg` file. */
export const covarianceFigure = (panels: readonly Panel[], curves: readonly Curve[]): string => {
  const width = panels.length * (PANEL + GAP) - GAP + 20
  const [top, height] = [PANEL + 44, 330]
  const body = html`<g transform="translate(10 8)">${panelsOf(panels)}</g>
<g transform="translate(0 ${top})">${chart(curves, width, height)}</g>`
  return standaloneSvg(drawing(width, top + height, 'posteriors by covariance', body))
}

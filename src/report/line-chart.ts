import { TweedieError } from '../error.ts'
import { at, axes, drawing, type Frame, legend } from './axes.ts'
import { type Html, html } from './html.ts'
import { linearScale, logScale, type Scale } from './scale.ts'

/** One axis of a chart. */
export interface Axis {
  /** Name with its unit. */
  label: string
  /** Default `linear`. Values that are not positive are left out of a `log` axis. */
  scale?: 'linear' | 'log'
}

/** One curve. */
export interface Series {
  name: string
  points: readonly (readonly [x: number, y: number])[]
  /** Draws a dot at every point: for curves of few points. Default: up to 40 points. */
  dots?: boolean
}

/** A chart of curves. */
export interface LineChart {
  x: Axis
  y: Axis
  series: readonly Series[]
  /** Horizontal lines to compare with, such as a target. */
  guides?: readonly { label: string; y: number }[]
  /** Size in CSS pixels; default 480 × 300. */
  width?: number
  height?: number
  caption?: string
}

/** Most points of a curve that are drawn. */
const mostPoints = 400

type Point = readonly [x: number, y: number]

/** Long curves are averaged over equal runs of points, which also calms a noisy loss. */
export const thinned = (points: readonly Point[], most: number = mostPoints): readonly Point[] => {
  if (points.length <= most) return points
  return Array.from({ length: most }, (_, i) => {
    const run = points.slice(
      Math.floor((i * points.length) / most),
      Math.floor(((i + 1) * points.length) / most),
    )
    const mean = (axis: 0 | 1) => run.reduce((sum, p) => sum + p[axis], 0) / run.length
    return [mean(0), mean(1)] as const
  })
}

const scaleOf = (
  axis: Axis,
  values: readonly number[],
  screen: readonly [number, number],
  nice: boolean,
): Scale => {
  const [low, high] = values.reduce(([l, h], v) => [Math.min(l, v), Math.max(h, v)], [Infinity, -Infinity])
  if (low > high) return linearScale([0, 1], screen)
  return axis.scale === 'log' ? logScale([low, high], screen) : linearScale([low, high], screen, { nice })
}

const curve = (points: readonly Point[], x: Scale, y: Scale): string =>
  points.map((p, i) => `${i ? 'L' : 'M'}${at(x(p[0]))} ${at(y(p[1]))}`).join('')

/**
 * Curves on linear or logarithmic axes, as inline SVG. Points that are not finite (or not positive on a log
 * axis) are left out; curves of more than 400 points are averaged over equal runs.
 *
 * @throws TweedieError `input` without any series
 *
 * @example
 * ```ts
 * const series = [{ name: 'training', points }]
 * lineChart({ x: { label: 'lap' }, y: { label: 'loss', scale: 'log' }, series })
 * ```
 */
export const lineChart = ({ x, y, series, guides = [], width = 480, height = 300 }: LineChart): Html => {
  if (series.length === 0)
    throw new TweedieError('input', 'lineChart: expected at least one series, got none')
  const frame: Frame = { left: 52, top: 44, right: width - 14, bottom: height - 46 }
  const legal = (axis: Axis, v: number) => Number.isFinite(v) && (axis.scale !== 'log' || v > 0)
  const curves = series.map(({ name, points, dots }) => {
    const kept = thinned(points.filter(([a, b]) => legal(x, a) && legal(y, b)))
    return { name, points: kept, dots: dots ?? kept.length <= 40 }
  })
  const all = curves.flatMap((c) => c.points)
  const xs = scaleOf(
    x,
    all.map((p) => p[0]),
    [frame.left, frame.right],
    false,
  )
  const levels = [...all.map((p) => p[1]), ...guides.map((g) => g.y).filter((v) => legal(y, v))]
  const ys = scaleOf(y, levels, [frame.bottom, frame.top], true)
  const guide = (g: { readonly label: string; readonly y: number }) => html`
<path class="guide" d="M${at(frame.left)} ${at(ys(g.y))}H${at(frame.right)}"/>
<text x="${at(frame.right)}" y="${at(ys(g.y) - 5)}" text-anchor="end">${g.label}</text>`
  const dot = ([a, b]: readonly [number, number]) =>
    html`<circle class="dot" cx="${at(xs(a))}" cy="${at(ys(b))}" r="2.6"/>`
  const body = html`${axes(frame, xs, ys, { x: x.label, y: y.label })}
${guides.map(guide)}
${curves.map(
  ({ points, dots }, i) =>
    html`<g class="s${i % 6}"><path class="line" d="${curve(points, xs, ys)}"/>
${dots && points.map(dot)}</g>`,
)}
${
  series.length > 1 &&
  legend(
    series.map((s) => s.name),
    frame.right,
    14,
  )
}`
  return drawing(width, height, `${y.label} against ${x.label}`, body)
}

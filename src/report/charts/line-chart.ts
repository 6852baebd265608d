import { TweedieError } from '../../error.ts'
import { average } from '../../tensor/index.ts'
import { type Html, html } from '../html.ts'
import { at, axes, drawing, type Frame, legend, type Point, polyline } from './axes.ts'
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
  /** In the legend, which is drawn for two series or more. */
  name: string
  /** In the units of the axes, in the order of the line. */
  points: readonly (readonly [x: number, y: number])[]
  /** Draws a dot at every point: for curves of few points. Default: up to 40 points. */
  dots?: boolean
}

/** A chart of curves. */
export interface LineChart {
  /** Horizontal axis. */
  x: Axis
  /** Vertical axis. */
  y: Axis
  /** At least one. */
  series: readonly Series[]
  /** Horizontal lines to compare with, such as a target. */
  guides?: readonly { label: string; y: number }[]
  /** Size in CSS pixels; default 480 × 300. */
  width?: number
  height?: number
  /** Text below the chart on a page. */
  caption?: string
}

/** Most points of a curve that are drawn. */
const mostPoints = 400

/** Long curves are averaged over equal runs of points, which also calms a noisy loss. */
const thinned = (points: readonly Point[], most: number = mostPoints): readonly Point[] => {
  if (points.length <= most) return points
  return Array.from({ length: most }, (_, i) => {
    const run = points.slice(
      Math.floor((i * points.length) / most),
      Math.floor(((i + 1) * points.length) / most),
    )
    const mean = (axis: 0 | 1) => average(run.map((p) => p[axis]))
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

/**
 * Curves on linear or logarithmic axes, as inline SVG. Points that are not finite (or not positive on a log
 * axis) are left out; curves of more than 400 points are averaged over equal runs.
 *
 * @throws TweedieError `input` without any series
 *
 * @example
 * ```ts
 * const series = [{ name: 'training', points: [[1, 0.9], [2, 0.4], [3, 0.2]] as const }]
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
  const guide = ({ label, y }: { label: string; y: number }): Html => {
    const line = html`<path class="guide" d="M${at(frame.left)} ${at(ys(y))}H${at(frame.right)}"/>`
    return html`${line}<text x="${at(frame.right)}" y="${at(ys(y) - 5)}" text-anchor="end">${label}</text>`
  }
  const dot = ([a, b]: Point): Html => html`<circle class="dot" cx="${at(xs(a))}" cy="${at(ys(b))}" r="2.6"/>`
  const curve = ({ points, dots }: { points: readonly Point[]; dots: boolean }, i: number): Html => {
    const line = html`<path class="line" d="${polyline(points, xs, ys)}"/>`
    return html`<g class="s${i % 6}">${line}${dots && points.map(dot)}</g>`
  }
  const body = html`${axes(frame, xs, ys, { x: x.label, y: y.label })}
${guides.map(guide)}
${curves.map(curve)}
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

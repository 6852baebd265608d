import type { Coverage } from '../../diagnose/index.ts'
import { type Html, html } from '../html.ts'
import { at, axes, drawing, type Frame, legend, polyline, reachOf } from './axes.ts'
import { linearScale } from './scale.ts'

/** Coverage read from one sampler. */
export interface CoverageSeries {
  /** In the legend. */
  name: string
  /** One for each level, in any order. */
  readings: readonly Coverage[]
}

/**
 * Observed against nominal coverage. On the diagonal a sampler is calibrated; below it is
 * overconfident, above it is too cautious. Bars are two standard errors; hollow dots mark levels that
 * the number of draws cannot resolve.
 *
 * @example
 * ```ts
 * calibrationChart([{ name: 'learned prior', readings: coverage(draws, truth) }])
 * ```
 */
export const calibrationChart = (series: readonly CoverageSeries[], size = 400): Html => {
  const frame: Frame = { left: 52, top: 44, right: size - 14, bottom: size - 46 }
  const x = linearScale([0, 1], [frame.left, frame.right])
  const y = linearScale([0, 1], [frame.bottom, frame.top])
  const dot = ({ level, observed, standardError, resolved }: Coverage) => {
    const reach = reachOf(standardError)
    const [low, high] = [Math.max(0, observed - reach), Math.min(1, observed + reach)]
    const bar = html`<path class="line" d="M${at(x(level))} ${at(y(low))}V${at(y(high))}"/>`
    const centre = html`cx="${at(x(level))}" cy="${at(y(observed))}"`
    return html`${bar}<circle class="dot${!resolved && ' hollow'}" ${centre} r="3.2"/>`
  }
  const path = (readings: readonly Coverage[]) =>
    polyline(
      readings.map((r) => [r.level, r.observed]),
      x,
      y,
    )
  const ordered = series.map((s) => [...s.readings].sort((a, b) => a.level - b.level))
  const curve = (readings: readonly Coverage[], i: number) =>
    html`<g class="s${i % 6}"><path class="line" d="${path(readings)}"/>${readings.map(dot)}</g>`
  const labels = { x: 'nominal level of the interval', y: 'fraction inside' }
  const body = html`${axes(frame, x, y, labels)}
<path class="guide" d="M${at(x(0))} ${at(y(0))}L${at(x(1))} ${at(y(1))}"/>
${ordered.map(curve)}
${legend(
  series.map((s) => s.name),
  frame.right,
  14,
)}`
  return drawing(size, size, 'observed against nominal coverage', body)
}

import type { Coverage } from '../diagnose/index.ts'
import { at, axes, drawing, type Frame, legend } from './axes.ts'
import { type Html, html } from './html.ts'
import { linearScale } from './scale.ts'

/** Coverage read from one sampler. */
export interface CoverageSeries {
  name: string
  readings: readonly Coverage[]
}

/**
 * Observed against nominal coverage. On the diagonal a sampler is calibrated; below it is overconfident,
 * above it is too cautious. Bars are two standard errors; hollow dots mark levels that the number of draws
 * cannot resolve.
 *
 * @example
 * ```ts
 * calibrationChart([{ name: 'learned prior', readings: coverage(draws, truth, { levels }) }])
 * ```
 */
export const calibrationChart = (series: readonly CoverageSeries[], size = 400): Html => {
  const frame: Frame = { left: 52, top: 44, right: size - 14, bottom: size - 46 }
  const x = linearScale([0, 1], [frame.left, frame.right])
  const y = linearScale([0, 1], [frame.bottom, frame.top])
  const dot = ({ level, observed, standardError, resolved }: Coverage) => {
    const reach = Number.isFinite(standardError) ? 2 * standardError : 0
    const [low, high] = [Math.max(0, observed - reach), Math.min(1, observed + reach)]
    return html`<path class="line" d="M${at(x(level))} ${at(y(low))}V${at(y(high))}"/>
<circle class="dot${!resolved && ' hollow'}" cx="${at(x(level))}" cy="${at(y(observed))}" r="3.2"/>`
  }
  const path = (readings: readonly Coverage[]) =>
    readings.map((r, i) => `${i ? 'L' : 'M'}${at(x(r.level))} ${at(y(r.observed))}`).join('')
  const ordered = series.map((s) => [...s.readings].sort((a, b) => a.level - b.level))
  const curve = (readings: readonly Coverage[], i: number) =>
    html`<g class="s${i % 6}"><path class="line" d="${path(readings)}"/>${readings.map(dot)}</g>`
  const names = { x: 'nominal level of the interval', y: 'fraction of pixels inside' }
  const body = html`${axes(frame, x, y, names)}
<path class="guide" d="M${at(x(0))} ${at(y(0))}L${at(x(1))} ${at(y(1))}"/>
${ordered.map(curve)}
${legend(
  series.map((s) => s.name),
  frame.right,
  14,
)}`
  return drawing(size, size, 'observed against nominal coverage', body)
}

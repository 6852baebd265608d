import { type Html, html } from '../html.ts'
import { at, axes, drawing, type Frame, reachOf } from './axes.ts'
import { linearScale } from './scale.ts'

/** Shares of equal bins of [0, 1] with their standard errors. */
export interface Shares {
  /** Share of each bin; their sum is 1. */
  readonly shares: Float64Array
  /** Of each share; NaN where there is none. */
  readonly standardErrors: Float64Array
}

/**
 * Histogram of the probability integral transform: bars with two standard errors, and the
 * level that all should have.
 *
 * @example
 * ```ts
 * shareChart(pit(draws, truth))
 * ```
 */
export const shareChart = ({ shares, standardErrors }: Shares, width = 480, height = 300): Html => {
  const frame: Frame = { left: 60, top: 44, right: width - 14, bottom: height - 46 }
  const bins = shares.length
  const reach = (b: number) => reachOf(standardErrors[b])
  const most = Math.max(1 / bins, ...Array.from(shares, (s, b) => s + reach(b)))
  const x = linearScale([0, 1], [frame.left, frame.right])
  const y = linearScale([0, most], [frame.bottom, frame.top])
  const bar = (share: number, b: number) => {
    const [left, right] = [x(b / bins) + 1, x((b + 1) / bins) - 1]
    const middle = (left + right) / 2
    const [low, high] = [Math.max(0, share - reach(b)), share + reach(b)]
    const size = html`width="${at(right - left)}" height="${at(y(0) - y(share))}"`
    const area = html`<rect class="area" x="${at(left)}" y="${at(y(share))}" ${size}/>`
    return html`${area}<path class="line" d="M${at(middle)} ${at(y(low))}V${at(y(high))}"/>`
  }
  const labels = { x: 'share of the draws below the truth', y: 'share of the entries' }
  const body = html`${axes(frame, x, y, labels)}
<g class="s0">${Array.from(shares, bar)}</g>
<path class="guide" d="M${at(frame.left)} ${at(y(1 / bins))}H${at(frame.right)}"/>`
  return drawing(width, height, 'histogram of the probability integral transform', body)
}

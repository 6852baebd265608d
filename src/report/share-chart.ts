import { at, axes, drawing, type Frame } from './axes.ts'
import { type Html, html } from './html.ts'
import { linearScale } from './scale.ts'

/** Shares of equal bins of [0, 1] with their standard errors. */
export interface Shares {
  readonly shares: Float64Array
  readonly standardErrors: Float64Array
}

/**
 * Histogram of the probability integral transform: bars with two standard errors, and the level that all
 * should have.
 *
 * @example
 * ```ts
 * shareChart(pit(draws, truth))
 * ```
 */
export const shareChart = ({ shares, standardErrors }: Shares, width = 480, height = 300): Html => {
  const frame: Frame = { left: 60, top: 44, right: width - 14, bottom: height - 46 }
  const bins = shares.length
  const reach = (b: number) => (Number.isFinite(standardErrors[b]) ? 2 * standardErrors[b] : 0)
  const most = Math.max(1 / bins, ...Array.from(shares, (s, b) => s + reach(b)))
  const x = linearScale([0, 1], [frame.left, frame.right])
  const y = linearScale([0, most], [frame.bottom, frame.top])
  const bar = (share: number, b: number) => {
    const [left, right] = [x(b / bins) + 1, x((b + 1) / bins) - 1]
    const middle = (left + right) / 2
    const [low, high] = [Math.max(0, share - reach(b)), share + reach(b)]
    const [width, height] = [at(right - left), at(y(0) - y(share))]
    return html`<rect class="area" x="${at(left)}" y="${at(y(share))}" width="${width}" height="${height}"/>
<path class="line" d="M${at(middle)} ${at(y(low))}V${at(y(high))}"/>`
  }
  const names = { x: 'share of the draws below the truth', y: 'share of the entries' }
  const body = html`${axes(frame, x, y, names)}
<g class="s0">${Array.from(shares, bar)}</g>
<path class="guide" d="M${at(frame.left)} ${at(y(1 / bins))}H${at(frame.right)}"/>`
  return drawing(width, height, 'histogram of the probability integral transform', body)
}

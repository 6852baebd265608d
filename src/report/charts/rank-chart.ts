import type { RankBar } from '../../diagnose/index.ts'
import { type Html, html } from '../html.ts'
import { at, axes, drawing, type Frame } from './axes.ts'
import { linearScale } from './scale.ts'

/**
 * Histogram of ranks, in the band that the bars of a calibrated sampler stay in all together. A ∪ belongs to
 * draws that are too narrow, a ∩ to draws too wide, a slope to shifted draws.
 *
 * @example
 * ```ts
 * rankChart(rankHistogram(sbc(draws, truth).quantities[0].ranks, draws.shape[0]))
 * ```
 */
export const rankChart = (bars: readonly RankBar[], width = 480, height = 300): Html => {
  const frame: Frame = { left: 60, top: 44, right: width - 14, bottom: height - 46 }
  const most = Math.max(...bars.flatMap((bar) => [bar.height, bar.high]))
  const x = linearScale([0, 1], [frame.left, frame.right])
  const y = linearScale([0, 1.05 * most], [frame.bottom, frame.top])
  let end = 0
  const placed = bars.map((bar) => {
    const start = end
    end += bar.width
    return { ...bar, from: x(start), to: x(end) }
  })
  const size = (w: number, h: number) => html`width="${at(w)}" height="${at(h)}"`
  const box = ({ from, to, height: h }: (typeof placed)[number]) =>
    html`<rect class="area" x="${at(from + 1)}" y="${at(y(h))}" ${size(to - from - 2, y(0) - y(h))}/>`
  const over = placed.map(({ from, to, high }) => `${at(from)} ${at(y(high))}L${at(to)} ${at(y(high))}`)
  const under = placed.map(({ from, to, low }) => `${at(to)} ${at(y(low))}L${at(from)} ${at(y(low))}`)
  const labels = { x: 'share of the draws below the truth', y: 'problems, over what they should be' }
  const body = html`<path class="area s4" d="M${[...over, ...under.reverse()].join('L')}Z"/>
${axes(frame, x, y, labels)}
<g class="s0">${placed.map(box)}</g>
<path class="guide" d="M${at(frame.left)} ${at(y(1))}H${at(frame.right)}"/>`
  return drawing(width, height, 'histogram of ranks in the band of even ranks', body)
}

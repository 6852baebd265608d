import type { RankBand, RankUniformity } from '../../diagnose/index.ts'
import { type Html, html } from '../html.ts'
import { seriesColors } from '../style.ts'
import { at, axes, drawing, type Frame, type Point, polyline } from './axes.ts'
import { linearScale } from './scale.ts'

/** Ranks of one quantity. */
export interface EcdfSeries {
  /** In the key, see {@link ecdfKey}. */
  readonly name: string
  /** A result of `rankUniformity`, `sbc` or `tarp`. */
  readonly ranks: Pick<RankUniformity, 'expected' | 'observed'>
}

/**
 * Empirical distribution functions of ranks less the straight line that they should follow, in the band that
 * a calibrated sampler stays in everywhere. A line that dips, then rises, belongs to draws that are too wide;
 * the reverse, to draws too narrow; a bulge to one side, to shifted draws.
 *
 * @example
 * ```ts
 * const { quantities } = sbc(draws, truth)
 * ecdfChart([{ name: 'mean', ranks: quantities[0] }], rankBand(truth.shape[0], draws.shape[0]))
 * ```
 */
export const ecdfChart = (series: readonly EcdfSeries[], band: RankBand, width = 480, height = 300): Html => {
  const frame: Frame = { left: 60, top: 44, right: width - 14, bottom: height - 46 }
  const gaps = series.flatMap(({ ranks }) =>
    Array.from(ranks.observed, (f, i) => Math.abs(f - ranks.expected[i])),
  )
  const edges = Array.from(band.expected, (z, i) => Math.max(band.high[i] - z, z - band.low[i]))
  const most = Math.max(...gaps, ...edges)
  const x = linearScale([0, 1], [frame.left, frame.right])
  const y = linearScale([-most, most], [frame.bottom, frame.top])
  const path = (points: readonly Point[]) => polyline(points, x, y)
  const along = (zs: Float64Array, fs: Float64Array) => Array.from(zs, (z, i) => [z, fs[i] - z] as const)
  const ends = (points: readonly Point[]): Point[] => [[0, 0], ...points, [1, 0]]
  const outline = [...ends(along(band.expected, band.high)), ...along(band.expected, band.low).reverse()]
  const line = ({ ranks }: EcdfSeries, i: number) => {
    const d = path(ends(along(ranks.expected, ranks.observed)))
    return html`<g class="s${i % 6}"><path class="line" d="${d}"/></g>`
  }
  const body = html`<path class="area s4" d="${path(outline)}Z"/>
${axes(frame, x, y, { x: 'share of the draws below the truth', y: 'share of the problems, less expected' })}
<path class="guide" d="M${at(frame.left)} ${at(y(0))}H${at(frame.right)}"/>
${series.map(line)}`
  return drawing(width, height, 'ranks against what they should be', body)
}

/** Names of the lines of an {@link ecdfChart}, below it: there are more than fit above. */
export const ecdfKey = (names: readonly string[]): Html => {
  const entry = (name: string, i: number) => {
    const style = html`width:1rem;height:.2rem;background:${seriesColors[i % seriesColors.length]}`
    return html`<span><i style="${style}"></i>${name}</span>`
  }
  return html`<div class="key">${names.map(entry)}</div>`
}

import type { RankBand, RankUniformity } from '../diagnose/index.ts'
import { at, axes, drawing, type Frame } from './axes.ts'
import { type Html, html } from './html.ts'
import { linearScale } from './scale.ts'
import { seriesColors } from './style.ts'

/** Ranks of one quantity. */
export interface EcdfSeries {
  readonly name: string
  readonly ranks: Pick<RankUniformity, 'expected' | 'observed'>
}

/**
 * Empirical distribution functions of ranks less the straight line that they should follow, in the band that
 * a calibrated sampler stays in everywhere. A line that dips, then rises, belongs to draws that are too wide;
 * the reverse, to draws too narrow; a bulge to one side, to shifted draws.
 *
 * @example
 * ```ts
 * ecdfChart([{ name: 'mean', ranks: quantities[0] }], rankBand(problems, draws))
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
  const path = (points: readonly (readonly [number, number])[]) =>
    points.map(([u, v], i) => `${i ? 'L' : 'M'}${at(x(u))} ${at(y(v))}`).join('')
  const along = (zs: Float64Array, fs: Float64Array) => Array.from(zs, (z, i) => [z, fs[i] - z] as const)
  const ends = (points: readonly (readonly [number, number])[]) => [
    [0, 0] as const,
    ...points,
    [1, 0] as const,
  ]
  const outline = [...ends(along(band.expected, band.high)), ...along(band.expected, band.low).reverse()]
  const body = html`<path class="area s4" d="${path(outline)}Z"/>
${axes(frame, x, y, { x: 'share of the draws below the truth', y: 'share of the problems, less expected' })}
<path class="guide" d="M${at(frame.left)} ${at(y(0))}H${at(frame.right)}"/>
${series.map(
  ({ ranks }, i) => html`
<g class="s${i % 6}"><path class="line" d="${path(ends(along(ranks.expected, ranks.observed)))}"/></g>`,
)}`
  return drawing(width, height, 'ranks against what they should be', body)
}

/** Names of the lines of an {@link ecdfChart}, below it: there are more than fit above. */
export const ecdfKey = (names: readonly string[]): Html =>
  html`<div class="key">${names.map((name, i) => {
    const colour = seriesColors[i % seriesColors.length]
    return html`<span><i style="width:1rem;height:.2rem;background:${colour}"></i>${name}</span>`
  })}</div>`

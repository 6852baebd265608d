/** Bars of a histogram, with marks; the same numbers stand in a table beside it. */
import type { Histogram } from '../posterior/histogram.ts'
import { shown } from './number.ts'
import './histogram.css'

/** A line across the bars. */
export interface Mark {
  readonly name: string
  readonly value: number
  /** Its look in the style sheet. */
  readonly kind: 'mean' | 'truth' | 'draw'
}

const [WIDTH, HEIGHT, FOOT] = [300, 120, 16]

/** @param band - ends of an interval, shaded */
export const HistogramChart = ({
  histogram: { edges, counts },
  marks,
  band,
  label,
}: {
  readonly histogram: Histogram
  readonly marks: readonly Mark[]
  readonly band?: readonly [number, number]
  readonly label: string
}) => {
  const seen = marks.map(({ value }) => value).filter(Number.isFinite)
  const low = Math.min(edges[0], ...seen)
  const high = Math.max(edges[edges.length - 1], ...seen)
  const x = (value: number): number => (WIDTH * (value - low)) / (high - low || 1)
  const most = Math.max(1, ...counts)
  return (
    <svg class="histogram" viewBox={`0 0 ${WIDTH} ${HEIGHT + FOOT}`} role="img" aria-label={label}>
      {band && (
        <rect
          class="histogram-band"
          x={x(band[0])}
          y={0}
          width={Math.max(0, x(band[1]) - x(band[0]))}
          height={HEIGHT}
        />
      )}
      {counts.map((count, i) => {
        const tall = ((HEIGHT - 4) * count) / most
        return (
          <rect
            key={edges[i]}
            class="histogram-bar"
            x={x(edges[i]) + 0.5}
            y={HEIGHT - tall}
            width={Math.max(0.5, x(edges[i + 1]) - x(edges[i]) - 1)}
            height={tall}
          />
        )
      })}
      <path class="histogram-foot" d={`M0 ${HEIGHT}H${WIDTH}`} />
      {marks
        .filter(({ value }) => Number.isFinite(value))
        .map(({ name, value, kind }) => (
          <path key={name} class={`histogram-mark ${kind}`} d={`M${x(value)} 0V${HEIGHT}`} />
        ))}
      <text x={0} y={HEIGHT + 13}>
        {shown(low)}
      </text>
      <text x={WIDTH} y={HEIGHT + 13} text-anchor="end">
        {shown(high)}
      </text>
    </svg>
  )
}

/** The marks and their colours, in words. */
export const MarkKey = ({ marks }: { readonly marks: readonly Mark[] }) => (
  <ul class="mark-key">
    {marks.map(({ name, value, kind }) => (
      <li key={name}>
        <i class={kind} />
        {name} <b>{shown(value)}</b>
      </li>
    ))}
  </ul>
)

/** Curves and a band over the entries of a series; long ones as their extremes in each pixel. */
import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact'
import { shown } from './number.ts'
import './fan.css'

/** A curve. */
export interface Curve {
  readonly name: string
  readonly values: ArrayLike<number>
  /** Its look in the style sheet. */
  readonly kind: 'mean' | 'truth' | 'draw' | 'kept' | 'signed'
}

const [WIDTH, HEIGHT, LEFT, FOOT] = [720, 240, 44, 18]

/** Pixels that a long series is drawn with. */
const COLUMNS = 640

/** Lowest and highest of each column of entries [from, to): as they are where there are few. */
export const extremes = (
  values: ArrayLike<number>,
  [from, to]: readonly [number, number],
  columns: number,
): readonly { readonly at: number; readonly low: number; readonly high: number }[] => {
  const wide = Math.max(1, (to - from) / columns)
  const found: { at: number; low: number; high: number }[] = []
  for (let c = 0; from + Math.floor(c * wide) < to; c++) {
    const start = from + Math.floor(c * wide)
    const end = Math.min(to, Math.max(start + 1, from + Math.floor((c + 1) * wide)))
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = start; i < end; i++) {
      if (!Number.isFinite(values[i])) continue
      low = Math.min(low, values[i])
      high = Math.max(high, values[i])
    }
    if (low <= high) found.push({ at: (start + end - 1) / 2, low, high })
  }
  return found
}

interface FanProps {
  readonly label: string
  readonly length: number
  /** Entries that are shown. */
  readonly window: readonly [from: number, to: number]
  readonly ends: readonly [low: number, high: number]
  readonly band?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> }
  readonly curves: readonly Curve[]
  /** What was seen; NaN where nothing was. */
  readonly dots?: ArrayLike<number>
  readonly region?: Uint8Array
  readonly place: number
  readonly onPlace: (place: number) => void
  readonly onStretch?: (from: number, to: number) => void
}

const stretchesOf = (marks: Uint8Array): readonly (readonly [number, number])[] => {
  const found: [number, number][] = []
  marks.forEach((mark, i) => {
    const last = found[found.length - 1]
    if (mark === 0) return
    if (last && last[1] === i) last[1] = i + 1
    else found.push([i, i + 1])
  })
  return found
}

export const Fan = (props: FanProps) => {
  const { label, length, window: seen, ends, band, curves, dots, region, place } = props
  const [from, to] = seen
  const few = to - from <= COLUMNS
  const x = (i: number) => LEFT + ((WIDTH - LEFT) * (i + 0.5 - from)) / (to - from)
  const y = (v: number) => HEIGHT - (HEIGHT * (v - ends[0])) / (ends[1] - ends[0] || 1)
  const pathOf = (values: ArrayLike<number>) =>
    extremes(values, seen, COLUMNS)
      .map(
        ({ at, low, high }, i) =>
          `${i ? 'L' : 'M'}${x(at).toFixed(1)} ${y(few ? low : high).toFixed(1)}${few ? '' : `V${y(low).toFixed(1)}`}`,
      )
      .join('')
  const area = band && {
    up: extremes(band.high, seen, COLUMNS),
    down: extremes(band.low, seen, COLUMNS).toReversed(),
  }
  const placeAt = ({ currentTarget, clientX }: TargetedPointerEvent<SVGSVGElement>): number => {
    const box = currentTarget.getBoundingClientRect()
    const across = (WIDTH * (clientX - box.left)) / box.width
    return Math.min(
      to - 1,
      Math.max(from, Math.floor(from + ((to - from) * (across - LEFT)) / (WIDTH - LEFT))),
    )
  }
  const onKeyDown = (event: TargetedKeyboardEvent<SVGSVGElement>) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    props.onPlace(Math.min(length - 1, Math.max(0, place + step * (event.shiftKey ? 10 : 1))))
  }
  return (
    <svg
      class="fan"
      viewBox={`0 0 ${WIDTH} ${HEIGHT + FOOT}`}
      role="application"
      aria-label={`${label}. Left and right arrow keys move the cross-hair.`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        props.onPlace(placeAt(event))
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
        if (event.shiftKey) props.onStretch?.(place, placeAt(event))
        else props.onPlace(placeAt(event))
      }}
    >
      <clipPath id="fan-clip">
        <rect x={LEFT} y={0} width={WIDTH - LEFT} height={HEIGHT} />
      </clipPath>
      <g clip-path="url(#fan-clip)">
        {region &&
          stretchesOf(region).map(([a, b]) => (
            <rect
              key={a}
              class="fan-region"
              x={x(a - 0.5)}
              y={0}
              width={x(b - 0.5) - x(a - 0.5)}
              height={HEIGHT}
            />
          ))}
        {area && (
          <path
            class="fan-band"
            d={`${area.up.map(({ at, high }, i) => `${i ? 'L' : 'M'}${x(at).toFixed(1)} ${y(high).toFixed(1)}`).join('')}${area.down
              .map(({ at, low }) => `L${x(at).toFixed(1)} ${y(low).toFixed(1)}`)
              .join('')}Z`}
          />
        )}
        {curves.map(({ name, values, kind }) => (
          <path key={name} class={`fan-curve ${kind}`} d={pathOf(values)} />
        ))}
        {dots &&
          few &&
          Array.from({ length: to - from }, (_, i) => from + i)
            .filter((i) => Number.isFinite(dots[i]))
            .map((i) => <circle key={i} class="fan-dot" cx={x(i)} cy={y(dots[i])} r={2} />)}
        <path class="fan-cross" d={`M${x(place)} 0V${HEIGHT}`} />
      </g>
      <path class="fan-axis" d={`M${LEFT} 0V${HEIGHT}H${WIDTH}`} />
      <text x={LEFT - 6} y={10} text-anchor="end">
        {shown(ends[1])}
      </text>
      <text x={LEFT - 6} y={HEIGHT} text-anchor="end">
        {shown(ends[0])}
      </text>
      <text x={LEFT} y={HEIGHT + 14}>
        {from + 1}
      </text>
      <text x={WIDTH} y={HEIGHT + 14} text-anchor="end">
        {to}
      </text>
    </svg>
  )
}

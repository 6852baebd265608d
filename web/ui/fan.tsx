/** Curves and a band over the entries of a series; long ones as their extremes in each pixel. */
import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact'
import { useId } from 'preact/hooks'
import { extremes } from './extremes.ts'
import { shown } from './number.ts'
import './fan.css'

/** A curve. */
export interface Curve {
  readonly name: string
  readonly values: ArrayLike<number>
  /** Its look in the style sheet. */
  readonly kind: 'mean' | 'truth' | 'draw' | 'kept' | 'signed'
}

/** Pixels of a large chart, of a small one. */
const SIZES = { large: [720, 240], small: [360, 130] } as const
const [LEFT, FOOT] = [44, 18]

/** Pixels that a long series is drawn with. */
const COLUMNS = 640

interface FanProps {
  /** Default large. */
  readonly size?: keyof typeof SIZES
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
  const [WIDTH, HEIGHT] = SIZES[props.size ?? 'large']
  const clip = useId()
  const { label, length, window: seen, ends, band, curves, dots, region, place } = props
  const [from, to] = seen
  const few = to - from <= COLUMNS
  const x = (i: number) => LEFT + ((WIDTH - LEFT) * (i + 0.5 - from)) / (to - from)
  const y = (v: number) => HEIGHT - (HEIGHT * (v - ends[0])) / (ends[1] - ends[0] || 1)
  const point = (at: number, value: number) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`
  /** A line; of a long series the stretch between lowest and highest in each column. */
  const pathOf = (values: ArrayLike<number>) =>
    extremes(values, seen, COLUMNS)
      .map(({ at, low, high }) => (few ? point(at, low) : `${point(at, high)}V${y(low).toFixed(1)}`))
      .map((part, i) => `${i === 0 ? 'M' : 'L'}${part}`)
      .join('')
  const areaOf = (own: NonNullable<FanProps['band']>) => {
    const up = extremes(own.high, seen, COLUMNS).map(({ at, high }) => point(at, high))
    const down = extremes(own.low, seen, COLUMNS).map(({ at, low }) => point(at, low))
    return `M${[...up, ...down.toReversed()].join('L')}Z`
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
      <clipPath id={clip}>
        <rect x={LEFT} y={0} width={WIDTH - LEFT} height={HEIGHT} />
      </clipPath>
      <g clip-path={`url(#${clip})`}>
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
        {band && <path class="fan-band" d={areaOf(band)} />}
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

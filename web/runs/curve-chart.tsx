/** A curve that grows, by uplot; its values stand in words beside it. */
import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { short } from './words.ts'

/** A line of a chart. */
export interface Line {
  readonly name: string
  readonly x: readonly number[]
  readonly y: readonly (number | null)[]
  readonly dots?: boolean
}

/** What a chart shows. */
export interface CurveChartProps {
  readonly title: string
  /** What lies along the horizontal axis. */
  readonly along: string
  readonly lines: readonly Line[]
  /** Level to compare with. */
  readonly level?: { readonly label: string; readonly y: number }
  /** Places that are marked along the axis, such as ends of laps. */
  readonly places?: readonly number[]
  readonly logarithmic?: boolean
}

const HEIGHT = 210

/** Steps and laps are whole numbers, and so are the ticks. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power))

/** Pixels of a digit of the axes, of the ticks beside them, and of an axis at least. */
const [DIGIT, BESIDE, AXIS] = [7, 16, 58]

/** Pixels that the values beside an axis take: exponents of small losses are long. */
const sizeOf = (values: readonly string[] | null): number =>
  Math.max(AXIS, BESIDE + DIGIT * Math.max(0, ...(values ?? []).map(({ length }) => length)))

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Colours of the lines; `src/report/style.ts` has the same. */
const LINES = ['#3b7dc4', '#d9822b', '#2f9e77', '#b0559c']

const options = (props: CurveChartProps, width: number, drawn: () => CurveChartProps): UPlot.Options => {
  const axis: UPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--axis'), width: 1, size: 4 },
    font: '12px system-ui, sans-serif',
  }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { distr: props.logarithmic ? 3 : 1 } },
    axes: [
      {
        ...axis,
        size: 32,
        incrs: WHOLE,
        values: (_, ticks) => ticks.map((t) => (t >= 1e4 ? `${t / 1000}k` : String(t))),
      },
      {
        ...axis,
        size: (_, values) => sizeOf(values),
        values: (_, ticks) => ticks.map((t) => (t === null ? '' : short(t))),
      },
    ],
    series: [
      {},
      ...props.lines.map(({ dots = false }, i) => ({
        stroke: LINES[i % LINES.length],
        width: 1.5,
        spanGaps: false,
        points: { show: dots, size: 6, fill: LINES[i % LINES.length] },
      })),
    ],
    hooks: {
      draw: [
        (plot) => {
          const { level, places = [] } = drawn()
          const { ctx, bbox } = plot
          ctx.save()
          ctx.strokeStyle = colour('--axis')
          ctx.setLineDash([4, 4])
          ctx.beginPath()
          for (const place of places) {
            const x = plot.valToPos(place, 'x', true)
            if (x < bbox.left || x > bbox.left + bbox.width) continue
            ctx.moveTo(x, bbox.top)
            ctx.lineTo(x, bbox.top + bbox.height)
          }
          if (level) {
            const y = plot.valToPos(level.y, 'y', true)
            if (y >= bbox.top && y <= bbox.top + bbox.height) {
              ctx.moveTo(bbox.left, y)
              ctx.lineTo(bbox.left + bbox.width, y)
            }
          }
          ctx.stroke()
          ctx.restore()
        },
      ],
    },
  }
}

/** Lines on one axis: uplot wants the same places for all. */
const aligned = ({ lines }: CurveChartProps): UPlot.AlignedData => {
  if (lines.length === 1) return [[...lines[0].x], [...lines[0].y]]
  return UPlot.join(lines.map(({ x, y }) => [[...x], [...y]]))
}

const useChart = (props: CurveChartProps) => {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<UPlot | undefined>(undefined)
  const latest = useRef(props)
  latest.current = props
  const shape = `${props.lines.length} ${props.logarithmic}`
  useEffect(() => {
    const element = place.current
    if (!element) return
    const make = (): void => {
      chart.current?.destroy()
      const now = latest.current
      chart.current = new UPlot(
        options(now, element.clientWidth || 400, () => latest.current),
        aligned(now),
        element,
      )
    }
    make()
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const size = new ResizeObserver(() => {
      if (element.clientWidth > 0) chart.current?.setSize({ width: element.clientWidth, height: HEIGHT })
    })
    dark.addEventListener('change', make)
    size.observe(element)
    return () => {
      dark.removeEventListener('change', make)
      size.disconnect()
      chart.current?.destroy()
      chart.current = undefined
    }
  }, [shape])
  useEffect(() => chart.current?.setData(aligned(props)), [props.lines])
  return place
}

/** The last value of a line, in words. */
const lastOf = ({ name, x, y }: Line, along: string): string =>
  x.length === 0
    ? `${name}: nothing yet`
    : `${name}: ${short(y[y.length - 1])} at ${along} ${x[x.length - 1]}`

export const CurveChart = (props: CurveChartProps) => {
  const place = useChart(props)
  const { title, along, lines, level } = props
  const said = lines.map((line) => lastOf(line, along)).join('; ')
  const beside = level ? `; ${level.label}: ${short(level.y)}` : ''
  return (
    <figure class="curve">
      <figcaption>
        <strong>{title}</strong>
        {lines.length > 1 ? (
          <span class="key">
            {lines.map(({ name }, i) => (
              <span key={name}>
                <i style={{ background: LINES[i % LINES.length] }} aria-hidden="true" />
                {name}
              </span>
            ))}
          </span>
        ) : (
          <span class="quiet">{said}</span>
        )}
      </figcaption>
      <div ref={place} role="img" aria-label={`${title} over the ${along}. ${said}${beside}`} />
      {level && (
        <p class="quiet small">
          Dashed: {level.label} ({short(level.y)}).
        </p>
      )}
    </figure>
  )
}

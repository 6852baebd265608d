/** A fan chart: bands of draws, curves, and what was seen. */

import { type Html, html } from '../html.ts'
import { at, axes, drawing, type Frame, polyline } from './axes.ts'
import { linearScale, type Scale } from './scale.ts'

/** A curve in a look of the style sheet, such as `line s0`. */
export interface FanCurve {
  readonly name: string
  readonly values: ArrayLike<number>
  readonly look: string
}

/** A fan chart over the entries of one series; values that are NaN are not drawn. */
export interface Fan {
  readonly title: string
  /** Name of the horizontal axis. */
  readonly x: string
  /** Lower and upper ends, the widest first. */
  readonly bands: readonly { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> }[]
  readonly curves: readonly FanCurve[]
  /** What was seen. */
  readonly points: ArrayLike<number>
  /** Entries marked below the axis, where this is not 0. */
  readonly marked?: ArrayLike<number>
  /** Entries that are no curve: bars and ticks instead of bands and lines. */
  readonly apart?: boolean
  /** Values that the vertical axis shows; default those of all that is drawn. */
  readonly extent?: readonly [low: number, high: number]
  /** Size in CSS pixels; default 340 × 190. */
  readonly width?: number
  readonly height?: number
}

/** Stretches [from, to) of the entries that hold. */
const stretches = (length: number, holds: (i: number) => boolean): [number, number][] => {
  const found: [number, number][] = []
  for (let i = 0; i < length; i++) {
    if (!holds(i)) continue
    const last = found.at(-1)
    if (last && last[1] === i) last[1] = i + 1
    else found.push([i, i + 1])
  }
  return found
}

const indices = ([from, to]: readonly [number, number]): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)

/** Half the width of a bar of a single entry, in pixels. */
const HALF = 3

const bandPath = ({ low, high }: Fan['bands'][number], x: Scale, y: Scale, apart: boolean): string => {
  const bar = (i: number) =>
    `M${at(x(i) - HALF)} ${at(y(low[i]))}H${at(x(i) + HALF)}V${at(y(high[i]))}H${at(x(i) - HALF)}Z`
  const area = (own: readonly number[]) => {
    const back = own.toReversed().map((i) => `L${at(x(i))} ${at(y(low[i]))}`)
    return `${polyline(
      own.map((i) => [i, high[i]] as const),
      x,
      y,
    )}${back.join('')}Z`
  }
  return stretches(low.length, (i) => Number.isFinite(low[i]) && Number.isFinite(high[i]))
    .map((stretch) =>
      apart || stretch[1] - stretch[0] === 1 ? indices(stretch).map(bar).join('') : area(indices(stretch)),
    )
    .join('')
}

/** Half the width of a tick of an entry apart, in pixels. */
const TICK = 6

const curvePath = (values: ArrayLike<number>, x: Scale, y: Scale, apart: boolean): string => {
  const tick = (i: number) => `M${at(x(i) - TICK)} ${at(y(values[i]))}h${2 * TICK}`
  return stretches(values.length, (i) => Number.isFinite(values[i]))
    .map((stretch) =>
      apart || stretch[1] - stretch[0] === 1
        ? indices(stretch).map(tick).join('')
        : polyline(
            indices(stretch).map((i) => [i, values[i]] as const),
            x,
            y,
          ),
    )
    .join('')
}

/** Lowest and highest of what is drawn. */
const extentOf = ({ bands, curves, points }: Fan): [number, number] => {
  const all = [...bands.flatMap(({ low, high }) => [low, high]), ...curves.map((c) => c.values), points]
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const values of all) {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) continue
      low = Math.min(low, values[i])
      high = Math.max(high, values[i])
    }
  }
  return low <= high ? [low, high] : [0, 1]
}

/**
 * A fan chart as inline SVG.
 *
 * @example
 * ```ts
 * const bands = [{ low: [0, 1, 1], high: [2, 3, 2] }]
 * const curves = [{ name: 'mean', values: [1, 2, 1.5], look: 'line s0' }]
 * fanChart({ title: 'observation 1', x: 'index', bands, curves, points: [1.1, Number.NaN, 1.4] })
 * ```
 */
export const fanChart = (fan: Fan): Html => {
  const { title, bands, curves, points, marked, apart = false, width = 340, height = 190 } = fan
  const frame: Frame = { left: 44, top: 26, right: width - 8, bottom: height - 40 }
  const length = points.length
  const margin = apart ? 0.5 : 0
  const x = linearScale([-margin, Math.max(length - 1, 1 - margin) + margin], [frame.left, frame.right], {
    nice: false,
  })
  const y = linearScale(fan.extent ?? extentOf(fan), [frame.bottom, frame.top], { count: 4 })
  const band = (own: Fan['bands'][number]) => html`<path class="area" d="${bandPath(own, x, y, apart)}"/>`
  const curve = ({ values, look }: FanCurve) => {
    const [kind, colour] = look.split(' ')
    return html`<g class="${colour}"><path class="line ${kind}" d="${curvePath(values, x, y, apart)}"/></g>`
  }
  const dot = (i: number) => html`<circle class="seen" cx="${at(x(i))}" cy="${at(y(points[i]))}" r="1.8"/>`
  const never = marked
    ? stretches(length, (i) => marked[i] !== 0 && Number.isFinite(marked[i])).map(([from, to]) => {
        const [left, right] = [x(from - 0.5), x(to - 0.5)]
        const place = html`x="${at(left)}" y="${at(frame.bottom - 3)}" width="${at(right - left)}"`
        return html`<rect class="never" ${place} height="3"/>`
      })
    : []
  const seen = indices([0, length]).filter((i) => Number.isFinite(points[i]))
  const body = html`${axes(frame, x, y, { x: fan.x, y: title })}
<g class="s0">${bands.map(band)}</g>${curves.map(curve)}${seen.map(dot)}${never}`
  return drawing(width, height, title, body)
}

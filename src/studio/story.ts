/** The story of a journal as curves and marks, told line by line; long curves are thinned as they grow. */
import type { Line } from './journal-lines.ts'
import type { Curve, Mark, Story } from './wire.ts'

/** A curve holds at most twice so many points. */
const KEPT = 2 ** 15

/** Marks that are kept: the last ones. */
const MARKS = 2000

/** A curve that grows. */
interface Growing {
  x: number[]
  y: (number | null)[]
}

/**
 * At most about `most` points of a curve: of each run of points the lowest and the highest, in their order,
 * so that no peak goes. A point without a finite value stands out and is kept.
 */
export const thinned = ({ x, y }: Curve, most: number): Curve => {
  if (x.length <= most) return { x, y }
  const runs = Math.max(1, Math.floor(most / 2))
  const kept: number[] = []
  for (let r = 0; r < runs; r++) {
    const [from, to] = [Math.floor((r * x.length) / runs), Math.floor(((r + 1) * x.length) / runs)]
    let [low, high] = [from, from]
    for (let i = from; i < to; i++) {
      if ((y[i] ?? Number.POSITIVE_INFINITY) > (y[high] ?? Number.POSITIVE_INFINITY)) high = i
      if ((y[i] ?? Number.POSITIVE_INFINITY) < (y[low] ?? Number.POSITIVE_INFINITY)) low = i
      if (y[i] === null) high = i
    }
    kept.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]))
  }
  return { x: kept.map((i) => x[i]), y: kept.map((i) => y[i]) }
}

const PLACES = new Set(['event', 'seconds', 'lap', 'step'])

const finite = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

const isPlain = (value: unknown): value is number | string | boolean | null =>
  value === null || ['number', 'string', 'boolean'].includes(typeof value)

/** Figures of a line beside its place; long texts are cut. */
const figuresOf = (line: Line): Mark['figures'] =>
  Object.fromEntries(
    Object.entries(line).flatMap(([name, value]) => {
      if (name === 'event' || name === 'seconds' || !isPlain(value)) return []
      return [[name, typeof value === 'string' ? value.slice(0, 200) : value]]
    }),
  )

/** Tells a journal. */
export interface Teller {
  /** Takes more lines, and says what they add. */
  add(lines: readonly Line[]): Story
  /** All of it, of each curve about `most` points. */
  whole(most: number): Story
}

/**
 * Tells the journal of a run from its first line on. Steps begin anew with each lap: the curves go on, over
 * the steps of all laps together.
 *
 * @param of - which journal it is
 */
export const teller = (of: string): Teller => {
  const curves: Record<string, Growing> = Object.create(null)
  const marks: Mark[] = []
  let [count, seconds, before, lap, last] = [0, 0, 0, 0, 0]

  const addLoss = (line: Line, more: Record<string, Growing>): void => {
    const [own, step] = [finite(line.lap), finite(line.step)]
    if (step === undefined) return
    if (own !== undefined && own !== lap) [before, lap] = [before + last, own]
    last = step
    for (const [name, value] of Object.entries(line)) {
      if (PLACES.has(name) || !(typeof value === 'number' || value === null)) continue
      for (const all of [curves, more]) {
        all[name] ??= { x: [], y: [] }
        all[name].x.push(before + step)
        all[name].y.push(finite(value) ?? null)
      }
    }
  }

  const add = (lines: readonly Line[]): Story => {
    const more: Record<string, Growing> = Object.create(null)
    const first = marks.length
    for (const line of lines) {
      count++
      seconds = line.seconds
      if (line.event === 'loss') addLoss(line, more)
      else marks.push({ event: line.event, at: before + last, seconds, figures: figuresOf(line) })
    }
    const fresh = marks.slice(first)
    if (marks.length > 2 * MARKS) marks.splice(0, marks.length - MARKS)
    for (const [name, curve] of Object.entries(curves))
      if (curve.x.length > 2 * KEPT) {
        const { x, y } = thinned(curve, KEPT)
        curves[name] = { x: [...x], y: [...y] }
      }
    return { of, lines: count, seconds, curves: { ...more }, marks: fresh }
  }

  return {
    add,
    whole: (most) => ({
      of,
      lines: count,
      seconds,
      curves: Object.fromEntries(Object.entries(curves).map(([name, curve]) => [name, thinned(curve, most)])),
      marks: marks.slice(-MARKS),
    }),
  }
}

/** The story of a run as it grows in the page: curves by step, figures by lap. */
import type { Curve, Mark, Story } from '../../src/studio/wire.ts'

/** A curve longer than this is thinned where the page adds to it. */
const MOST = 6000

const joined = (a: Curve | undefined, b: Curve): Curve => {
  const [x, y] = [
    [...(a?.x ?? []), ...b.x],
    [...(a?.y ?? []), ...b.y],
  ]
  if (x.length <= MOST) return { x, y }
  const isKept = (_: unknown, i: number): boolean => i % 2 === 0 || i === x.length - 1
  return { x: x.filter(isKept), y: y.filter(isKept) }
}

/** A story with what is new. */
export const extended = (story: Story, more: Story): Story => ({
  ...more,
  curves: {
    ...story.curves,
    ...Object.fromEntries(
      Object.entries(more.curves).map(([name, curve]) => [name, joined(story.curves[name], curve)]),
    ),
  },
  marks: [...story.marks, ...more.marks],
})

/** Fields of a mark that are places, and no figures. */
const PLACES = new Set([
  'lap',
  'of',
  'points',
  'kept',
  'step',
  'observations',
  'passed',
  'stage',
  'done',
  'steps',
])

/** A figure of what was held out, by lap; `start` is that of the Gaussian start. */
export interface ByLap {
  readonly name: string
  readonly laps: readonly number[]
  readonly values: readonly (number | null)[]
  readonly start?: number
}

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** Figures by lap: of a lap that was judged again, the last. */
export const figuresByLap = (marks: readonly Mark[]): ByLap[] => {
  const found = new Map<string, Map<number, number | null>>()
  const starts = new Map<string, number>()
  for (const { event, figures } of marks) {
    if (event !== 'held' && event !== 'divergence') continue
    for (const [name, value] of Object.entries(figures)) {
      if (PLACES.has(name) || !(typeof value === 'number' || value === null)) continue
      if (figures.of === 'gaussian') {
        if (value !== null) starts.set(name, value)
        continue
      }
      const laps = found.get(name) ?? new Map<number, number | null>()
      laps.set(numberIn(figures.lap) ?? 0, value)
      found.set(name, laps)
    }
  }
  return [...found].map(([name, byLap]) => {
    const sorted = [...byLap].sort(([a], [b]) => a - b)
    return {
      name,
      laps: sorted.map(([lap]) => lap),
      values: sorted.map(([, value]) => value),
      start: starts.get(name),
    }
  })
}

/** Steps, all laps together, at which a lap was done. */
export const lapEnds = (marks: readonly Mark[]): number[] =>
  marks.filter(({ event, at }) => event === 'lap' && at > 0).map(({ at }) => at)

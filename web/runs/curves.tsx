/** The curves of runs: losses by step, figures of what was held out by lap. One run, or several together. */
import type { Story } from '../../src/studio/wire.ts'
import { CurveChart, type Line } from './curve-chart.tsx'
import { figuresByLap, lapEnds } from './story.ts'
import { figureName } from './words.ts'

/** A run with its story. */
export interface Told {
  readonly name: string
  readonly story: Story
}

/** Levels that figures are compared with. */
const levels: Readonly<Record<string, { readonly label: string; readonly y: number }>> = {
  coverage90: { label: 'calibrated', y: 0.9 },
  loss: { label: 'knows only the variance', y: 1 },
}

const namesOf = (runs: readonly Told[], of: (run: Told) => readonly string[]): string[] => [
  ...new Set(runs.flatMap(of)),
]

/** Whether lines are read better on a logarithmic axis: all positive, over more than a decade. */
const isWide = (lines: readonly Line[]): boolean => {
  let [low, high] = [Number.POSITIVE_INFINITY, 0]
  for (const { y } of lines)
    for (const v of y) {
      if (v === null) continue
      low = Math.min(low, v)
      high = Math.max(high, v)
    }
  return low > 0 && high > 10 * low
}

const ByStep = ({ name, runs }: { readonly name: string; readonly runs: readonly Told[] }) => {
  const lines = runs.flatMap((run): Line[] => {
    const curve = run.story.curves[name]
    return curve ? [{ name: runs.length > 1 ? run.name : figureName(name), ...curve }] : []
  })
  return (
    <CurveChart
      title={name === 'loss' ? 'Training loss' : `Training, ${figureName(name)}`}
      along="step"
      lines={lines}
      places={runs.length === 1 ? lapEnds(runs[0].story.marks) : []}
      logarithmic={isWide(lines)}
    />
  )
}

const ByLapChart = ({ name, runs }: { readonly name: string; readonly runs: readonly Told[] }) => {
  const lines: Line[] = []
  let start: number | undefined
  for (const run of runs) {
    const found = figuresByLap(run.story.marks).find((figure) => figure.name === name)
    if (!found) continue
    start = found.start
    lines.push({
      name: runs.length > 1 ? run.name : figureName(name),
      x: found.laps,
      y: found.values,
      dots: true,
    })
  }
  const level =
    levels[name] ??
    (start === undefined || runs.length > 1 ? undefined : { label: 'Gaussian start', y: start })
  return <CurveChart title={`${figureName(name)}, held out`} along="lap" lines={lines} level={level} />
}

export const Curves = ({ runs }: { readonly runs: readonly Told[] }) => {
  const byStep = namesOf(runs, ({ story }) => Object.keys(story.curves))
  const byLap = namesOf(runs, ({ story }) => figuresByLap(story.marks).map(({ name }) => name))
  if (byStep.length + byLap.length === 0) return <p class="quiet">Nothing is in the journal yet.</p>
  return (
    <div class="curves">
      {byStep.map((name) => (
        <ByStep key={name} name={name} runs={runs} />
      ))}
      {byLap.map((name) => (
        <ByLapChart key={name} name={name} runs={runs} />
      ))}
    </div>
  )
}

/** Where a baseline is better than every method that knows a prior: what a comparison says first. */
import { labelOf, stepsOf } from './cell.ts'
import type { Entry } from './comparison.ts'
import type { Figures } from './figures.ts'

/** Figures that decide, smaller is better. */
const deciding: readonly (readonly [name: string, of: (f: Figures) => number | undefined])[] = [
  ['RMSE of the mean', ({ mseMean }) => Math.sqrt(mseMean)],
  ['CRPS', ({ crps }) => crps],
]

interface Judged {
  readonly entry: Entry
  readonly value: number
}

const best = (entries: readonly Entry[], of: (f: Figures) => number | undefined): Judged | undefined =>
  entries
    .flatMap((entry) => {
      const value = of(entry.figures)
      return value === undefined ? [] : [{ entry, value }]
    })
    .reduce<Judged | undefined>((a, b) => (a && a.value <= b.value ? a : b), undefined)

const named = ({ cell }: Entry): string =>
  cell.kind === 'guided' ? `${labelOf(cell)} in ${stepsOf(cell)} steps` : labelOf(cell)

/**
 * A sentence for each task and figure in which a baseline beats the best of the others; none where there are
 * no baselines, or nothing beside them.
 */
export const baselineWins = (entries: readonly Entry[]): string[] => {
  const tasks = [...new Set(entries.map(({ cell }) => cell.task.name))]
  return tasks.flatMap((task) => {
    const mine = entries.filter(({ cell }) => cell.task.name === task)
    const isBaseline = ({ cell }: Entry): boolean => cell.kind === 'baseline'
    return deciding.flatMap(([figure, of]) => {
      const simple = best(mine.filter(isBaseline), of)
      const other = best(
        mine.filter((entry) => !isBaseline(entry)),
        of,
      )
      if (!simple || !other || simple.value >= other.value) return []
      const said = ({ entry, value }: Judged) => `${named(entry)} ${value.toPrecision(3)}`
      return [`${task}: a simple baseline wins, ${figure} of ${said(simple)}, of ${said(other)}`]
    })
  })
}

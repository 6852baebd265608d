/** The content of a comparison's page: tables, and pictures of the same items by every method. */
import { meshNamed } from '../datasets/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import {
  type ComparisonReport,
  enlarged,
  globeRenderer,
  meshRenderer,
  type Picture,
  type PictureRow,
  type PointRenderer,
  pictureAt,
  pointPictures,
} from '../report/index.ts'
import type { NdArray } from '../tensor/index.ts'
import { KEPT_PICTURES } from './cache.ts'
import { labelOf, stepsOf } from './cell.ts'
import type { Entry } from './comparison.ts'
import { legend, resultsTables } from './results-table.ts'
import { type TrainingCost, trainingTable } from './training.ts'
import { baselineWins } from './verdict.ts'
import { type Appearance, onlyValid } from './view.ts'

/** The figures and what a page shows beside them. */
export interface ComparisonContent extends Appearance {
  readonly entries: readonly Entry[]
  /** [N, ...event] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  /** The observations, by task; y is shown where it is a picture. */
  readonly sets: ReadonlyMap<string, ObservationSet>
  /** Of the distilled samplers that take part. */
  readonly trainings: readonly TrainingCost[]
  readonly command: string
  /** Sentences about cells that were left out. */
  readonly leftOut?: readonly string[]
  readonly facts: readonly (readonly [string, string])[]
}

/** How items look that are no images: on the globe or the bunny. */
const rendererOf = ({ view }: Appearance): PointRenderer | undefined => {
  if (view.kind === 'globe') return globeRenderer({ size: 112, longitude: 200, grid: view })
  return view.kind === 'mesh' ? meshRenderer(meshNamed(view.mesh), { size: 112 }) : undefined
}

/** Pictures of the first items of x and of what was observed of them; none of what is no picture. */
interface Looks {
  of(x: NdArray<'float32'>): readonly Picture[]
  observed(set: ObservationSet): readonly Picture[]
}

const pictureRow = (images: NdArray, count: number): Picture[] =>
  Array.from({ length: count }, (_, i) => pictureAt(images, i))

/** Twice their size, and y as large as x: pixels repeated where y is smaller. */
const imageLooks = (look: Appearance, truth: NdArray<'float32'>, count: number): Looks => ({
  of: (x) => pictureRow(onlyValid(look, x), count).map((p) => enlarged(p, 2)),
  observed: ({ y }) => {
    if (y.shape.length !== 4) return []
    const [, channels, side] = y.shape
    if (channels !== truth.shape[1] || truth.shape[2] % side) return []
    return pictureRow(y, count).map((p) => enlarged(p, (2 * truth.shape[2]) / side))
  },
})

const pointLooks = (look: Appearance, render: PointRenderer, count: number): Looks => ({
  of: (x) => pointPictures(x, count, render, [look.valid]),
  observed: ({ y, operator }) => {
    const { mask } = operator.parameters
    return mask?.size === y.size ? pointPictures(y, count, render, [look.valid, mask]) : []
  },
})

const looksOf = (look: Appearance, truth: NdArray<'float32'>, count: number): Looks | undefined => {
  if (look.view.kind === 'image')
    return truth.shape[1] === 1 || truth.shape[1] === 3 ? imageLooks(look, truth, count) : undefined
  const render = rendererOf(look)
  return render && pointLooks(look, render, count)
}

const titleOf = (cell: Entry['cell']): string => {
  if (cell.kind === 'baseline') return labelOf(cell)
  const steps = stepsOf(cell)
  return `${labelOf(cell)}, ${steps} ${steps === 1 ? 'step' : 'steps'}`
}

/** Rows of pictures of a task; none for data of which no picture is made. */
const picturesOf = (task: string, { entries, truth, sets, ...look }: ComparisonContent): PictureRow[] => {
  const mine = entries.filter(({ cell }) => cell.task.name === task)
  const count = Math.min(KEPT_PICTURES, ...mine.map(({ pictures }) => pictures.shape[0]))
  const looks = looksOf(look, truth, count)
  if (!looks) return []
  const set = sets.get(task)
  const observed = set ? looks.observed(set) : []
  return [
    { label: 'truth', pictures: looks.of(truth) },
    ...(observed.length > 0 ? [{ label: 'observed', pictures: observed }] : []),
    ...mine.map(({ cell, pictures }) => ({ label: titleOf(cell), pictures: looks.of(pictures) })),
  ]
}

/** A comparison as a page shows it. */
export const comparisonContent = (content: ComparisonContent): ComparisonReport => {
  const { entries, trainings, command, facts, leftOut = [] } = content
  return {
    lead: [...[...baselineWins(entries), ...leftOut].map((line) => `${line}.`), legend].join(' '),
    command,
    facts,
    tasks: resultsTables(entries).map(({ task, columns, rows }) => ({
      title: task,
      table: { columns, rows },
      pictures: picturesOf(task, content),
    })),
    training: trainings.length === 0 ? undefined : trainingTable(trainings),
  }
}

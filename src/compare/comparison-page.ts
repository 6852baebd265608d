/** A comparison as one self-contained page: tables, pictures, and how it was made. */
import { meshNamed } from '../datasets/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import {
  dataUrl,
  enlarged,
  figure,
  globeRenderer,
  type Html,
  html,
  meshRenderer,
  mosaic,
  type Picture,
  type PointRenderer,
  page,
  pictureAt,
  pointPictures,
  type Section,
  table,
} from '../report/index.ts'
import type { NdArray } from '../tensor/index.ts'
import { KEPT_PICTURES } from './cache.ts'
import { labelOf, stepsOf } from './cell.ts'
import type { Entry } from './comparison.ts'
import { legend, resultsTables } from './results-table.ts'
import { type TrainingCost, trainingTable } from './training.ts'
import { type Appearance, onlyValid } from './view.ts'

/** What a page shows beside the figures. */
export interface ComparisonPage extends Appearance {
  readonly entries: readonly Entry[]
  /** [N, ...event] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  /** What was observed, by task; y is shown where it is a picture. */
  readonly sets: ReadonlyMap<string, ObservationSet>
  /** Of the distilled samplers that take part. */
  readonly trainings: readonly TrainingCost[]
  readonly command: string
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
  if (look.view.kind === 'image') return imageLooks(look, truth, count)
  const render = rendererOf(look)
  return render && pointLooks(look, render, count)
}

const stripOf = (label: string, pictures: readonly Picture[]): Html =>
  html`<tr><th scope="row">${label}</th><td><img alt="${label}" src="${dataUrl(mosaic([pictures]))}"></td></tr>`

const titleOf = (cell: Entry['cell']): string => {
  const steps = stepsOf(cell)
  return `${labelOf(cell)}, ${steps} ${steps === 1 ? 'step' : 'steps'}`
}

const picturesOf = (task: string, { entries, truth, sets, ...look }: ComparisonPage): Html | undefined => {
  const mine = entries.filter(({ cell }) => cell.task.name === task)
  const count = Math.min(KEPT_PICTURES, ...mine.map(({ pictures }) => pictures.shape[0]))
  const looks = looksOf(look, truth, count)
  if (!looks) return undefined
  const set = sets.get(task)
  const seen = set ? looks.observed(set) : []
  return figure(
    html`<div class="scroll"><table><tbody>
${stripOf('truth', looks.of(truth))}
${seen.length > 0 && stripOf('observed', seen)}
${mine.map(({ cell, pictures }) => stripOf(titleOf(cell), looks.of(pictures)))}
</tbody></table></div>`,
    'One draw of each method for the same images and the same noise.',
  )
}

/** What samplers cost before their first draw; nothing without samplers. */
const trainingSection = (trainings: readonly TrainingCost[]): Section[] => {
  if (trainings.length === 0) return []
  const { task, columns, rows } = trainingTable(trainings)
  return [{ title: task, lead: 'Spent once, before the first draw.', body: table({ columns, rows }) }]
}

/** The page's markup. */
export const comparisonPage = (content: ComparisonPage): string => {
  const tables = resultsTables(content.entries)
  return page({
    title: 'Posterior samplers compared',
    lead: legend,
    command: content.command,
    facts: content.facts,
    sections: [
      ...tables.map(({ task, columns, rows }) => ({
        title: task,
        body: [table({ columns, rows }), picturesOf(task, content)],
      })),
      ...trainingSection(content.trainings),
    ],
  })
}

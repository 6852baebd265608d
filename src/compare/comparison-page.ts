/** A comparison as one self-contained page: tables, pictures, and how it was made. */
import type { ObservationSet } from '../data/index.ts'
import {
  dataUrl,
  enlarged,
  figure,
  type Html,
  html,
  mosaic,
  type Picture,
  page,
  pictureAt,
  type Section,
  table,
} from '../report/index.ts'
import type { NdArray } from '../tensor/index.ts'
import { KEPT_PICTURES } from './cache.ts'
import { labelOf, stepsOf } from './cell.ts'
import type { Entry } from './comparison.ts'
import { legend, resultsTables } from './results-table.ts'
import { type TrainingCost, trainingTable } from './training.ts'
import { imagesOf, type View } from './view.ts'

/** What a page shows beside the figures. */
export interface ComparisonPage {
  readonly entries: readonly Entry[]
  /** [N, ...event] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  /** What was observed, by task; y is shown where it is a picture. */
  readonly sets: ReadonlyMap<string, ObservationSet>
  readonly view: View
  /** Of the distilled samplers that take part. */
  readonly trainings: readonly TrainingCost[]
  readonly command: string
  readonly facts: readonly (readonly [string, string])[]
}

const pictureRow = (images: NdArray, count: number): Picture[] =>
  Array.from({ length: count }, (_, i) => pictureAt(images, i))

/** Pictures of y as large as x: pixels repeated where y is smaller; none where y is no picture. */
const observedRow = (
  y: NdArray<'float32'> | undefined,
  truth: NdArray,
  view: View,
  count: number,
): Picture[] => {
  if (!y) return []
  const seen = view.kind === 'sphere' ? imagesOf(view, y) : y
  if (seen?.shape.length !== 4) return []
  const [, channels, side] = seen.shape
  if (channels !== truth.shape[1] || truth.shape[2] % side) return []
  return pictureRow(seen, count).map((p) => enlarged(p, truth.shape[2] / side))
}

const stripOf = (label: string, pictures: readonly Picture[]): Html => {
  const image = enlarged(mosaic([pictures]), 2)
  return html`<tr><th scope="row">${label}</th><td><img alt="${label}" src="${dataUrl(image)}"></td></tr>`
}

const picturesOf = (task: string, { entries, truth, sets, view }: ComparisonPage): Html | undefined => {
  const mine = entries.filter(({ cell }) => cell.task.name === task)
  const real = imagesOf(view, truth)
  if (!real) return undefined
  const count = Math.min(KEPT_PICTURES, ...mine.map(({ pictures }) => pictures.shape[0]))
  const seen = observedRow(sets.get(task)?.y, real, view, count)
  const strips = mine.map(({ cell, pictures }) => {
    const drawn = imagesOf(view, pictures)
    return drawn && stripOf(`${labelOf(cell)}, ${stepsOf(cell)} steps`, pictureRow(drawn, count))
  })
  return figure(
    html`<div class="scroll"><table><tbody>
${stripOf('truth', pictureRow(real, count))}
${seen.length > 0 && stripOf('observed', seen)}
${strips}
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

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
  table,
} from '../report/index.ts'
import type { NdArray } from '../tensor/index.ts'
import { KEPT_PICTURES } from './cache.ts'
import { labelOf } from './cell.ts'
import type { Entry } from './comparison.ts'
import { legend, resultsTables } from './results-table.ts'

/** What a page shows beside the figures. */
export interface ComparisonPage {
  readonly entries: readonly Entry[]
  /** [N, C, H, W] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  /** What was observed, by task; y is shown where it is a picture. */
  readonly sets: ReadonlyMap<string, ObservationSet>
  readonly command: string
  readonly facts: readonly (readonly [string, string])[]
}

const pictureRow = (images: NdArray, count: number): Picture[] =>
  Array.from({ length: count }, (_, i) => pictureAt(images, i))

/** A picture of y as large as x: pixels repeated where y is smaller; none where y is no picture. */
const observedRow = (set: ObservationSet | undefined, truth: NdArray, count: number): Picture[] => {
  if (!set) return []
  const [, channels, side] = set.y.shape
  if (set.y.shape.length !== 4 || channels !== truth.shape[1] || truth.shape[2] % side) return []
  return pictureRow(set.y, count).map((p) => enlarged(p, truth.shape[2] / side))
}

const stripOf = (label: string, pictures: readonly Picture[]): Html => {
  const image = enlarged(mosaic([pictures]), 2)
  return html`<tr><th scope="row">${label}</th><td><img alt="${label}" src="${dataUrl(image)}"></td></tr>`
}

const picturesOf = (task: string, { entries, truth, sets }: ComparisonPage): Html => {
  const mine = entries.filter(({ cell }) => cell.task.name === task)
  const count = Math.min(KEPT_PICTURES, ...mine.map(({ pictures }) => pictures.shape[0]))
  const seen = observedRow(sets.get(task), truth, count)
  return figure(
    html`<div class="scroll"><table><tbody>
${stripOf('truth', pictureRow(truth, count))}
${seen.length > 0 && stripOf('observed', seen)}
${mine.map(({ cell, pictures }) => stripOf(`${labelOf(cell)}, ${cell.steps} steps`, pictureRow(pictures, count)))}
</tbody></table></div>`,
    'One draw of each method for the same images and the same noise.',
  )
}

/** The page's markup. */
export const comparisonPage = (content: ComparisonPage): string => {
  const tables = resultsTables(content.entries)
  return page({
    title: 'Posterior samplers compared',
    lead: legend,
    command: content.command,
    facts: content.facts,
    sections: tables.map(({ task, columns, rows }) => ({
      title: task,
      body: [table({ columns, rows }), picturesOf(task, content)],
    })),
  })
}

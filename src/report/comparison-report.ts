/** A comparison of posterior samplers as one self-contained page: tables, pictures, and how it was made. */
import { type Html, html } from './html.ts'
import { figure, page, type Section, type Table, table } from './page.ts'
import { dataUrl, type Picture } from './png.ts'
import { mosaic } from './strip.ts'

/** Pictures of the same items in a row. */
export interface PictureRow {
  readonly label: string
  readonly pictures: readonly Picture[]
}

/** A comparison to be shown. */
export interface ComparisonReport {
  readonly lead?: string
  readonly command?: string
  readonly facts?: readonly (readonly [name: string, value: string])[]
  readonly tasks: readonly {
    readonly title: string
    readonly table: Table
    /** Truth, observation, and one draw of each method; none of what has no picture. */
    readonly pictures: readonly PictureRow[]
  }[]
  /** The cost of making the distilled samplers. */
  readonly training?: Table
}

const rowOf = ({ label, pictures }: PictureRow): Html => {
  const picture = html`<img alt="${label}" src="${dataUrl(mosaic([pictures]))}">`
  return html`<tr><th scope="row">${label}</th><td>${picture}</td></tr>`
}

const picturesOf = (pictures: readonly PictureRow[]): Html | undefined =>
  pictures.length === 0
    ? undefined
    : figure(
        html`<div class="scroll"><table><tbody>
${pictures.map(rowOf)}
</tbody></table></div>`,
        'One draw of each method for the same images and the same noise.',
      )

/** The cost of samplers before their first draw; nothing without samplers. */
const trainingSection = (training: Table | undefined): Section[] =>
  training ? [{ title: 'training', lead: 'Spent once, before the first draw.', body: table(training) }] : []

/** The page's markup; hand it to `writeReport`. */
export const comparisonReport = ({ lead, command, facts, tasks, training }: ComparisonReport): string =>
  page({
    title: 'Posterior samplers compared',
    lead,
    command,
    facts,
    sections: [
      ...tasks.map(({ title, table: figures, pictures }) => ({
        title,
        body: [table(figures), picturesOf(pictures)],
      })),
      ...trainingSection(training),
    ],
  })

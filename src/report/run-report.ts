import type { NdArray } from '../tensor/index.ts'
import { type CoverageSeries, calibrationChart } from './calibration-chart.ts'
import { cssColor, ember, unobservedColor } from './colormap.ts'
import { cornerPlot } from './corner-plot.ts'
import { type Html, html } from './html.ts'
import { type LineChart, lineChart } from './line-chart.ts'
import { figure, page, type Section, type Table, table } from './page.ts'
import { pixels } from './png.ts'
import { imageGrid, type Strips } from './strip.ts'

/** The contents of a run's report; every part but the title may be missing. */
export interface RunReport {
  /** Title of the page. */
  title: string
  /** One sentence: what was done to what. */
  lead?: string
  /** The command that repeats the run. */
  command?: string
  /** Date, seed, machine, seconds: short facts under the title. */
  facts?: readonly (readonly [name: string, value: string])[]
  /** The figures that matter most. */
  summaryTable?: Table
  /** The restorations beside simple baselines, on entries that none of them saw. */
  besideBaselines?: Table
  /** Curves of learning, such as the loss over steps. */
  curves?: readonly LineChart[]
  /** Samples of the prior at the start and after each lap: images `[N, C, H, W]` in `range`. */
  priorSamplesByLap?: readonly { label: string; images: NdArray; range?: readonly [number, number] }[]
  /** Restored images, one block for each prior or method. */
  strips?: readonly (Strips & { title?: string })[]
  /** Coverage of central intervals. */
  coverage?: {
    series: readonly CoverageSeries[]
    /** The entries that count: which pixels, clipped to what, which differences ignored. */
    note?: string
  }
  /** Low-dimensional samples `[N, d]` by lap, and the truth that they should reach. */
  corners?: {
    byLap: readonly { label: string; samples: NdArray }[]
    reference?: NdArray
    range?: readonly [number, number]
  }
  /** Notes that the reader needs to trust the figures, and their limits. */
  notes?: readonly string[]
}

/** Integer magnification that shows a picture about `target` pixels wide. */
const magnified = (width: number, target: number): number => Math.max(1, Math.round(target / width))

const stripBlock = ({ title, columns, rows, spreadTop }: Strips & { title?: string }): Html => {
  // Draws stand a little apart from what frames them.
  const apart = (i: number) => columns[i] === 'draw 1' || columns[i] === 'spread'
  const gap = (i: number) => apart(i) && html` class="gap"`
  const labelled = rows.some((row) => row.label !== '')
  const names = columns.map((c, i) => html`<th scope="col"${gap(i)}>${c}</th>`)
  const head = html`${labelled && html`<th></th>`}${names}`
  const rowOf = ({ label, pictures }: Strips['rows'][number], r: number): Html => {
    const cells = pictures.map((p, i) => {
      const image = pixels(p, `${columns[i]}, row ${r + 1}`, magnified(p.shape[2], 84))
      return html`<td${gap(i)}>${image}</td>`
    })
    return html`<tr>${labelled && html`<th scope="row">${label}</th>`}${cells}</tr>
`
  }
  return html`${title && html`<h3>${title}</h3>`}
<div class="scroll"><table class="strips"><thead><tr>${head}</tr></thead><tbody>
${rows.map(rowOf)}</tbody></table></div>
${spreadTop !== undefined && spreadKey(spreadTop)}`
}

const spreadKey = (top: number): Html => {
  const stops = Array.from({ length: 8 }, (_, i) => cssColor(ember(i / 7))).join(',')
  const square = html`<i style="width:.8rem;background:${cssColor(unobservedColor)}"></i>`
  const ramp = html`<i style="width:7rem;background:linear-gradient(90deg,${stops})"></i>`
  const spread = html`<span>spread (standard deviation) 0${ramp}${Number(top.toPrecision(2))}</span>`
  return html`<div class="key"><span>${square}not observed</span>${spread}</div>`
}

const sectionsOf = (run: RunReport): Section[] => {
  const sections: Section[] = []
  const {
    summaryTable,
    besideBaselines,
    strips = [],
    coverage,
    priorSamplesByLap = [],
    corners,
    curves = [],
    notes = [],
  } = run
  if (summaryTable) sections.push({ title: 'Summary', body: table(summaryTable) })
  if (besideBaselines) sections.push({ title: 'Beside simple baselines', body: table(besideBaselines) })
  if (strips.length > 0) {
    sections.push({
      title: 'Restored images',
      lead:
        'Each draw is one image that could have led to the observation; where the draws differ, the ' +
        'spread says so.',
      body: strips.map(stripBlock),
    })
  }
  if (coverage) {
    sections.push({
      title: 'Calibration',
      lead:
        'How often the true value lies inside the interval that the draws span. On the diagonal the ' +
        'sampler is calibrated; below it, it is overconfident.',
      body: figure(calibrationChart(coverage.series), coverage.note),
    })
  }
  if (priorSamplesByLap.length > 0) {
    sections.push({
      title: 'What the prior has learned',
      lead:
        'Samples of the prior alone, without any observation, from the start to the last lap (one EM ' +
        'iteration).',
      body: html`<div class="tiles">${priorSamplesByLap.map(({ label, images, range }) => {
        const grid = imageGrid(images, { columns: images.shape[0] > 24 ? 8 : 4, range })
        const shown = pixels(grid, `samples of the prior, ${label}`, magnified(grid.shape[2], 232))
        return html`<figure><figcaption>${label}</figcaption>${shown}</figure>`
      })}</div>`,
    })
  }
  if (corners) {
    const { byLap, reference, range } = corners
    const tile = (label: string, samples: NdArray, color: number) => {
      const plot = cornerPlot(samples, { reference, range, color })
      return html`<figure><figcaption>${label}</figcaption>${plot}</figure>`
    }
    const tiles = byLap.map(({ label, samples }) => tile(label, samples, 0))
    sections.push({
      title: 'Pairs of coordinates',
      lead: 'Two-dimensional histograms of every pair, marginals on the diagonal; the outline is the truth.',
      body: html`<div class="tiles">${reference && tile('truth', reference, 4)}${tiles}</div>`,
    })
  }
  if (curves.length > 0) {
    const charts = curves.map((chart) => figure(lineChart(chart), chart.caption))
    sections.push({ title: 'Learning', body: html`<div class="charts">${charts}</div>` })
  }
  if (notes.length > 0)
    sections.push({ title: 'Notes', body: html`<ul>${notes.map((n) => html`<li>${n}</li>`)}</ul>` })
  return sections
}

/**
 * The report of a run as one self-contained page; hand it to {@link writeReport}.
 *
 * @example
 * ```ts
 * const shown = strips({ y, mask, draws, mean, std, truth }, { images: [0, 3] })
 * writeReport('runs/demo/report.html', runReport({ title: 'Digits', strips: [shown] }))
 * ```
 */
export const runReport = (run: RunReport): string => {
  const { title, lead, command, facts } = run
  return page({ title, lead, command, facts, sections: sectionsOf(run) })
}

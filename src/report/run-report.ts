import type { NdArray } from '../tensor/index.ts'
import { type CoverageSeries, calibrationChart } from './charts/calibration-chart.ts'
import { cornerPlot } from './charts/corner-plot.ts'
import { type LineChart, lineChart } from './charts/line-chart.ts'
import { type Html, html } from './html.ts'
import { figure, page, type Section, type Table, table } from './page.ts'
import type { Strips } from './strip.ts'
import { samplesTile } from './views/prior-samples.ts'
import { stripBlock } from './views/strip-block.ts'
import type { RestoredPart } from './views/view-look.ts'

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
  /** What single entries and the whole say together, and what to do next. */
  reconciled?: string
  /** Restorations in the look of their view. */
  restored?: RestoredPart
  /** Restored images, one block for each prior or method. */
  strips?: readonly (Strips & { title?: string })[]
  /** Samples of the prior by lap, of what has no images. */
  priorTilesByLap?: readonly { label: string; body: Html }[]
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

/** The page of a run that has just begun. */
const NOTHING: Section = {
  title: 'Nothing to show yet',
  body: html`<p>The run has neither curves nor samples so far.</p>`,
}

const DRAWS =
  'Each draw could have led to the observation, as far as the prior knows; where the draws differ, the ' +
  'spread says so.'

const sectionsOf = (run: RunReport): Section[] => {
  const sections: Section[] = []
  const {
    summaryTable,
    besideBaselines,
    reconciled,
    restored,
    strips = [],
    coverage,
    priorSamplesByLap = [],
    priorTilesByLap = [],
    corners,
    curves = [],
    notes = [],
  } = run
  const advice = reconciled !== undefined && html`<p class="advice">${reconciled}</p>`
  if (summaryTable) sections.push({ title: 'Summary', body: [table(summaryTable), advice] })
  if (besideBaselines) sections.push({ title: 'Beside simple baselines', body: table(besideBaselines) })
  if (restored) {
    sections.push({ title: `Restored ${restored.things}`, lead: DRAWS, body: restored.body })
  }
  if (strips.length > 0)
    sections.push({ title: 'Restored images', lead: DRAWS, body: strips.map(stripBlock) })
  if (coverage) {
    sections.push({
      title: 'Calibration',
      lead:
        'How often the true value lies inside the interval that the draws span. On the diagonal the ' +
        'sampler is calibrated; below it, it is overconfident.',
      body: figure(calibrationChart(coverage.series), coverage.note),
    })
  }
  const tiles = [
    ...priorSamplesByLap.map(({ label, images, range = [0, 1] }) => ({
      label,
      body: samplesTile(images, { view: { kind: 'image' }, range }, label),
    })),
    ...priorTilesByLap,
  ]
  if (tiles.length > 0) {
    sections.push({
      title: 'What the prior has learned',
      lead:
        'Samples of the prior alone, without any observation, from the start to the last lap (one EM ' +
        'iteration).',
      body: html`<div class="tiles">${tiles.map(
        ({ label, body }) => html`<figure><figcaption>${label}</figcaption>${body}</figure>`,
      )}</div>`,
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
  const sections = sectionsOf(run)
  return page({ title, lead, command, facts, sections: sections.length > 0 ? sections : [NOTHING] })
}

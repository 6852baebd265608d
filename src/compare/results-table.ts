/** Tables of a comparison, as Markdown and as the rows that a terminal or a page shows. */

import { labelOf, stepsOf } from './cell.ts'
import type { Entry } from './comparison.ts'
import type { Figures } from './figures.ts'

/** Heads and cells of one task's table. */
export interface ResultsTable {
  readonly task: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

/** The sign for a missing figure. */
const NONE = '–'

const fixed = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? NONE

/** Seconds of one measurement: of a pass of a flow milliseconds count. */
const secondsOf = (value: number): string => (value < 0.1 ? value.toPrecision(2) : value.toFixed(2))

/** Columns of a table, in order: head and how a figure reads. */
const columns: readonly (readonly [head: string, cell: (f: Figures) => string])[] = [
  ['PSNR', (f) => f.psnr.toFixed(2)],
  ['PSNR mean', (f) => f.psnrMean.toFixed(2)],
  ['SSIM', (f) => fixed(f.ssim, 3)],
  ['SSIM mean', (f) => fixed(f.ssimMean, 3)],
  ['MSE', (f) => f.mse.toFixed(4)],
  ['MSE mean', (f) => f.mseMean.toFixed(4)],
  ['CRPS', (f) => fixed(f.crps, 4)],
  ['perceptual', (f) => fixed(f.perceptual, 3)],
  ['Fréchet', (f) => fixed(f.frechet, 2)],
  ['inside', (f) => (f.coverage ? `${percent(f.coverage.share)} of ${percent(f.coverage.level)}` : NONE)],
  ['SBC p', (f) => (f.sbc === undefined ? NONE : f.sbc.toPrecision(2))],
  ['residual', (f) => (f.residual < 1000 ? f.residual.toPrecision(3) : f.residual.toExponential(1))],
  ['sound', (f) => percent(f.sound)],
  ['evaluations', (f) => `${f.evaluations} + ${f.vjps}`],
  ['s/measurement', (f) => secondsOf(f.perMeasurement)],
  ['ms/step', (f) => (1000 * f.perStep).toFixed(2)],
  ['MiB', (f) => f.peakMemory.toFixed(0)],
]

/** Without the columns that are empty in every row. */
const withoutEmpty = ({ task, columns: heads, rows }: ResultsTable): ResultsTable => {
  const filled = heads.map((_, i) => rows.some((row) => row[i] !== NONE))
  return {
    task,
    columns: heads.filter((_, i) => filled[i]),
    rows: rows.map((row) => row.filter((_, i) => filled[i])),
  }
}

/** One table a task, in the order in which tasks first appear; rows by method, then steps. */
export const resultsTables = (entries: readonly Entry[]): ResultsTable[] => {
  const tasks = [...new Set(entries.map(({ cell }) => cell.task.name))]
  return tasks.map((task) => {
    const mine = entries.filter(({ cell }) => cell.task.name === task)
    const methods = [...new Set(mine.map(({ cell }) => labelOf(cell)))]
    const ordered = methods.flatMap((label) =>
      mine.filter(({ cell }) => labelOf(cell) === label).sort((a, b) => stepsOf(a.cell) - stepsOf(b.cell)),
    )
    return withoutEmpty({
      task,
      columns: ['method', 'steps', 'draws', ...columns.map(([head]) => head)],
      rows: ordered.map(({ cell, figures }) => [
        labelOf(cell),
        cell.kind === 'baseline' ? NONE : stepsOf(cell),
        cell.draws,
        ...columns.map(([, format]) => format(figures)),
      ]),
    })
  })
}

/** The meaning of the columns. */
export const legend =
  'Figures are of all entries of the domain, hidden and seen, averaged over images. ' +
  'PSNR (dB), SSIM (of images of 11×11 and larger), MSE and perceptual distance of single draws; ' +
  '“mean”: of the mean over the draws; ' +
  '“CRPS”: continuous ranked probability score, of one draw the mean absolute error; baselines that are ' +
  'point estimates count as one draw; ' +
  '“Fréchet”: feature distance of the first draws, at least as many as features, to other images than ' +
  'these, comparable within a table only; ' +
  '“inside”: share of the pixels within the central interval that the draws give, beside what it ' +
  "should be; “SBC p”: how likely a calibrated sampler's ranks are to look as odd; “residual”: ‖y − A " +
  'x‖²/(M s²), 1 for a draw of the posterior; “sound”: draws that did not diverge; network ' +
  'evaluations + vector–Jacobian products of one draw; “s/measurement”: one draw of a guided sampler, ' +
  'in batches, and all K draws of a one-step one, one measurement at a time; milliseconds a step and ' +
  'image; peak memory of the process.'

/** The tables as Markdown. */
export const markdownOf = (tables: readonly ResultsTable[]): string =>
  tables
    .map(({ task, columns: heads, rows }) => {
      const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
      const rule = line(heads.map((_, i) => (i < 1 ? '---' : '---:')))
      return [`### ${task}`, '', line(heads), rule, ...rows.map(line)].join('\n')
    })
    .join('\n\n')

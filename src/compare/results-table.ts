/** Tables of a comparison, as Markdown and as the rows that a terminal or a page shows. */

import { labelOf } from './cell.ts'
import type { Entry } from './comparison.ts'
import type { Figures } from './figures.ts'

/** Heads and cells of one task's table. */
export interface ResultsTable {
  readonly task: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

/** Columns of a table, in order: head and how a figure reads. */
const columns: readonly (readonly [head: string, cell: (f: Figures) => string])[] = [
  ['PSNR', (f) => f.psnr.toFixed(2)],
  ['PSNR mean', (f) => f.psnrMean.toFixed(2)],
  ['SSIM', (f) => f.ssim.toFixed(3)],
  ['perceptual', (f) => f.perceptual.toFixed(3)],
  ['inside', (f) => (f.coverage ? `${percent(f.coverage.share)} of ${percent(f.coverage.level)}` : '–')],
  ['residual', (f) => (f.residual < 1000 ? f.residual.toPrecision(3) : f.residual.toExponential(1))],
  ['sound', (f) => percent(f.sound)],
  ['evaluations', (f) => `${f.evaluations} + ${f.vjps}`],
  ['ms/step', (f) => (1000 * f.perStep).toFixed(2)],
  ['MiB', (f) => f.peakMemory.toFixed(0)],
]

/** One table a task, in the order in which tasks first appear; rows by method, then steps. */
export const resultsTables = (entries: readonly Entry[]): ResultsTable[] => {
  const tasks = [...new Set(entries.map(({ cell }) => cell.task.name))]
  return tasks.map((task) => {
    const mine = entries.filter(({ cell }) => cell.task.name === task)
    const methods = [...new Set(mine.map(({ cell }) => labelOf(cell)))]
    const ordered = methods.flatMap((label) =>
      mine.filter(({ cell }) => labelOf(cell) === label).sort((a, b) => a.cell.steps - b.cell.steps),
    )
    return {
      task,
      columns: ['method', 'steps', ...columns.map(([head]) => head)],
      rows: ordered.map(({ cell, figures }) => [
        labelOf(cell),
        cell.steps,
        ...columns.map(([, format]) => format(figures)),
      ]),
    }
  })
}

/** What the columns mean, for a reader who sees the table first. */
export const legend = `PSNR (dB), SSIM and perceptual distance of single draws; “PSNR mean” of the mean over the draws; “inside”: share of the pixels within \
the central interval that the draws give, beside what it should be; “residual”: ‖y − A x‖²/(M s²), 1 for a draw of the posterior; “sound”: draws that \
did not diverge; network evaluations + vector–Jacobian products of one draw; milliseconds a step and image; peak memory of the process.`

/** The tables as Markdown. */
export const markdownOf = (tables: readonly ResultsTable[]): string =>
  tables
    .map(({ task, columns: heads, rows }) => {
      const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
      const rule = line(heads.map((_, i) => (i < 1 ? '---' : '---:')))
      return [`### ${task}`, '', line(heads), rule, ...rows.map(line)].join('\n')
    })
    .join('\n\n')

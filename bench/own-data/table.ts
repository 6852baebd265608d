/** The tables of the bench. */
import { formatTable } from '../../src/cli/table.ts'
import type { OwnSet } from './own-set.ts'
import type { Against, Difference } from './verdict.ts'

/** One line: a baseline, or ours. */
export interface Line {
  readonly name: string
  readonly rmse: number
  readonly crps: number
  readonly coverage?: number
  readonly seconds: number
}

/** What the bench found on one set. */
export interface SetReading {
  readonly set: Pick<OwnSet, 'name' | 'summary' | 'unit'>
  readonly observations: { readonly learned: number; readonly judged: number; readonly parts: number }
  /** Highest less lowest value of the data. */
  readonly span: number
  readonly baselines: readonly Line[]
  readonly refused: Readonly<Record<string, string>>
  readonly ours?: Line
  readonly against?: { readonly error: Against; readonly crps: Against }
}

/** Four digits, and the peak signal to noise ratio where errors are read in dB. */
const errorCell = (rmse: number, { unit }: SetReading['set'], span: number): string =>
  unit === 'dB' ? `${(20 * Math.log10(span / rmse)).toFixed(2)} dB` : `${rmse.toPrecision(4)} ${unit}`.trim()

const interval = ({ value, low, high }: Difference): string =>
  `${value.toPrecision(2)} [${low.toPrecision(2)}, ${high.toPrecision(2)}]`

const lineOf = (
  { name, rmse, crps, coverage, seconds }: Line,
  { set, span }: SetReading,
): (string | number)[] => [
  name,
  errorCell(rmse, set, span),
  rmse.toPrecision(4),
  crps.toPrecision(4),
  coverage === undefined ? '–' : `${(100 * coverage).toFixed(1)} %`,
  seconds.toFixed(0),
]

/** The figures of one set as text. */
export const setTable = (reading: SetReading): string => {
  const { set, observations, baselines, refused, ours, against } = reading
  const { learned, judged, parts } = observations
  const lines = [...baselines, ...(ours ? [ours] : [])].map((line) => lineOf(line, reading))
  const verdict = (measure: string, { baseline, outcome, ...found }: Against) =>
    `  ${measure} less that of ${baseline}: ${interval(found)}, ${outcome}`
  return [
    `${set.name}: ${set.summary}`,
    `  ${learned} observations to learn from, ${judged} judged, of ${parts} parts`,
    formatTable(['', 'error', 'RMSE', 'CRPS', '90 %', 'seconds'], lines),
    ...Object.entries(refused).map(([name, why]) => `  ${name}: ${why}`),
    ...(against ? [verdict('RMSE', against.error), verdict('CRPS', against.crps)] : []),
  ].join('\n')
}

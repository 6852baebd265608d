import {
  type Diagnosis,
  type Finding,
  type ResidualWhiteness,
  rankBand,
  type TruthDiagnosis,
  type Verdict,
} from '../diagnose/index.ts'
import { calibrationChart } from './charts/calibration-chart.ts'
import { ecdfChart, ecdfKey } from './charts/ecdf-chart.ts'
import { lineChart } from './charts/line-chart.ts'
import { shareChart } from './charts/share-chart.ts'
import { type Html, html } from './html.ts'
import { figure, page, type Section, table } from './page.ts'

/** A page about the calibration of draws. */
export interface DiagnosisReport {
  /** Title of the page. */
  readonly title: string
  /** The command that made it. */
  readonly command?: string
  /** Short facts under the title. */
  readonly facts?: readonly (readonly [name: string, value: string])[]
  /** One sentence to be said before all others. */
  readonly note?: string
  /** What single entries and the whole say together (see `reconciled`). */
  readonly reconciled?: string
  /** Names of the last axis of y and of that before it; default those of images. */
  readonly axes?: readonly [last: string, before: string]
  /** The result of `diagnosis`. */
  readonly diagnosis: Diagnosis
}

/** One sentence over all findings. */
export const summaryOf = ({ findings, truth, reference }: Diagnosis): string => {
  const count = (wanted: Verdict) => findings.filter(({ verdict }) => verdict === wanted).length
  const [faults, undecided] = [count('miscalibrated'), count('not tested')]
  const judged = `the fit to the observations${reference ? ' and the likeness to the reference' : ''}`
  const scope = truth ? '' : ` Without the truth, only ${judged} can be judged.`
  const find = faults === 1 ? 'finds' : 'find'
  if (faults > 0) return `${faults} of ${findings.length} tests ${find} the draws miscalibrated.${scope}`
  if (undecided === findings.length) return `There are too few data: nothing could be tested.${scope}`
  const rest = undecided > 0 ? `; ${undecided} of ${findings.length} could not be tested` : ''
  return `No test finds the draws miscalibrated${rest}.${scope}`
}

const findingRow = ({ name, verdict, words, blind }: Finding): Html => {
  const said = html`<th scope="row" style="padding-left:.7rem">${verdict}</th>`
  const head = html`${said}<td style="text-align:left">${name}</td>`
  const limits = html`<small>It cannot see ${blind}.</small>`
  const plain = 'text-align:left;white-space:normal;font-weight:400'
  const meaning = html`<td style="${plain}">${words} ${limits}</td>`
  return html`<tr${verdict === 'miscalibrated' && html` class="marked"`}>${head}${meaning}</tr>
`
}

const findingList = (findings: readonly Finding[]): Html => {
  const head = ['test', 'what it says'].map((c) => html`<th scope="col" style="text-align:left">${c}</th>`)
  return html`<div class="scroll"><table><thead><tr><th scope="col"></th>${head}</tr></thead><tbody>
${findings.map(findingRow)}</tbody></table></div>`
}

const calibrationSection = (
  { coverage, repaired = [], balls, pit }: TruthDiagnosis,
  draws: number,
): Section => ({
  title: 'Intervals',
  lead:
    'How often the truth lies inside the region that the draws span. On the diagonal the sampler is ' +
    'calibrated; below it, it is overconfident.',
  body: html`<div class="charts">${[
    figure(
      calibrationChart([
        { name: 'single entries', readings: coverage },
        {
          name: 'as a whole',
          readings: balls.map((b) => ({
            ...b,
            count: draws,
            flat: 0,
            resolved: b.level * (draws + 1) <= draws,
          })),
        },
        ...(repaired.length > 0 ? [{ name: 'repaired', readings: repaired }] : []),
      ]),
      'Central intervals of single entries, and balls about the centre of the draws; both are corrected ' +
        'for the number of draws. Bars: two standard errors. Hollow: more than so few draws can resolve.' +
        (repaired.length > 0 ? ' Repaired intervals of single entries are those in the file.' : ''),
    ),
    figure(
      shareChart(pit),
      'Where the truth of single entries falls among the draws. Flat: calibrated. High at both ends: ' +
        'draws too narrow. High in the middle: too wide. A slope: shifted.',
    ),
  ]}</div>`,
})

const misfit = ' The misfit ‖y − A x‖² depends on the observation and sees what the others cannot.'

const ranksSection = ({ ranks, names, points, density }: TruthDiagnosis): Section => {
  const problems = ranks.quantities[0].ranks.length
  // The verdict is over all quantities together, so each has a band that is wider.
  const band = (quantities: number) => rankBand(problems, ranks.draws, 1 - 0.01 / quantities)
  return {
    title: 'Ranks',
    lead:
      'Ranks of the truth among the draws, less their expected distribution. A calibrated sampler stays ' +
      'in the grey band everywhere, 99 times in 100.',
    body: html`<div class="charts">${[
      figure(
        html`${ecdfChart(
          names.map((name, i) => ({ name, ranks: ranks.quantities[i] })),
          band(names.length),
        )}${ecdfKey(names)}`,
        `Simulation-based calibration of a few quantities.${names.includes('misfit') ? misfit : ''}`,
      ),
      figure(
        ecdfChart([{ name: 'distance', ranks: points.quantities[0] }], band(1)),
        'TARP: the same for the distance to random points. It sees the spread as a whole and is nearly ' +
          'blind to a shift.',
      ),
      density &&
        figure(
          ecdfChart([{ name: 'log q', ranks: density.quantities[0] }], band(1)),
          'The log-density of the truth among that of its draws: which densest regions of the sampler ' +
            'hold it. Low ranks: the truth lies where the sampler hardly draws.',
        ),
    ]}</div>`,
  }
}

const residualSection = (residuals: ResidualWhiteness, [last, before]: readonly string[]): Section => {
  const along = (axis: 1 | 2) =>
    residuals.autocorrelation
      .filter((a) => a.axis === axis)
      .map(({ lag, value }): readonly [number, number] => [lag, value])
  const series = [
    { name: last, points: along(1), dots: true },
    { name: before, points: along(2), dots: true },
  ].filter(({ points }) => points.length > 0)
  const chart = {
    x: { label: 'entries apart' },
    y: { label: 'correlation of residuals' },
    series,
    guides: [{ label: 'white', y: 0 }],
  }
  return {
    title: 'Residuals',
    lead:
      'The observations less A x of a draw, in units of the noise. For a calibrated sampler the residual ' +
      'is noise: of the right size and white. No truth is needed.',
    body: [
      table({
        columns: ['', 'found', 'expected'],
        rows: [
          ['‖y − A x‖² over its expectation', residuals.ratio.toFixed(4), '1'],
          ['standard error', residuals.standardError.toFixed(4), ''],
          ['p-value of its distribution (χ²)', residuals.chiSquare.toPrecision(2), 'not tiny'],
        ],
      }),
      series.length > 0 && figure(lineChart(chart)),
    ],
  }
}

const limits: readonly string[] = [
  'No test proves calibration: each sees some faults only, and with few problems only gross ones.',
  'Residuals see nothing of what the operator hides, such as invented detail in pixels that were not ' +
    'observed.',
  'Intervals of single entries and their ranks see no dependence between entries, and cannot tell a ' +
    'sampler that ignores the observation and draws from the prior.',
  'A posterior of several modes of which one is dropped may pass every test but the ranks, and those if ' +
    'the mode is rare.',
]

/**
 * The page of a diagnosis: what is calibrated, what is not, in words and figures; hand it to `writeReport`.
 *
 * @example
 * ```ts
 * writeReport('diagnosis.html', diagnosisReport({ title: 'Digits', diagnosis: diagnosis({ draws, truth }) }))
 * ```
 */
export const diagnosisReport = (content: DiagnosisReport): string => {
  const {
    title,
    command,
    facts,
    note,
    reconciled,
    axes = ['along rows', 'along columns'],
    diagnosis,
  } = content
  const { findings, truth, residuals, draws } = diagnosis
  const advice = reconciled === undefined ? {} : { lead: reconciled }
  const sections: Section[] = [{ title: 'Findings', ...advice, body: findingList(findings) }]
  if (truth) sections.push(calibrationSection(truth, draws), ranksSection(truth))
  if (residuals) sections.push(residualSection(residuals, axes))
  sections.push({
    title: 'What these tests cannot see',
    body: html`<ul>${limits.map((text) => html`<li>${text}</li>`)}</ul>`,
  })
  const lead = [...(note === undefined ? [] : [note]), summaryOf(diagnosis)].join(' ')
  return page({ title, lead, command, facts, sections })
}

/** The table, the pictures and the page of `demo-amortize`. */
import { join } from 'node:path'
import { meanOverDraws, stdOverDraws } from '../diagnose/index.ts'
import { writeAtomic } from '../formats/index.ts'
import {
  pictureAt,
  pngOf,
  runReport,
  type Strips,
  strips,
  stripsPicture,
  writeReport,
} from '../report/index.ts'
import type { Run } from '../run/index.ts'
import { rows } from '../tensor/index.ts'
import type { AmortizePlan } from './demo-amortize.ts'
import type { Contest, Contestant } from './demo-amortize-contest.ts'
import { formatTable } from './table.ts'

/** What `--json` tells of one contestant; what single draws have not is null. */
export type ContestFigures = {
  readonly images: number
  readonly psnr: number
  readonly ssim: number
  readonly coverage50: number | null
  readonly coverage90: number | null
  readonly secondsPerImage: number
}

/** The table in words and in numbers. */
export interface ContestTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly text: string
  readonly figures: { readonly [name: string]: ContestFigures }
}

const figuresOf = ({ draws, psnr, ssim, coverage, seconds }: Contestant): ContestFigures => {
  const at = (level: number) => coverage.find((c) => c.level === level)?.observed ?? null
  return {
    images: draws.shape[1],
    psnr,
    ssim,
    coverage50: at(0.5),
    coverage90: at(0.9),
    secondsPerImage: seconds,
  }
}

const COLUMNS = ['method', 'photographs', 'PSNR', 'SSIM', '50 % interval', '90 % interval', 'seconds each']

const share = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`)

export const contestTable = (contestants: readonly Contestant[]): ContestTable => {
  const figures = Object.fromEntries(contestants.map((one) => [one.name, figuresOf(one)]))
  const lines = Object.entries(figures).map(([name, f]) => [
    name,
    `${f.images}`,
    `${f.psnr.toFixed(2)} dB`,
    f.ssim.toFixed(3),
    share(f.coverage50),
    share(f.coverage90),
    f.secondsPerImage.toPrecision(2),
  ])
  return { columns: COLUMNS, rows: lines, text: formatTable(COLUMNS, lines), figures }
}

/** Photographs on the page. */
const SHOWN = 8

/** Observation, draws, mean and spread of the sampler, the rivals' results, the truth. */
const stripsOf = ({ truth, set }: Contest, ours: Contestant, rivals: readonly Contestant[]): Strips => {
  const images = Array.from(
    { length: Math.min(SHOWN, ...rivals.map(({ draws }) => draws.shape[1])) },
    (_, i) => i,
  )
  const { draws } = ours
  const block = strips(
    { y: set.y, draws, mean: meanOverDraws(draws), std: stdOverDraws(draws), truth },
    { images, draws: 2 },
  )
  return {
    ...block,
    columns: [...block.columns, ...rivals.map(({ name }) => name)],
    rows: block.rows.map(({ label, pictures }, i) => ({
      label,
      pictures: [...pictures, ...rivals.map((rival) => pictureAt(rows(rival.draws, 0, 1), images[i]))],
    })),
  }
}

interface Page {
  readonly plan: AmortizePlan
  readonly contest: Contest
  readonly contestants: readonly Contestant[]
  readonly table: ContestTable
  /** Seconds of the distillation. */
  readonly distilled: number
  readonly seed: number
  readonly command: string
}

/** Writes `report.html` and `figures/restored.png`. */
export const writeContestReport = (
  run: Run,
  { plan, contest, contestants, table, distilled, seed, command }: Page,
): void => {
  const [, ours, ...rivals] = contestants
  const shown = stripsOf(contest, ours, rivals)
  writeAtomic(join(run.paths.figures, 'restored.png'), pngOf(stripsPicture(shown)))
  writeReport(
    run.paths.report,
    runReport({
      title: 'Photographs denoised in one pass',
      lead: `A diffusion prior of photographs distilled into a conditional flow by simulations from ${plan.samples.count} samples of the prior; then ${plan.test} unseen ones restored by it, by DPS and by Noise2Score.`,
      command,
      facts: [
        ['seed', `${seed}`],
        ['distillation', `${plan.steps} steps of ${plan.batch}, ${distilled.toFixed(0)} s`],
        ['noise', `${contest.set.noise}`],
      ],
      summaryTable: {
        columns: table.columns,
        rows: table.rows,
        marked: 1,
        caption: `Averages over the photographs of each row; of several draws the mean is judged. Intervals on all pixels. Seconds for one photograph, of DPS and Noise2Score in a batch, compilation included there; the distillation, once for all, is not.`,
      },
      strips: [{ ...shown, title: 'Unseen photographs' }],
      ...(ours.coverage.length > 0 && {
        coverage: {
          series: [{ name: ours.name, readings: ours.coverage }],
          note: 'All pixels; values clipped to [0, 1], differences below one grey level count as ties.',
        },
      }),
      notes: [
        'The flow minimises the reverse Kullback–Leibler divergence: it prefers leaving out possibilities to adding wrong ones, so its intervals tend to be narrow.',
        'Noise2Score is the mean of the posterior, up to the errors of the prior: no draw can beat its PSNR by being a better draw.',
        'DPS does not use the size of the noise; its step is the default, not tuned for this task.',
      ],
    }),
  )
}

/** The page of `tweedie demo-amortize`: photographs restored by a one-step sampler and by other methods. */
import { type Coverage, meanOverDraws, stdOverDraws } from '../diagnose/index.ts'
import { type NdArray, rows } from '../tensor/index.ts'
import type { Table } from './page.ts'
import type { Picture } from './png.ts'
import { runReport } from './run-report.ts'
import { pictureAt, type Strips, strips, stripsPicture } from './strip.ts'

/** Photographs on the page. */
const SHOWN = 8

/** A sampler's draws [K, N, C, H, W] in [0, 1] of the first N photographs. */
export interface RestoredPhotographs {
  readonly name: string
  readonly draws: NdArray<'float32'>
  /** How often central intervals hold the truth; empty with few draws. */
  readonly coverage: readonly Coverage[]
}

/** The facts, the figures and the draws of the demo. */
export interface DemoAmortizeReport {
  readonly command: string
  readonly seed: number
  /** Samples of the prior learned from, photographs restored. */
  readonly samples: number
  readonly restored: number
  readonly distillation: { readonly steps: number; readonly batch: number; readonly seconds: number }
  readonly noise: number
  /** Its second row is set off. */
  readonly table: Pick<Table, 'columns' | 'rows'>
  /** [N, C, H, W] each, in [0, 1]: the photographs and their observations. */
  readonly truth: NdArray<'float32'>
  readonly y: NdArray<'float32'>
  /** The one-step sampler with many draws, and those that it is set beside. */
  readonly ours: RestoredPhotographs
  readonly others: readonly RestoredPhotographs[]
}

/** Observation, draws, mean and spread of the sampler, the others' results, the truth. */
const stripsOf = ({ truth, y, ours, others }: DemoAmortizeReport): Strips => {
  const images = Array.from(
    { length: Math.min(SHOWN, ...others.map(({ draws }) => draws.shape[1])) },
    (_, i) => i,
  )
  const { draws } = ours
  const block = strips(
    { y, draws, mean: meanOverDraws(draws), std: stdOverDraws(draws), truth },
    { images, draws: 2 },
  )
  return {
    ...block,
    columns: [...block.columns, ...others.map(({ name }) => name)],
    rows: block.rows.map(({ label, pictures }, i) => ({
      label,
      pictures: [...pictures, ...others.map((other) => pictureAt(rows(other.draws, 0, 1), images[i]))],
    })),
  }
}

/** The page's markup, and its picture. */
export const demoAmortizeReport = (
  demo: DemoAmortizeReport,
): { readonly markup: string; readonly picture: Picture } => {
  const { command, seed, samples, restored, distillation, noise, table, ours } = demo
  const { steps, batch, seconds } = distillation
  const shown = stripsOf(demo)
  const markup = runReport({
    title: 'Photographs denoised in one pass',
    lead:
      `A diffusion prior of photographs distilled into a conditional flow by simulations from ${samples} ` +
      `samples of the prior; then ${restored} test photographs restored by it, by DPS and by Noise2Score.`,
    command,
    facts: [
      ['seed', `${seed}`],
      ['distillation', `${steps} steps of ${batch}, ${seconds.toFixed(0)} s`],
      ['noise', `${noise}`],
    ],
    summaryTable: {
      ...table,
      marked: 1,
      caption:
        'Averages over the photographs of each row; of several draws the mean is judged. Intervals on all ' +
        'pixels. Seconds for one photograph, of DPS and Noise2Score in a batch, compilation included ' +
        'there; the distillation, once for all, is not.',
    },
    strips: [{ ...shown, title: 'Test photographs' }],
    ...(ours.coverage.length > 0 && {
      coverage: {
        series: [{ name: ours.name, readings: ours.coverage }],
        note: 'All pixels; values clipped to [0, 1], differences below one grey level count as ties.',
      },
    }),
    notes: [
      'The flow is fitted to simulations by maximum likelihood, the forward Kullback–Leibler ' +
        'divergence: it leaves out no possibility, as far as its size allows.',
      'Noise2Score is the mean of the posterior, up to the errors of the prior: no draw can beat its ' +
        'PSNR by being a better draw.',
      'DPS does not use the size of the noise; its step was chosen for this task, on validation photographs.',
    ],
  })
  return { markup, picture: stripsPicture(shown) }
}

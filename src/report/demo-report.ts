/** The page of `tweedie demo`: a prior learned from incomplete digits, and other digits restored with it. */
import { type Coverage, meanOverDraws, stdOverDraws } from '../diagnose/index.ts'
import { type NdArray, rows } from '../tensor/index.ts'
import type { Table } from './page.ts'
import { enlarged, type Picture } from './png.ts'
import type { RunContent } from './run-content.ts'
import { runReport } from './run-report.ts'
import { imageGrid, type Strips, strips, stripsPicture } from './strip.ts'

/** Test digits on the page. */
const SHOWN = [0, 1, 2, 3, 4, 5, 6, 7]

/** Digits restored under one prior. */
export interface RestoredDigits {
  /** [K, N, 1, 28, 28] in [0, 1]. */
  readonly draws: NdArray<'float32'>
  readonly coverage: readonly Coverage[]
}

/** The facts, the figures and the draws of the demo. */
export interface DemoReport {
  readonly command: string
  readonly seed: number
  readonly laps: number
  /** Digits learned from, digits restored, and draws of each of these. */
  readonly learnedFrom: number
  readonly restored: number
  readonly draws: number
  /** Seconds of each phase. */
  readonly seconds: Readonly<Record<string, number>>
  /** Its second row is set off. */
  readonly table: Pick<Table, 'columns' | 'rows'>
  /** The same network trained on clean digits, when the table has it. */
  readonly oracle?: { readonly digits: number; readonly command: string }
  /** [N, 1, 28, 28] each: the digits, their observations, and which pixels were observed. */
  readonly test: {
    readonly truth: NdArray<'float32'>
    readonly y: NdArray<'float32'>
    readonly mask: NdArray<'float32'>
  }
  readonly learned: RestoredDigits
  readonly gaussian: RestoredDigits
  /** Of the run folder. */
  readonly run: RunContent
}

const stripsOf = ({ draws }: RestoredDigits, { truth, y, mask }: DemoReport['test']): Strips =>
  strips({ y, mask, draws, mean: meanOverDraws(draws), std: stdOverDraws(draws), truth }, { images: SHOWN })

/** The samples of the last prior. */
const samplesPicture = ({ priorSamplesByLap }: RunContent): Readonly<Record<string, Picture>> => {
  const last = priorSamplesByLap?.at(-1)
  return last ? { 'prior-samples': enlarged(imageGrid(rows(last.images, 0, 32)), 3) } : {}
}

/** The page's markup, and its pictures by name. */
export const demoReport = (
  demo: DemoReport,
): { readonly markup: string; readonly pictures: Readonly<Record<string, Picture>> } => {
  const { command, seed, laps, learnedFrom, restored, draws, seconds, table, oracle, test, run } = demo
  const oracleNote = oracle
    ? ` The oracle is the same network trained on ${oracle.digits} clean digits for as many steps` +
      ` (${oracle.command}).`
    : ''
  const shown = { learned: stripsOf(demo.learned, test), gaussian: stripsOf(demo.gaussian, test) }
  const markup = runReport({
    title: 'Digits from digits with three pixels in four deleted',
    lead:
      `A diffusion prior learned from ${learnedFrom} incomplete, noisy digits alone, without any clean ` +
      `image; then ${restored} other digits, observed alike, restored with it.`,
    command,
    facts: [
      ['seed', `${seed}`],
      ['laps (EM iterations)', `${laps}`],
      ...Object.entries(seconds).map(([phase, s]): [string, string] => [phase, `${s.toFixed(0)} s`]),
    ],
    summaryTable: {
      ...table,
      marked: 1,
      caption:
        `Averages over ${restored} test digits, ${draws} posterior draws each; ` +
        `intervals on the pixels that were not observed.${oracleNote}`,
    },
    strips: [
      { ...shown.learned, title: 'Learned prior' },
      { ...shown.gaussian, title: 'Gaussian prior' },
    ],
    coverage: {
      series: [
        { name: 'learned prior', readings: demo.learned.coverage },
        { name: 'Gaussian prior', readings: demo.gaussian.coverage },
      ],
      note:
        'Pixels that were not observed; values clipped to [0, 1], differences below one grey level count ' +
        'as ties.',
    },
    ...run,
    notes: [
      'MMPS is exact only for Gaussian priors; on strongly multimodal posteriors its intervals are ' +
        'approximate.',
      'The prior was learned from one observation of each digit, a quarter of its pixels; what these do ' +
        'not say, it takes from the Gaussian start.',
    ],
  })
  return {
    markup,
    pictures: {
      'restored-learned': stripsPicture(shown.learned),
      'restored-gaussian': stripsPicture(shown.gaussian),
      ...samplesPicture(run),
    },
  }
}

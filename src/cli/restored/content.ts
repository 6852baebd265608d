/** Posterior draws as a report shows them, with their figures where something is known to judge them by. */
import { hiddenFigures, hiddenTruth } from '../../compare/index.ts'
import {
  coverage,
  type Diagnosis,
  fitsSsim,
  greyLevels,
  meanOverDraws,
  psnr,
  repairedCoverage,
  SSIM_WINDOW,
  ssim,
  stdOverDraws,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import {
  backProjection,
  countedEntries,
  keptEntries,
  type NeverSeen,
  neverSeenWords,
  type ObservationSet,
  plainView,
} from '../../observations/index.ts'
import { type RunReport, reconciled, restoredPart } from '../../report/index.ts'
import { average, itemAt, type NdArray, zeros } from '../../tensor/index.ts'
import type { Io } from '../io.ts'
import { type BesideBaselines, besideBaselines, type HeldOut } from './beside-baselines.ts'
import { judgedProblems } from './judged.ts'
import type { ProblemSource } from './problem-source.ts'
import type { RepairedFile } from './repair.ts'

/** Draws, what they are of, and what is known about them. */
export interface Restored {
  /** All of them in files, for the tests: those in memory may be a share. */
  readonly source: ProblemSource
  /** [K, N, ...event]. */
  readonly draws: NdArray<'float32'>
  /** N observations. */
  readonly set: ObservationSet
  readonly truth?: NdArray<'float32'>
  /** Entries that were held out. */
  readonly held?: HeldOut
  /** As `besideBaselines` takes them. */
  readonly baselines?: string
  readonly repaired?: RepairedFile
  /** What no observation shows that was learned from. */
  readonly neverSeen?: NeverSeen
}

/** The parts of a report, and what a command says. */
export interface RestoredContent {
  readonly content: Partial<RunReport>
  readonly wins: readonly string[]
  readonly beside?: BesideBaselines['table']
  /** Entries against the whole, in one sentence. */
  readonly reconciled?: string
}

const isUnitImages = (set: ObservationSet): boolean => greyLevels(set).range !== undefined

/** PSNR and SSIM of whole images in [0, 1], as cells of a table; images below SSIM's window go without it. */
const imageFigures = (truth: NdArray<'float32'>) => {
  const both = fitsSsim(truth)
  const figures = (all: readonly NdArray<'float32'>[]): string[] => {
    const of = (figure: typeof psnr) => average(all.map((x) => average(figure(x, truth))))
    return [`${of(psnr).toFixed(2)} dB`, ...(both ? [of(ssim).toFixed(3)] : [])]
  }
  return {
    columns: ['PSNR\nall, per image', ...(both ? ['SSIM\nall, per image'] : [])],
    figures,
    note: both ? '' : ` No SSIM: images are smaller than its window of ${SSIM_WINDOW}×${SSIM_WINDOW}.`,
  }
}

const NO_IMAGES: ReturnType<typeof imageFigures> = { columns: [], figures: () => [], note: '' }

/** Figures of the mean and of single draws. */
const summaryOf = (
  { draws, set }: Restored,
  truth: NdArray<'float32'>,
  images: ReturnType<typeof imageFigures>,
): RunReport['summaryTable'] => {
  const hidden = hiddenTruth(truth, set)
  const which = countedEntries(set).hidden ? 'hidden' : 'all'
  const mean = meanOverDraws(draws)
  const { rmse, crps, coverage } = hiddenFigures({ mean, draws }, hidden)
  const singles = Array.from({ length: draws.shape[0] }, (_, k) => itemAt(draws, k))
  const errors = singles.map((x) => hiddenFigures({ mean: x }, hidden).rmse ** 2)
  const inside = coverage.map(
    ({ level, share }) => `${Math.round(100 * level)} % intervals hold ${(100 * share).toFixed(1)} %`,
  )
  return {
    columns: ['', ...images.columns, `RMSE\n${which}, pooled`, `CRPS\n${which}, pooled`],
    rows: [
      ['posterior mean', ...images.figures([mean]), rmse.toPrecision(3), '–'],
      [
        'single draws',
        ...images.figures(singles),
        Math.sqrt(average(errors)).toPrecision(3),
        crps.toPrecision(3),
      ],
    ],
    caption:
      `${hidden.words}${set.valid ? ', of the domain' : ''}. ` +
      `${inside.length === 0 ? 'Too few draws for intervals' : `Their ${inside.join(', their ')}`}.` +
      images.note,
  }
}

/** How often the truth lies inside the intervals of single entries. */
const coverageOf = (
  { draws, set, repaired }: Restored,
  truth: NdArray<'float32'>,
): NonNullable<RunReport['coverage']> => {
  const { entries, hidden } = countedEntries(set)
  const levels = [0.1, 0.3, 0.5, 0.7, 0.9]
  const units = greyLevels(set)
  const readings = coverage(draws, truth, { levels, mask: entries, ...units })
  const after = repaired?.intervals.map((intervals) => repairedCoverage(intervals, truth, entries))
  const clipped = isUnitImages(set)
    ? ', clipped to [0, 1]; differences below one grey level count as ties'
    : ''
  return {
    series: [{ name: 'posterior', readings }, ...(after ? [{ name: 'repaired', readings: after }] : [])],
    note:
      `${hidden ? 'Entries that were not observed' : 'All entries'}, one by one${clipped}.` +
      `${after ? ' Repaired: the intervals in the file, as they are.' : ''}`,
  }
}

/** The figures of draws whose truth is known. */
const figuresOf = async (
  restored: Restored,
  truth: NdArray<'float32'>,
): Promise<{ readonly content: Partial<RunReport>; readonly found: Diagnosis }> => {
  const { set } = restored
  const observed = keptEntries(set) ?? zeros(truth.shape)
  const pictures = isUnitImages(set) && observed.data.includes(0) && !set.valid
  const images = pictures ? imageFigures(truth) : NO_IMAGES
  const found = await judgedProblems(restored.source)
  return {
    content: { summaryTable: summaryOf(restored, truth, images), coverage: coverageOf(restored, truth) },
    found,
  }
}

/** Draws in the look of their view. */
const lookOf = async (
  { draws, set, truth, neverSeen }: Restored,
  best: BesideBaselines['best'],
): Promise<RunReport['restored']> => {
  const [K, n, ...event] = draws.shape
  const view = set.view ?? plainView(event)
  const mask = keptEntries(set)
  return restoredPart(view, {
    y: (await backProjection(set)) ?? zeros([n, ...event]),
    ...(mask ? { mask } : {}),
    draws,
    mean: meanOverDraws(draws),
    ...(K > 1 ? { std: stdOverDraws(draws) } : {}),
    ...(truth ? { truth } : {}),
    ...(best ? { others: [best] } : {}),
    ...(set.valid ? { valid: set.valid } : {}),
    ...(set.mesh ? { mesh: set.mesh } : {}),
    ...(neverSeen ? { neverSeen: neverSeen.entries } : {}),
    range: set.range,
  })
}

/** What a page says where draws are many. */
export const shareWords = (shown: number, all: number): string =>
  `Figures and pictures are of ${shown} of ${all} observations, evenly spaced; what 'tweedie diagnose' ` +
  'finds is of all of them.'

/**
 * The parts of a report that draws fill.
 *
 * @throws TweedieError `input` as `besideBaselines`
 */
export const restoredContent = async (
  restored: Restored,
  { seed, io }: { readonly seed?: number; readonly io: Io },
): Promise<RestoredContent> => {
  const { draws, set, truth, held, baselines } = restored
  const known = truth !== undefined || held !== undefined
  if (!known && baselines !== undefined && baselines !== 'none')
    throw new TweedieError('input', '--baselines: give --held or --truth to judge by')
  const judgedBy = { ...(held === undefined ? {} : { held }), ...(truth ? { truth } : {}) }
  const beside = known ? await besideBaselines(baselines, draws, set, judgedBy, { seed, io }) : undefined
  const figures = truth && (await figuresOf(restored, truth))
  const image = (set.view ?? plainView(set.operator.event)).kind === 'image'
  const said = figures && reconciled(figures.found, { image })
  const [shown, all] = [draws.shape[1], restored.source.shape[1]]
  const notes = [
    ...(shown < all ? [shareWords(shown, all)] : []),
    ...(restored.neverSeen ? [neverSeenWords(restored.neverSeen)] : []),
  ]
  return {
    content: {
      ...figures?.content,
      ...(beside ? { besideBaselines: beside.table } : {}),
      ...(said === undefined ? {} : { reconciled: said }),
      ...(notes.length > 0 ? { notes } : {}),
      restored: await lookOf(restored, beside?.best),
    },
    wins: beside?.wins ?? [],
    ...(beside ? { beside: beside.table } : {}),
    ...(said === undefined ? {} : { reconciled: said }),
  }
}

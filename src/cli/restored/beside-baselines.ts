/** The draws of a run beside baselines, on entries that none of them saw. */
import {
  type BaselineEntry,
  baselineNamed,
  baselines,
  type Estimate,
  misfitOf,
} from '../../baselines/index.ts'
import {
  type Hidden,
  type HiddenFigures,
  heldEntries,
  hiddenFigures,
  hiddenTruth,
  labelOf,
} from '../../compare/index.ts'
import { meanOverDraws } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import type { ObservationSet } from '../../observations/index.ts'
import type { Settings } from '../../settings.ts'
import { namedWithSettings } from '../../settings-text.ts'
import type { NdArray } from '../../tensor/index.ts'
import type { Io } from '../io.ts'

/** A table, and the sentences that a page begins with. */
export interface BesideBaselines {
  readonly wins: readonly string[]
  readonly table: {
    readonly columns: readonly string[]
    readonly rows: readonly (readonly string[])[]
    readonly caption: string
  }
  /** The baseline whose mean is nearest, to be shown beside the draws; none where there are none. */
  readonly best?: { readonly name: string; readonly mean: NdArray<'float32'> }
}

interface Row {
  readonly title: string
  readonly figures: HiddenFigures
}

/** A baseline with settings. */
interface Chosen {
  readonly entry: BaselineEntry
  readonly settings: Settings
}

/** What none is called on the command line. */
const NONE = 'none'

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

/** PSNR of an error over a range, dB. */
const psnrOf = (rmse: number, [low, high]: ObservationSet['range']): string =>
  (20 * Math.log10((high - low) / rmse)).toFixed(2)

/** The columns; the PSNR of images only. */
const columnsOf = ({ range, operator, view }: ObservationSet) => {
  const inside = (level: number) => ({
    head: `in ${percent(level)} intervals`,
    cell: ({ coverage }: HiddenFigures) => {
      const found = coverage.find((c) => c.level === level)
      return found ? percent(found.share) : '–'
    },
  })
  const psnr = { head: 'PSNR (dB)', cell: ({ rmse }: HiddenFigures) => psnrOf(rmse, range) }
  return [
    { head: 'RMSE', cell: ({ rmse }: HiddenFigures) => rmse.toPrecision(3) },
    ...((view?.kind ?? 'image') === 'image' && operator.event.length === 3 ? [psnr] : []),
    { head: 'CRPS', cell: ({ crps }: HiddenFigures) => crps.toPrecision(3) },
    inside(0.5),
    inside(0.9),
  ]
}

/** A sentence for each figure in which a baseline is better than the draws. */
const winsOf = (own: Row, others: readonly Row[]): string[] =>
  (['rmse', 'crps'] as const).flatMap((figure) => {
    const [first, ...rest] = others
    if (!first) return []
    const best = rest.reduce((a, b) => (b.figures[figure] < a.figures[figure] ? b : a), first)
    if (!(best.figures[figure] < own.figures[figure])) return []
    const [theirs, ours] = [best, own].map(({ figures }) => figures[figure].toPrecision(3))
    return [
      `A simple baseline wins: ${figure.toUpperCase()} of ${best.title} ${theirs}, of the draws ${ours}.`,
    ]
  })

/** Observations that were held out, and their file, which `tweedie hold-out` wrote. */
export interface HeldOut {
  readonly file: string
  readonly set: ObservationSet
}

/** What restorations are judged by: held-out observations of the same signals, or the truth. */
export interface JudgedBy {
  readonly held?: HeldOut
  readonly truth?: NdArray<'float32'>
}

/** @throws TweedieError `input` for both, and for held-out entries of operators that delete none */
const hiddenOf = (set: ObservationSet, { held, truth }: JudgedBy): Hidden => {
  if (held !== undefined && truth) throw new TweedieError('input', 'give --held or --truth, not both')
  if (truth) return hiddenTruth(truth, set)
  if (held === undefined) throw new TweedieError('input', '--baselines: give --held or --truth to judge by')
  const entries = heldEntries(held.set)
  if (entries) return entries
  throw new TweedieError('input', `${held.file}: figures are of held-out entries, which only masks have`)
}

/** The baselines that were named, or by default all that take the operator. */
const chosenOf = (names: string | undefined, set: ObservationSet): Chosen[] => {
  if (names === NONE) return []
  if (names === undefined)
    return baselines
      .filter((entry) => misfitOf(entry, set) === undefined)
      .map((entry) => ({ entry, settings: {} }))
  return names.split(',').map((text) => namedWithSettings<BaselineEntry>(text, baselineNamed))
}

/** The meaning of the columns. */
const MEANING =
  'pooled over all observations. RMSE of the mean, CRPS of the draws (of point estimates the mean absolute ' +
  'error), share inside the central intervals, of those that the draws resolve'

/**
 * Restores the observations by baselines too, and judges all alike.
 *
 * @param names - as on the command line: `kriging,tv`, or `none`; default all that take the set, of which
 *   those that turn out not to are left out and named in the caption
 * @throws TweedieError `input` for unknown baselines, operators that named ones do not take, and nothing to
 *   judge by
 */
export const besideBaselines = async (
  names: string | undefined,
  draws: NdArray<'float32'>,
  set: ObservationSet,
  given: JudgedBy,
  { seed = 0, io }: { readonly seed?: number; readonly io: Io },
): Promise<BesideBaselines> => {
  const hidden = hiddenOf(set, given)
  const chosen = chosenOf(names, set)
  const judged = (title: string, estimate: Estimate): Row => ({
    title,
    figures: hiddenFigures(estimate, hidden),
  })
  const own = judged('draws of the run', { mean: meanOverDraws(draws), draws })
  const others: (Row & { readonly mean: NdArray<'float32'> })[] = []
  const leftOut: string[] = []
  if (names === undefined && chosen.length > 0)
    io.note(`beside baselines: ${chosen.map(({ entry }) => entry.name).join(', ')} (--baselines none: none)`)
  for (const { entry, settings } of chosen) {
    try {
      const estimate = await entry.make(settings)(set, {
        draws: draws.shape[0],
        seed,
        onProgress: (done, total) => io.progress({ phase: entry.name, done, total }),
        signal: io.signal,
      })
      const title = labelOf({ kind: 'baseline', baseline: entry.name, settings })
      others.push({ ...judged(title, estimate), mean: estimate.mean })
    } catch (error) {
      const refused = error instanceof TweedieError && error.code === 'input'
      if (names !== undefined || !refused) throw error
      leftOut.push(error.message)
    }
  }
  const best = others.reduce<(typeof others)[number] | undefined>(
    (a, b) => (a && a.figures.rmse <= b.figures.rmse ? a : b),
    undefined,
  )
  const columns = columnsOf(set)
  const without = leftOut.length === 0 ? '' : ` Left out: ${leftOut.join('; ')}.`
  return {
    wins: winsOf(own, others),
    table: {
      columns: ['', ...columns.map(({ head }) => head)],
      rows: [own, ...others].map(({ title, figures }) => [
        title,
        ...columns.map(({ cell }) => cell(figures)),
      ]),
      caption: `${hidden.words}, ${MEANING}.${without}`,
    },
    ...(best ? { best: { name: best.title, mean: best.mean } } : {}),
  }
}

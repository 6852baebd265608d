/** The draws of a run beside baselines, on entries that none of them saw. */
import { type BaselineEntry, baselineNamed, type Estimate } from '../../baselines/index.ts'
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
import { namedWithSettings } from '../../settings-text.ts'
import type { NdArray } from '../../tensor/index.ts'
import type { Io } from '../io.ts'
import { observationsFor } from './diagnose.ts'

/** A table, and the sentences that a page begins with. */
export interface BesideBaselines {
  readonly wins: readonly string[]
  readonly table: {
    readonly columns: readonly string[]
    readonly rows: readonly (readonly string[])[]
    readonly caption: string
  }
}

interface Row {
  readonly title: string
  readonly figures: HiddenFigures
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

const cellsOf = ({ title, figures: { rmse, crps, coverage } }: Row): string[] => [
  title,
  rmse.toPrecision(3),
  crps.toPrecision(3),
  coverage ? `${percent(coverage.share)} of ${percent(coverage.level)}` : '–',
]

/** A sentence for each figure in which a baseline is better than the draws. */
const winsOf = (own: Row, others: readonly Row[]): string[] =>
  (['rmse', 'crps'] as const).flatMap((figure) => {
    const best = others.reduce((a, b) => (b.figures[figure] < a.figures[figure] ? b : a))
    if (!(best.figures[figure] < own.figures[figure])) return []
    const [theirs, ours] = [best, own].map(({ figures }) => figures[figure].toPrecision(3))
    return [
      `A simple baseline wins: ${figure.toUpperCase()} of ${best.title} ${theirs}, of the draws ${ours}.`,
    ]
  })

/** What the restorations are held against. */
const hiddenOf = (
  set: ObservationSet,
  draws: NdArray<'float32'>,
  { held, truth }: { readonly held?: string; readonly truth?: NdArray<'float32'> },
): Hidden => {
  if (held !== undefined && truth)
    throw new TweedieError('input', '--baselines: give --held or --truth, not both')
  if (held !== undefined) {
    const entries = heldEntries(observationsFor(held, draws))
    if (entries) return entries
    throw new TweedieError('input', `${held}: --baselines judges held-out entries, which only masks have`)
  }
  if (truth) return hiddenTruth(truth, set)
  throw new TweedieError('input', '--baselines: give --held or --truth to judge by')
}

/** The meaning of the columns. */
const MEANING =
  'RMSE of the mean, CRPS of the draws (the absolute error of point estimates), share inside the central ' +
  'interval beside what it should be.'

/**
 * Restores the observations by baselines too, and judges all alike.
 *
 * @param names - as on the command line: `kriging,tv`
 * @param given - what to judge by: the file that `tweedie hold-out` wrote, or the truth
 * @throws TweedieError `input` for unknown baselines, operators that they do not take, and nothing to judge
 *   by
 */
export const besideBaselines = async (
  names: string,
  draws: NdArray<'float32'>,
  set: ObservationSet,
  given: { readonly held?: string; readonly truth?: NdArray<'float32'> },
  { seed = 0, io }: { readonly seed?: number; readonly io: Io },
): Promise<BesideBaselines> => {
  const specs = names.split(',').map((text) => namedWithSettings<BaselineEntry>(text, baselineNamed))
  const hidden = hiddenOf(set, draws, given)
  const judged = (title: string, estimate: Estimate): Row => ({
    title,
    figures: hiddenFigures(estimate, hidden),
  })
  const own = judged('draws of the run', { mean: meanOverDraws(draws), draws })
  const others: Row[] = []
  for (const { entry, settings } of specs) {
    const estimate = await entry.make(settings)(set, {
      draws: draws.shape[0],
      seed,
      onProgress: (done, total) => io.progress({ phase: entry.name, done, total }),
      signal: io.signal,
    })
    others.push(judged(labelOf({ kind: 'baseline', baseline: entry.name, settings }), estimate))
  }
  return {
    wins: winsOf(own, others),
    table: {
      columns: ['', 'RMSE', 'CRPS', 'inside'],
      rows: [own, ...others].map(cellsOf),
      caption: `${hidden.words}; ${MEANING}`,
    },
  }
}

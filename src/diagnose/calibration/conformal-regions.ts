import { TweedieError } from '../../error.ts'
import type { NdArray, Shape } from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { type ConformalOptions, type RegionRepair, repairsInParts } from './conformal.ts'
import { problemsOf } from './sbc.ts'

/** More labels than this are no map of regions. */
const MOST = 1000

/**
 * The labels of the entries of one signal.
 *
 * @throws TweedieError `shape` for labels of another shape, and `input` for labels that are not whole or more
 *   than 1000
 */
export const regionLabels = (labels: NdArray, event: Shape): number[] => {
  requireSameShape(labels.shape, event, 'region repairs: labels')
  const map = Array.from(finiteValues(labels, 'region repairs: labels'))
  const odd = map.find((v) => !Number.isInteger(v))
  if (odd !== undefined)
    throw new TweedieError('input', `region repairs: labels are whole numbers, got ${odd}`)
  const different = new Set(map).size
  if (different > MOST)
    throw new TweedieError('input', `region repairs: ${different} labels, more than ${MOST}`)
  return map
}

/**
 * How intervals must be stretched in each region of the signal, one factor for each label of a map. The
 * guarantee of `conformalRepair` then holds in every region by itself: of a further problem, a repaired 90 %
 * interval holds 90 % of the entries of that region at least, on average over problems.
 *
 * @param draws - `[K, N, ...event]` of problems whose truth is known, exchangeable with those to come
 * @param truth - `[N, ...event]`
 * @param labels - `[...event]`, whole numbers; a region without an entry that counts is left out
 * @returns a repair for each label, ascending
 * @throws TweedieError as `conformalRepair`, `shape` for labels of another shape, and `input` for labels that
 *   are not whole or more than 1000
 *
 * @example
 * ```ts
 * const { labels } = readArrays('regions.npz')
 * const repairs = regionRepairs(draws, truth, labels, { levels: [0.9] })
 * for (const { label, levels: [{ factor }] } of repairs) console.log(label, factor)
 * ```
 */
export const regionRepairs = (
  draws: NdArray,
  truth: NdArray,
  labels: NdArray,
  { entries, ...options }: ConformalOptions = {},
): RegionRepair[] => {
  problemsOf(draws, truth, 'region repairs')
  const { add, again, regions } = repairsInParts(options, regionLabels(labels, truth.shape.slice(1)))
  do add(draws, truth, entries)
  while (again())
  return regions()
}

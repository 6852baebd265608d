/** Restorations judged on what the observations hide, observation by observation. */
import type { Estimate } from '../../src/baselines/index.ts'
import { coverage, crps } from '../../src/diagnose/index.ts'
import { keptEntries } from '../../src/observations/index.ts'
import { NdArray, rows, sizeOf } from '../../src/tensor/index.ts'
import { type Cut, partsOf } from './own-set.ts'

/** Level of the intervals. */
const LEVEL = 0.9

/** Sums over the entries that count of each judged observation, in the units of the data. */
export interface Tally {
  readonly squares: readonly number[]
  /** Continuous ranked probability scores; absolute errors of a point estimate. */
  readonly crps: readonly number[]
  readonly counts: readonly number[]
  /** Share of all these entries in the central 90 % interval; absent for point estimates. */
  readonly coverage?: number
}

/** 1 where an entry of a judged observation counts: hidden, of all entries without masks; never land. */
const entriesOf = (cut: Cut): NdArray<'float32'> => {
  const { judged } = partsOf(cut)
  const kept = keptEntries(judged)
  const { valid } = judged
  const data = cut.truth.data.map((_, i) => {
    const inside = valid ? valid.data[i % valid.size] : 1
    return inside * (kept ? 1 - kept.data[i] : 1)
  })
  return new NdArray('float32', cut.truth.shape, data)
}

/** Σ (mean − x)² over draws k, by K (K − 1): what the mean of K draws has beside the error of their law. */
const sampling =
  (draws: NdArray<'float32'>, mean: NdArray<'float32'>) =>
  (at: number): number => {
    const [K] = draws.shape
    let sum = 0
    for (let k = 0; k < K; k++) sum += (draws.data[k * mean.size + at] - mean.data[at]) ** 2
    return sum / (K * (K - 1))
  }

/**
 * Judges a restoration of the judged observations.
 *
 * @param isSampled - whether the mean is that of the draws: its squared error is then counted without what
 *   the number of draws adds, so that it stands beside means in closed form (Leutbecher 2019)
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity
 */
export const judge = ({ mean, draws }: Estimate, cut: Cut, isSampled = false): Tally => {
  const { truth } = cut
  const entries = entriesOf(cut)
  const [count, ...event] = truth.shape
  const size = sizeOf(event)
  const sumOf = (i: number, term: (at: number) => number): number => {
    let sum = 0
    for (let at = i * size; at < (i + 1) * size; at++) if (entries.data[at] !== 0) sum += term(at)
    return sum
  }
  const each = <T>(of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i))
  const counts = each((i) => sumOf(i, () => 1))
  const samples = draws ?? new NdArray('float32', [1, ...mean.shape], mean.data)
  const scores = crps(samples, truth, { entries })
  const [found] = draws ? coverage(draws, truth, { levels: [LEVEL], mask: entries }) : []
  const excess = draws && isSampled ? sampling(draws, mean) : () => 0
  return {
    squares: each((i) => sumOf(i, (at) => (mean.data[at] - truth.data[at]) ** 2 - excess(at))),
    crps: each((i) => (counts[i] === 0 ? 0 : scores[i] * counts[i])),
    counts,
    ...(found ? { coverage: found.observed } : {}),
  }
}

/** The last rows of an estimate: those of the judged observations. */
export const lastRows = ({ mean, draws }: Estimate, count: number): Estimate => {
  const [all, ...event] = mean.shape
  if (count === all) return { mean, ...(draws ? { draws } : {}) }
  const own = rows(mean, all - count, all)
  if (!draws) return { mean: own }
  const [K] = draws.shape
  const [size, each] = [count * sizeOf(event), all * sizeOf(event)]
  const data = new Float32Array(K * size)
  for (let k = 0; k < K; k++) data.set(draws.data.subarray((k + 1) * each - size, (k + 1) * each), k * size)
  return { mean: own, draws: new NdArray('float32', [K, count, ...event], data) }
}

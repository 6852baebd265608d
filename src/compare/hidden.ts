/**
 * Restorations judged on entries that they did not see: hidden ones whose truth is known, or seen ones that
 * were held out, noise and all.
 */
import type { Estimate } from '../baselines/index.ts'
import { coverage, crps, type GreyLevels, greyLevels } from '../diagnose/index.ts'
import { TweedieError } from '../error.ts'
import { countedEntries, keptEntries, type ObservationSet } from '../observations/index.ts'
import { normal, stream } from '../random/index.ts'
import { itemAt, NdArray } from '../tensor/index.ts'

/** What restorations should be. */
export interface Hidden {
  /** [N, ...event] in the units of the data. */
  readonly target: NdArray<'float32'>
  /** Like the target: 1 where it counts. */
  readonly entries: NdArray<'float32'>
  /** What counts, for captions. */
  readonly words: string
  /** Standard deviation of the noise in the target, of one entry; 0 of a truth. */
  readonly noise: (entry: number) => number
  /** Legal values of intervals, and the finest difference that means something. */
  readonly units?: GreyLevels
}

/** Figures over the entries that count, pooled over observations, in the units of the data. */
export interface HiddenFigures {
  /** Root of the mean square error of the mean. */
  readonly rmse: number
  /** Continuous ranked probability score; of a point estimate the mean absolute error. */
  readonly crps: number
  /** Shares of the entries in the central 50 % and 90 % intervals, of those that the draws resolve. */
  readonly coverage: readonly { readonly level: number; readonly share: number }[]
}

/** Numbers with commas, for captions. */
const counted = ({ data }: NdArray<'float32'>): string => {
  const count = data.reduce((n, v) => n + Number(v !== 0), 0)
  return `${count.toLocaleString('en')} of ${data.length.toLocaleString('en')} entries`
}

/** A known truth, on the entries of the domain that masks hide; on all of them where nothing is hidden. */
export const hiddenTruth = (truth: NdArray<'float32'>, set: ObservationSet): Hidden => {
  const { entries, hidden } = countedEntries(set)
  const words = `${hidden ? 'Hidden' : 'All'} entries against the truth (${counted(entries)})`
  return { target: truth, entries, words, noise: () => 0, units: greyLevels(set) }
}

/** Entries that were held out; undefined for operators that delete none. */
export const heldEntries = (held: ObservationSet): Hidden | undefined => {
  const entries = keptEntries(held)
  const { std } = held
  const noise = (i: number) => (std ? std.data[i % std.size] : held.noise)
  if (!entries) return undefined
  const words = `Held-out seen entries, with their noise (${counted(entries)})`
  return { target: held.y, entries, words, noise }
}

/** Draws of what was held out: with noise of their own. */
const noisy = (draws: NdArray<'float32'>, { noise }: Hidden): NdArray<'float32'> => {
  const size = draws.size / draws.shape[0]
  const z = (k: number) => normal(stream(0, 'held noise'), draws.shape.slice(1), { draw: k }).data
  const data = new Float32Array(draws.size)
  for (let k = 0; k < draws.shape[0]; k++) {
    const [x, own] = [itemAt(draws, k).data, z(k)]
    data.set(
      x.map((v, i) => v + noise(i) * own[i]),
      k * size,
    )
  }
  return new NdArray('float32', draws.shape, data)
}

/** Mean of scores of observations [N], each as often as it has entries that count. */
const pooled = (scores: Float64Array, { data }: NdArray<'float32'>): number => {
  const size = data.length / scores.length
  let [sum, count] = [0, 0]
  scores.forEach((score, i) => {
    const own = data.subarray(i * size, (i + 1) * size).reduce((n, v) => n + Number(v !== 0), 0)
    if (own === 0) return
    sum += own * score
    count += own
  })
  return sum / count
}

/**
 * Judges a restoration.
 *
 * @throws TweedieError `shape` when shapes do not fit or no entry counts, `numeric` on NaN or infinity
 */
export const hiddenFigures = ({ mean, draws }: Estimate, hidden: Hidden): HiddenFigures => {
  const { target, entries, units } = hidden
  let [sum, count] = [0, 0]
  mean.data.forEach((v, i) => {
    if (entries.data[i] === 0) return
    sum += (v - target.data[i]) ** 2
    count++
  })
  if (count === 0) throw new TweedieError('shape', 'figures: no entry counts')
  const samples = draws && noisy(draws, hidden)
  const points = samples ?? new NdArray('float32', [1, ...mean.shape], mean.data)
  const found = samples ? coverage(samples, target, { ...units, levels: [0.5, 0.9], mask: entries }) : []
  return {
    rmse: Math.sqrt(sum / count),
    crps: pooled(crps(points, target, { entries }), entries),
    coverage: found.filter((c) => c.resolved).map(({ level, observed }) => ({ level, share: observed })),
  }
}

/**
 * Restorations judged on entries that they did not see: hidden ones whose truth is known, or seen ones that
 * were held out, noise and all.
 */
import type { Estimate } from '../baselines/index.ts'
import { coverage, crps } from '../diagnose/index.ts'
import { judgedEntries, keptEntries, type ObservationSet } from '../observations/index.ts'
import { normal, stream } from '../random/index.ts'
import { average, full, itemAt, NdArray } from '../tensor/index.ts'

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
}

/** Figures over the entries that count, in the units of the data. */
export interface HiddenFigures {
  /** Root of the mean square error of the mean. */
  readonly rmse: number
  /** Continuous ranked probability score; of a point estimate the mean absolute error. */
  readonly crps: number
  /** Share of the entries in the central 90 % interval, or in that of 50 % where draws are few. */
  readonly coverage?: { readonly level: number; readonly share: number }
}

/** A known truth, on the entries of the domain that a mask hides; on all of these with other operators. */
export const hiddenTruth = (truth: NdArray<'float32'>, set: ObservationSet): Hidden => {
  const entries = judgedEntries(set) ?? full(truth.shape, 1)
  const words = `${keptEntries(set) ? 'Hidden' : 'All'} entries against the truth`
  return { target: truth, entries, words, noise: () => 0 }
}

/** Entries that were held out; undefined for operators that delete none. */
export const heldEntries = (held: ObservationSet): Hidden | undefined => {
  const entries = keptEntries(held)
  const { std } = held
  const noise = (i: number) => (std ? std.data[i % std.size] : held.noise)
  return entries && { target: held.y, entries, words: 'Held-out entries, with their noise', noise }
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

/**
 * Judges a restoration.
 *
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity
 */
export const hiddenFigures = ({ mean, draws }: Estimate, hidden: Hidden): HiddenFigures => {
  const { target, entries } = hidden
  let [sum, count] = [0, 0]
  mean.data.forEach((v, i) => {
    if (entries.data[i] === 0) return
    sum += (v - target.data[i]) ** 2
    count++
  })
  const samples = draws && noisy(draws, hidden)
  const points = samples ?? new NdArray('float32', [1, ...mean.shape], mean.data)
  const scores = Array.from(crps(points, target, { entries })).filter((score) => !Number.isNaN(score))
  const found = samples && coverage(samples, target, { levels: [0.9, 0.5], mask: entries })
  const first = found?.find(({ resolved }) => resolved)
  return {
    rmse: Math.sqrt(sum / count),
    crps: average(scores),
    ...(first ? { coverage: { level: first.level, share: first.observed } } : {}),
  }
}

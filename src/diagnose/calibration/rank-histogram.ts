/** A histogram of ranks with a band for all its bars together. */
import { TweedieError } from '../../error.ts'
import { logFactorials } from '../distributions.ts'

/** Most bars, fewest where there are so many ranks, and problems that a bar should have. */
const [MOST, FEWEST, EACH] = [20, 5, 10] as const

/** A bar of a histogram of ranks. Heights are counts over what they should be: 1 for even ranks. */
export interface RankBar {
  readonly height: number
  /** Ends of the band here. */
  readonly low: number
  readonly high: number
  /** Share of the ranks 0 … K that are in the bar. */
  readonly width: number
}

/** Smallest and largest count with P(C < low) ≤ tail and P(C > high) ≤ tail, C ~ Binomial(n, p). */
const binomialEnds = (n: number, p: number, tail: number, logs: Float64Array): readonly [number, number] => {
  if (p >= 1) return [n, n]
  const at = (c: number) =>
    Math.exp(logs[n] - logs[c] - logs[n - c] + c * Math.log(p) + (n - c) * Math.log1p(-p))
  let [low, high] = [0, n]
  for (let below = at(0); low < n && below <= tail; below += at(low)) low++
  for (let above = at(n); high > 0 && above <= tail; above += at(high)) high--
  return [low, high]
}

/**
 * The histogram of ranks 0 … K of N problems in at most 20 bars, of ten problems or more where N allows five
 * bars. Even ranks leave the band at some bar with a probability of at most 1 − level: the count of a bar is
 * Binomial(N, p), and each of the B bars has tails of (1 − level)/2B (Bonferroni).
 *
 * @param ranks - `[N]`, whole numbers 0 … draws
 * @param draws - K
 * @param level - of all bars together, default 0.99
 * @throws TweedieError `input` without ranks, or for one outside 0 … K
 *
 * @example
 * ```ts
 * const bars = rankHistogram(sbc(draws, truth).quantities[0].ranks, draws.shape[0])
 * ```
 */
export const rankHistogram = (ranks: ArrayLike<number>, draws: number, level = 0.99): RankBar[] => {
  const n = ranks.length
  const isRank = (r: number): boolean => Number.isInteger(r) && r >= 0 && r <= draws
  if (n === 0 || !Array.from(ranks).every(isRank))
    throw new TweedieError('input', `ranks: expected at least one, each a whole number 0 to ${draws}`)
  const bars = Math.min(MOST, draws + 1, Math.max(FEWEST, Math.floor(n / EACH)))
  const first = (b: number) => Math.ceil((b * (draws + 1)) / bars)
  const counts = new Float64Array(bars)
  for (let i = 0; i < n; i++) counts[Math.floor((ranks[i] * bars) / (draws + 1))]++
  const logs = logFactorials(n)
  return Array.from(counts, (count, b) => {
    const width = (first(b + 1) - first(b)) / (draws + 1)
    const [low, high] = binomialEnds(n, width, (1 - level) / (2 * bars), logs)
    const even = n * width
    return { height: count / even, low: low / even, high: high / even, width }
  })
}

/**
 * Are ranks uniform? The empirical distribution function of N ranks in 0 … K is compared with the straight
 * line, with a band that a calibrated sampler leaves *anywhere* with a given probability only (Säilynoja,
 * Bürkner & Vehtari, "Graphical test for discrete uniformity and its applications in goodness-of-fit
 * evaluation and multiple sample comparison", 2022).
 *
 * At each of at most 100 places z the count below it is Binomial(N, z); its tail γ = 2 min(P(C ≤ c),
 * P(C ≥ c)) says how odd it is there, and min γ over all places is the statistic. Its distribution is exact:
 * given the total, counts in successive intervals are those of a Poisson process, so the probability that no
 * γ is too small follows by carrying the distribution of the count from place to place through the band.
 */
import { TweedieError } from '../../error.ts'
import { logFactorials } from '../distributions.ts'

/** Most places where the functions are compared. */
const PLACES = 100

/** Probabilities below this are given as bounds. */
const CERTAIN = 1e-10

/** The empirical distribution function of ranks, and how odd it is. */
export interface RankUniformity {
  /** P(rank ≤ r) if the ranks are uniform, at each place. */
  readonly expected: Float64Array
  /** Share of the ranks ≤ r. */
  readonly observed: Float64Array
  /** Exact probability that uniform ranks look at least as odd at some place; below 1e-10 a bound on it. */
  readonly pValue: number
}

/** Band around `expected`; see {@link rankBand}. */
export interface RankBand {
  /** P(rank ≤ r) if the ranks are uniform, at each place. */
  readonly expected: Float64Array
  /** Lower end of the band at each place. */
  readonly low: Float64Array
  /** Upper end of the band at each place. */
  readonly high: Float64Array
}

/** Everything that depends on the number of ranks and of values only. */
interface Grid {
  readonly n: number
  /** r + 1 at each place: how many values are ≤ r. */
  readonly below: Int32Array
  readonly expected: Float64Array
  /** γ of every count 0 … N, at each place. */
  readonly tails: readonly Float64Array[]
  readonly logs: Float64Array
}

const binomialTails = (n: number, z: number, logs: Float64Array): Float64Array => {
  // From the most likely count outwards: the ratio of neighbours is (n − c)/(c + 1) · z/(1 − z).
  const odds = z / (1 - z)
  const mode = Math.floor((n + 1) * z)
  const pmf = new Float64Array(n + 1)
  pmf[mode] = Math.exp(
    logs[n] - logs[mode] - logs[n - mode] + mode * Math.log(z) + (n - mode) * Math.log1p(-z),
  )
  for (let c = mode; c < n; c++) pmf[c + 1] = (pmf[c] * odds * (n - c)) / (c + 1)
  for (let c = mode; c > 0; c--) pmf[c - 1] = (pmf[c] * c) / (odds * (n - c + 1))
  const tails = new Float64Array(n + 1)
  let [below, above] = [0, 0]
  for (let c = 0; c <= n; c++) {
    below += pmf[c]
    tails[c] = below
  }
  for (let c = n; c >= 0; c--) {
    above += pmf[c]
    tails[c] = Math.min(1, 2 * Math.min(tails[c], above))
  }
  return tails
}

const gridOf = (n: number, draws: number): Grid => {
  if (!(Number.isInteger(n) && n >= 1 && Number.isInteger(draws) && draws >= 1)) {
    throw new TweedieError(
      'input',
      `ranks: expected at least one rank among at least one draw, got ${n} and ${draws}`,
    )
  }
  const step = Math.ceil(draws / PLACES)
  const below = Int32Array.from({ length: Math.floor(draws / step) }, (_, i) => (i + 1) * step)
  const expected = Float64Array.from(below, (b) => b / (draws + 1))
  const logs = logFactorials(n)
  return { n, below, expected, logs, tails: Array.from(expected, (z) => binomialTails(n, z, logs)) }
}

/** Poisson(mean) probabilities of 0 … most. */
const poisson = (mean: number, most: number, logs: Float64Array): Float64Array =>
  Float64Array.from({ length: most + 1 }, (_, k) => Math.exp(k * Math.log(mean) - mean - logs[k]))

/** First and last count whose tail is above γ. */
const allowed = (tails: Float64Array, gamma: number): readonly [number, number] => {
  let [low, high] = [0, tails.length - 1]
  while (low <= high && tails[low] <= gamma) low++
  while (high >= low && tails[high] <= gamma) high--
  return [low, high]
}

/** P(all tails > γ). */
const insideProbability = ({ n, expected, tails, logs }: Grid, gamma: number): number => {
  const step = poisson(n * expected[0], n, logs)
  // Beyond this the probability of a step is below 1e-18 of its largest.
  let reach = Math.ceil(n * expected[0])
  while (reach < n && step[reach] > 1e-18) reach++
  let [from, counts] = [0, Float64Array.of(1)]
  for (const tail of tails) {
    const [low, high] = allowed(tail, gamma)
    const next = new Float64Array(Math.max(0, high - low + 1))
    for (let c = low; c <= high; c++) {
      const last = Math.min(c, from + counts.length - 1)
      let sum = 0
      for (let before = Math.max(from, c - reach); before <= last; before++) {
        sum += counts[before - from] * step[c - before]
      }
      next[c - low] = sum
    }
    ;[from, counts] = [low, next]
  }
  const rest = poisson(n * (1 - expected[expected.length - 1]), n, logs)
  const joint = counts.reduce((sum, p, i) => sum + p * rest[n - from - i], 0)
  return Math.min(1, joint / Math.exp(n * Math.log(n) - n - logs[n]))
}

/** The test for `n` ranks in 0 … `draws`: what depends on these numbers only is computed once. */
export const rankTest = (n: number, draws: number): ((ranks: ArrayLike<number>) => RankUniformity) => {
  const grid = gridOf(n, draws)
  return (ranks) => uniformityOn(grid, ranks, draws)
}

/**
 * The test of Säilynoja et al. for ranks in 0 … `draws`.
 *
 * @throws TweedieError `input` when there are no ranks, or one is outside
 *
 * @example
 * ```ts
 * rankUniformity([0, 1, 2, 3], 3).pValue // 1: as even as can be
 * ```
 */
export const rankUniformity = (ranks: ArrayLike<number>, draws: number): RankUniformity =>
  rankTest(ranks.length, draws)(ranks)

const uniformityOn = (grid: Grid, ranks: ArrayLike<number>, draws: number): RankUniformity => {
  const histogram = new Int32Array(draws + 1)
  for (let i = 0; i < ranks.length; i++) {
    if (!(Number.isInteger(ranks[i]) && ranks[i] >= 0 && ranks[i] <= draws)) {
      throw new TweedieError('input', `ranks: expected integers 0 … ${draws}, got ${ranks[i]}`)
    }
    histogram[ranks[i]]++
  }
  let [counted, at, oddest] = [0, 0, 1]
  const observed = Float64Array.from(grid.below, (below, p) => {
    while (at < below) counted += histogram[at++]
    oddest = Math.min(oddest, grid.tails[p][counted])
    return counted / ranks.length
  })
  // Far out the bound over all places is as good as the exact value, which rounding would drown.
  const bound = oddest * grid.tails.length
  if (bound < CERTAIN) return { expected: grid.expected, observed, pValue: bound }
  // The observed tail itself counts as at least as odd as the observed, in spite of rounding.
  const pValue = Math.max(0, 1 - insideProbability(grid, oddest * (1 + 1e-9)))
  return { expected: grid.expected, observed, pValue }
}

/**
 * The band that the empirical distribution function of `n` uniform ranks in 0 … `draws` stays in everywhere
 * with probability `level` (at least, and as little more as counts allow).
 *
 * @param level - default 0.99
 * @throws TweedieError `input` without ranks or draws, and for a level outside (0, 1)
 *
 * @example
 * ```ts
 * const { expected, low, high } = rankBand(1000, 200)
 * ```
 */
export const rankBand = (n: number, draws: number, level = 0.99): RankBand => {
  if (!(level > 0 && level < 1))
    throw new TweedieError('input', `rankBand: level must be in (0, 1), got ${level}`)
  const grid = gridOf(n, draws)
  // γ lies between the level of one place and that of all places by Bonferroni.
  let [low, high] = [Math.log((1 - level) / (2 * grid.tails.length)), Math.log(1 - level)]
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2
    if (insideProbability(grid, Math.exp(middle)) >= level) low = middle
    else high = middle
  }
  const edges = grid.tails.map((tails) => allowed(tails, Math.exp(low)))
  return {
    expected: grid.expected,
    low: Float64Array.from(edges, ([c]) => c / n),
    high: Float64Array.from(edges, ([, c]) => c / n),
  }
}

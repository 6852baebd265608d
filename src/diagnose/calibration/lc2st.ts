import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import { stream, uniform } from '../../random/index.ts'
import { average, type ExecuteOptions, NdArray, sizeOf } from '../../tensor/index.ts'
import { columnScaling, type Points } from '../distances/cloud.ts'
import { type Labelled, type Perceptron, perceptron } from '../distances/perceptron.ts'
import { finiteValues } from '../values.ts'
import { problemsOf } from './sbc.ts'

/** Options of {@link lc2st}. */
export interface Lc2stOptions {
  /** Classifiers trained on labels as chance would give them, default 199: the smallest p-value is 0.005. */
  readonly permutations?: number
  /** Width of the two hidden layers, default 32. */
  readonly hidden?: number
  /** Full-batch Adam steps of each classifier, default 100. */
  readonly steps?: number
  /** Seed of the weights and of the labels, default 0. */
  readonly seed?: number
  /** Device and threads of the classifiers. */
  readonly execute?: ExecuteOptions
  /** After each classifier: how many are trained, and of how many. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Result of {@link lc2st}. */
export interface Lc2st {
  /** Over all observations; exact: at most α with probability α for draws of the posterior. */
  readonly pValue: number
  /**
   * `[N]`, of each observation: exact when the draws of all are right. Where those of some are off, the
   * classifier is surer everywhere, and these are too small elsewhere: compare `statistic`.
   */
  readonly local: Float64Array
  /** `[N]`: mean (p − ½)² over an observation's members, 0 where the classifier sees no difference. */
  readonly statistic: Float64Array
}

/** Columns with mean 0 and sd 1. */
const standardised = (points: Points): Points => {
  const { mean, scale } = columnScaling(points)
  const { n, d } = points
  return { n, d, values: Float64Array.from(points.values, (v, i) => (v - mean[i % d]) * scale[i % d]) }
}

/** Member m of problem i, with what it was given, in row m N + i: the truth is member 0. */
const membersOf = (draws: NdArray, truth: NdArray, given: NdArray): Points => {
  const [k, n] = draws.shape
  const d = sizeOf(truth.shape.slice(1))
  const values = new Float64Array((k + 1) * n * d)
  values.set(finiteValues(truth, 'lc2st: truth'))
  values.set(finiteValues(draws, 'lc2st: draws'), n * d)
  const x = standardised({ n: (k + 1) * n, d, values })
  const told = standardised({ n, d: given.size / n, values: finiteValues(given, 'lc2st: given') })
  const width = d + told.d
  const rows = new Float64Array(x.n * width)
  for (let r = 0; r < x.n; r++) {
    for (let j = 0; j < d; j++) rows[r * width + j] = x.values[r * d + j]
    for (let j = 0; j < told.d; j++) rows[r * width + d + j] = told.values[(r % n) * told.d + j]
  }
  return { n: x.n, d: width, values: rows }
}

/** Batches for a choice of the members that count as truths: all of these, and each problem's next draw. */
const batches = ({ d, values }: Points, n: number, k: number, chosen: Int32Array) => {
  const labels = new NdArray(
    'float32',
    [2 * n],
    Float32Array.from({ length: 2 * n }, (_, i) => (i < n ? 1 : -1)),
  )
  const made = new Map<number, Labelled>()
  return (step: number): Labelled => {
    const turn = step % k
    const before = made.get(turn)
    if (before) return before
    const x = new Float32Array(2 * n * d)
    for (let i = 0; i < n; i++) {
      const rows = [chosen[i] * n + i, ((chosen[i] + 1 + turn) % (k + 1)) * n + i]
      for (const [half, row] of rows.entries())
        for (let j = 0; j < d; j++) x[(half * n + i) * d + j] = values[row * d + j]
    }
    const batch = { x: new NdArray('float32', [2 * n, d], x), labels }
    made.set(turn, batch)
    return batch
  }
}

/** Mean (p − ½)² over the members of each problem. */
const statisticOf = (logits: readonly number[], n: number): Float64Array => {
  const out = new Float64Array(n)
  for (const [r, v] of logits.entries())
    out[r % n] += ((1 / (1 + Math.exp(-v)) - 0.5) ** 2 * n) / logits.length
  return out
}

/** The statistic of a classifier that takes the chosen members for truths. */
const trial = async (
  classifier: Perceptron,
  members: Points,
  all: NdArray<'float32'>,
  [k, n]: readonly [number, number],
  chosen: Int32Array,
): Promise<Float64Array> =>
  statisticOf(
    await classifier.logits(await classifier.train(members.d, batches(members, n, k, chosen)), all),
    n,
  )

/**
 * Local classifier two-sample test (Linhart, Gramfort & Rodrigues, "L-C2ST: Local diagnostics for posterior
 * approximations in simulation-based inference", NeurIPS 2023): a perceptron learns to distinguish (truth, y)
 * from (draw, y) over all problems, and how sure it is at the members of one problem says how far the draws
 * given that y are from the posterior. The null is the same with other labels: of a problem the truth and its
 * K draws are exchangeable when the draws are of the posterior, so any of them may count as the truth, and
 * the rank of the observed statistic among such is an exact p-value.
 *
 * Unlike the paper, a classifier sees all K draws, one of each problem in a step, and is asked at all
 * members of a problem, the truth among them, so that no problem is set aside and the test stays exact.
 *
 * Beside `cellTest` it costs some hundred trainings, sees more where x has many entries, and says *where* in
 * y draws are off. Blind spots:
 * whatever the perceptron does not learn from N problems; details of images.
 *
 * @param draws - `[K, N, ...event]`
 * @param truth - `[N, ...event]`
 * @param given - `[N, ...]`, what the draws were given, such as y
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity, `input` for options out
 *   of bounds, `interrupted`
 *
 * @example
 * ```ts
 * const { pValue, statistic } = await lc2st(draws, truth, y)
 * const worst = statistic.indexOf(Math.max(...statistic))
 * ```
 */
export const lc2st = async (
  draws: NdArray,
  truth: NdArray,
  given: NdArray,
  { permutations = 199, hidden = 32, steps = 100, seed = 0, execute, onProgress, signal }: Lc2stOptions = {},
): Promise<Lc2st> => {
  const { k, n } = problemsOf(draws, truth, 'lc2st')
  if (given.shape[0] !== n)
    throw new TweedieError('shape', `lc2st: given should be [${n}, ...], got [${given.shape}]`)
  requireInteger(permutations, 1, 'lc2st: permutations')
  requireInteger(hidden, 1, 'lc2st: hidden')
  requireInteger(steps, 1, 'lc2st: steps')
  const members = membersOf(draws, truth, given)
  const all = new NdArray('float32', [members.n, members.d], Float32Array.from(members.values))
  const classifier = perceptron({ hidden, steps, seed, execute })
  try {
    const observed = await trial(classifier, members, all, [k, n], new Int32Array(n))
    onProgress?.(1, permutations + 1)
    const [total, atLeast] = [average(observed), new Float64Array(n).fill(1)]
    let totals = 1
    for (let p = 0; p < permutations; p++) {
      checkAborted(signal, 'classifying')
      const u = uniform(stream(seed, 'members'), [n], { step: p }).data
      const chosen = Int32Array.from(u, (v) => Math.min(k, Math.floor(v * (k + 1))))
      const other = await trial(classifier, members, all, [k, n], chosen)
      if (average(other) >= total) totals++
      for (let i = 0; i < n; i++) if (other[i] >= observed[i]) atLeast[i]++
      onProgress?.(p + 2, permutations + 1)
    }
    const share = (count: number): number => count / (permutations + 1)
    return { pValue: share(totals), local: atLeast.map(share), statistic: observed }
  } finally {
    await classifier.release()
  }
}

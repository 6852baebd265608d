import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { stream, uniform } from '../../random/index.ts'
import { type NdArray, sizeOf } from '../../tensor/index.ts'
import { columnScaling, type Points } from '../distances/cloud.ts'
import { finiteValues } from '../values.ts'
import { problemsOf } from './sbc.ts'

/** Options of {@link cellTest}. */
export interface CellOptions {
  /**
   * What the draws were given, `[N, ...]`, such as y: cells are then of (y, x), and the test sees draws that
   * are right on average over y and wrong for some y. Default: cells of x alone.
   */
  readonly given?: NdArray
  /** Default 3 √N, between 8 and 100. */
  readonly cells?: number
  /** Random choices of a member in the truth's place, default 999: the smallest p-value is 0.001. */
  readonly permutations?: number
  /** Seed of the cells and of the choices, default 0. */
  readonly seed?: number
}

/** Result of {@link cellTest}. */
export interface CellTest {
  readonly cells: number
  /** Exact: at most α with probability α for draws of the posterior. */
  readonly pValue: number
  /** Cells of which the truths fill less than half of what the draws do, and the other way round. */
  readonly overfilled: number
  readonly underfilled: number
}

/** 1/sd of each column over the root of their number, so that y and x weigh alike. */
const weights = (points: Points): Float64Array =>
  columnScaling(points).scale.map((s) => s / Math.sqrt(points.d))

/** Columns scaled, both parts side by side: row i of `x` with row i modulo n of `given`. */
const joined = (x: Points, given: Points | undefined): Points => {
  const scale = weights(x)
  const of = given && weights(given)
  const d = x.d + (given?.d ?? 0)
  const values = new Float64Array(x.n * d)
  for (let i = 0; i < x.n; i++) {
    for (let j = 0; j < x.d; j++) values[i * d + j] = x.values[i * x.d + j] * scale[j]
    if (given && of)
      for (let j = 0; j < given.d; j++)
        values[i * d + x.d + j] = given.values[(i % given.n) * given.d + j] * of[j]
  }
  return { n: x.n, d, values }
}

/** The nearest centre of each row. */
const cellsOf = ({ n, d, values }: Points, centres: readonly number[]): Int32Array =>
  Int32Array.from({ length: n }, (_, i) => {
    let [best, nearest] = [Infinity, 0]
    for (const [c, centre] of centres.entries()) {
      let square = 0
      for (let j = 0; j < d && square < best; j++) square += (values[i * d + j] - values[centre * d + j]) ** 2
      if (square < best) [best, nearest] = [square, c]
    }
    return nearest
  })

/**
 * A test of draws *given* y (after PQMass, Lemos et al. 2024): the space of (y, x) is cut into the cells
 * nearest to random members, and the truths have to fill each as its draws do. Of a problem the truth and its
 * K draws are exchangeable when the draws are of the posterior, so that any of them may stand in the truth's
 * place: the rank of χ² = Σ (truths − expected)²/expected among such choices is an exact p-value.
 *
 * It sees a mode that is missing, draws between the modes, and draws that are right on average over y only.
 * It does not see details finer than a cell: with thousands of entries a cell is nearly all of the space.
 *
 * @param draws - `[K, N, ...event]`
 * @param truth - `[N, ...event]`
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity, `input` for options out
 *   of bounds
 *
 * @example
 * ```ts
 * const { pValue } = cellTest(draws, truth, { given: set.y })
 * ```
 */
export const cellTest = (
  draws: NdArray,
  truth: NdArray,
  { given, cells, permutations = 999, seed = 0 }: CellOptions = {},
): CellTest => {
  const { k, n } = problemsOf(draws, truth, 'cell test')
  requireInteger(permutations, 1, 'cell test: permutations')
  const count = cells ?? Math.round(Math.min(100, Math.max(8, 3 * Math.sqrt(n))))
  requireInteger(count, 2, 'cell test: cells')
  if (given && given.shape[0] !== n)
    throw new TweedieError('shape', `cell test: given should be [${n}, ...], got [${given.shape}]`)
  const d = sizeOf(truth.shape.slice(1))
  const members = (k + 1) * n // member m of problem i in row m n + i: the truth first
  const values = new Float64Array(members * d)
  values.set(finiteValues(truth, 'cell test: truth'))
  values.set(finiteValues(draws, 'cell test: draws'), n * d)
  const told = given && { n, d: given.size / n, values: finiteValues(given, 'cell test: given') }
  const rows = joined({ n: members, d, values }, told)
  const at = uniform(stream(seed, 'cells'), [count]).data
  const cell = cellsOf(
    rows,
    Array.from(at, (u) => Math.min(members - 1, Math.floor(u * members))),
  )
  const expected = new Float64Array(count)
  for (const c of cell) expected[c] += 1 / (k + 1)
  const filled = (memberOf: (problem: number) => number): Float64Array => {
    const counts = new Float64Array(count)
    for (let i = 0; i < n; i++) counts[cell[memberOf(i) * n + i]]++
    return counts
  }
  const misfit = (counts: Float64Array): number =>
    counts.reduce((sum, c, r) => sum + (expected[r] > 0 ? (c - expected[r]) ** 2 / expected[r] : 0), 0)
  const own = filled(() => 0)
  const observed = misfit(own)
  let atLeast = 0
  for (let p = 0; p < permutations; p++) {
    const u = uniform(stream(seed, 'members'), [n], { step: p }).data
    if (misfit(filled((i) => Math.min(k, Math.floor(u[i] * (k + 1))))) >= observed) atLeast++
  }
  const share = (r: number) => own[r] / expected[r]
  const looked = Array.from(expected.keys()).filter((r) => expected[r] >= 5)
  return {
    cells: count,
    pValue: (1 + atLeast) / (1 + permutations),
    overfilled: looked.filter((r) => share(r) < 0.5).length,
    underfilled: looked.filter((r) => share(r) > 2).length,
  }
}

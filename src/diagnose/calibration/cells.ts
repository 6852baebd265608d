import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { stream, uniform } from '../../random/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import { type ColumnScaling, scalingInParts } from '../distances/cloud.ts'
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

/** Sizes of all problems together. */
export interface CellSizes {
  readonly k: number
  readonly n: number
  /** Entries of one signal, and of what its draws were given. */
  readonly d: number
  readonly given?: number
}

/** Problems that come next: draws [K, n, ...], truth [n, ...] and what was given [n, ...]. */
type NextProblems = [draws: NdArray, truth: NdArray, given?: NdArray]

/**
 * Cells that take all problems in three times, in the same parts: twice to see how each entry scatters and
 * which members are the centres, then to say in which cell each member lies.
 */
export interface CellsInParts {
  readonly addMean: (...next: NextProblems) => void
  readonly addSquare: (...next: NextProblems) => void
  readonly add: (...next: NextProblems) => void
  readonly result: () => CellTest
}

/** 1/sd of each column over the root of their number, so that y and x weigh alike. */
const weights = ({ scale }: ColumnScaling): Float64Array => scale.map((s) => s / Math.sqrt(scale.length))

/** Members of the next problems, their truths first: member m of problem i of these in row m n + i. */
const membersOf = (draws: NdArray, truth: NdArray): Float64Array => {
  const values = new Float64Array(truth.size + draws.size)
  values.set(finiteValues(truth, 'cell test: truth'))
  values.set(finiteValues(draws, 'cell test: draws'), truth.size)
  return values
}

/** The nearest centre of a row [d], which are side by side in `centres` [count, d]. */
const nearestTo = (row: Float64Array, centres: Float64Array): number => {
  const d = row.length
  let [best, nearest] = [Infinity, 0]
  for (let c = 0, at = 0; at < centres.length; c++, at += d) {
    let square = 0
    for (let j = 0; j < d && square < best; j++) square += (row[j] - centres[at + j]) ** 2
    if (square < best) [best, nearest] = [square, c]
  }
  return nearest
}

/** {@link cellTest} of problems that come part by part. */
export const cellsInParts = (
  { k, n, d, given: told = 0 }: CellSizes,
  { cells, permutations = 999, seed = 0 }: Omit<CellOptions, 'given'> = {},
): CellsInParts => {
  requireInteger(permutations, 1, 'cell test: permutations')
  const count = cells ?? Math.round(Math.min(100, Math.max(8, 3 * Math.sqrt(n))))
  requireInteger(count, 2, 'cell test: cells')
  const members = (k + 1) * n
  const width = d + told
  const [ofX, ofGiven] = [scalingInParts(members, d), scalingInParts(n, told)]
  const centres = new Float64Array(count * width) // unscaled until all are there
  /** The centres that each member is, by m n + i of all problems. */
  const wanted = new Map<number, number[]>()
  for (const [c, u] of uniform(stream(seed, 'cells'), [count]).data.entries()) {
    const member = Math.min(members - 1, Math.floor(u * members))
    wanted.set(member, [...(wanted.get(member) ?? []), c])
  }
  const cell = count <= 256 ? new Uint8Array(members) : new Int32Array(members) // that of each member
  let scales: Float64Array | undefined
  let [seen, placed] = [0, 0]

  const fill = (row: Float64Array, values: Float64Array, r: number, [y, i]: [ArrayLike<number>, number]) => {
    for (let j = 0; j < d; j++) row[j] = values[r * d + j]
    for (let j = 0; j < told; j++) row[d + j] = y[i * told + j]
  }
  const givenOf = (given: NdArray | undefined): ArrayLike<number> =>
    given ? finiteValues(given, 'cell test: given') : []
  const addMean = (...[draws, truth, given]: NextProblems): void => {
    ofX.addMean(membersOf(draws, truth))
    ofGiven.addMean(givenOf(given))
  }
  const addSquare = (...[draws, truth, given]: NextProblems): void => {
    const { n: own } = problemsOf(draws, truth, 'cell test')
    const [values, y] = [membersOf(draws, truth), givenOf(given)]
    ofX.addSquare(values)
    ofGiven.addSquare(y)
    for (const [member, those] of wanted) {
      const [m, i] = [Math.floor(member / n), (member % n) - seen]
      if (i < 0 || i >= own) continue
      for (const c of those) fill(centres.subarray(c * width, (c + 1) * width), values, m * own + i, [y, i])
    }
    seen += own
  }
  /** 1/sd of every entry; the first time the centres are scaled by it. */
  const scaled = (): Float64Array => {
    if (scales) return scales
    const own = new Float64Array(width)
    own.set(weights(ofX.result()))
    own.set(weights(ofGiven.result()), d)
    for (let at = 0; at < centres.length; at++) centres[at] *= own[at % width]
    scales = own
    return own
  }
  const add = (...[draws, truth, given]: NextProblems): void => {
    const { n: own } = problemsOf(draws, truth, 'cell test')
    const [scale, values, y] = [scaled(), membersOf(draws, truth), givenOf(given)]
    const row = new Float64Array(width)
    for (let m = 0; m <= k; m++)
      for (let i = 0; i < own; i++) {
        fill(row, values, m * own + i, [y, i])
        for (let j = 0; j < width; j++) row[j] *= scale[j]
        cell[m * n + placed + i] = nearestTo(row, centres)
      }
    placed += own
  }
  return { addMean, addSquare, add, result: () => cellTestOf(cell, { k, n }, { count, permutations, seed }) }
}

/** The test, from the cell of each member: member m of problem i at m n + i. */
const cellTestOf = (
  cell: Uint8Array | Int32Array,
  { k, n }: Pick<CellSizes, 'k' | 'n'>,
  { count, permutations, seed }: Readonly<Record<'count' | 'permutations' | 'seed', number>>,
): CellTest => {
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
  { given, ...options }: CellOptions = {},
): CellTest => {
  const { k, n } = problemsOf(draws, truth, 'cell test')
  if (given && given.shape[0] !== n)
    throw new TweedieError('shape', `cell test: given should be [${n}, ...], got [${given.shape}]`)
  const sizes = { k, n, d: truth.size / n, ...(given ? { given: given.size / n } : {}) }
  const { addMean, addSquare, add, result } = cellsInParts(sizes, options)
  addMean(draws, truth, given)
  addSquare(draws, truth, given)
  add(draws, truth, given)
  return result()
}

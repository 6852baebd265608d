/**
 * The level of white noise that observations themselves support, from two bounds. With y = s + n of any
 * signal s, the variance of whatever is made of y is at least what n puts into it:
 *
 * - of each entry over all observations (backgrounds, which show noise alone): Var y_p ≥ σ²;
 * - of each contrast Σ w_j y_j of a small patch, Σ w = 0 and ‖w‖ = 1, over all places: its least value is
 *   what detail and noise leave together (Pyatykh, Hesser & Zheng 2013). Contrasts are chosen by some
 *   observations and judged by others, so that it is no chance.
 *
 * The smaller bound is the estimate. It can prove that a stated level is too large. Too small it calls one
 * only where both bounds agree: where entries vary no more than the finest contrasts do, nothing but noise is
 * seen. Of vectors and of points on a mesh, whose order in y means nothing, contrasts of neighbours are as
 * wide as the signals: there the bounds are bounds, and their agreement says nothing.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { NdArray, Shape } from '../tensor/index.ts'
import { average, sizeOf } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'
import { observedMask } from './observed.ts'

/** What observations say of their noise. */
export interface NoiseEstimate {
  /** Standard deviation, in units of y: the largest that the data allow. */
  readonly level: number
  /** Its relative standard error. */
  readonly error: number
  /** Whether both bounds agree, so that it is not only the largest but the level itself. */
  readonly both: boolean
}

/** Values looked at, at most: evenly spaced observations of larger sets. */
const VALUES = 1_000_000

/** Patches of grids and of lines, [rows, columns]: the first of which enough were seen whole. */
const PATCHES: Readonly<Record<'grid' | 'line', readonly (readonly [number, number])[]>> = {
  grid: [
    [4, 4],
    [3, 3],
    [2, 3],
    [2, 2],
    [1, 3],
    [1, 2],
  ],
  line: [
    [1, 6],
    [1, 4],
    [1, 3],
    [1, 2],
  ],
}

/** Parts of the observations; contrasts are chosen by all but one. */
const PARTS = 4

/** Values that an entry needs. */
const ENOUGH = 20

/** Patches that each part needs, for each value of a patch. */
const PATCHES_FOR_EACH = 20

/** Part of the entries that are the flattest. */
const FLATTEST = 0.05

/** Standard deviations of the variance of noise, from its low quantile to a high one. */
const CHANCE = 4

/** Bounds whose levels differ by less agree. */
const AGREES = 0.2

interface Seen {
  readonly count: number
  readonly size: number
  /** Whether neighbours in y are neighbours in space or time. */
  readonly ordered: boolean
  /** Rows and columns of a channel; lines have one row. */
  readonly grid: readonly [number, number]
  at(i: number, entry: number): number
  sees(i: number, entry: number): boolean
}

/** The observations that are looked at, of those of y: all of them, or evenly spaced ones. */
export const noiseRows = ([there, ...shape]: Shape): number[] => {
  const count = Math.min(there, Math.max(PARTS, Math.ceil(VALUES / sizeOf(shape))))
  return Array.from({ length: count }, (_, i) => Math.floor((i * there) / count))
}

/** Observations, and where they were seen; without a mask everywhere. */
export interface SeenObservations extends Pick<ObservationSet, 'y' | 'view'> {
  readonly mask?: NdArray<'float32'>
}

const seenOf = (set: SeenObservations): Seen => {
  const { y, mask } = set
  const shape = y.shape.slice(1)
  const size = sizeOf(shape)
  const at = noiseRows(y.shape)
  const count = at.length
  const row = (i: number): number => at[i] * size
  const globe = set.view?.kind === 'globe' && set.view.rows * set.view.columns === shape.at(-1)
  const grid: readonly [number, number] = globe
    ? [set.view.rows, set.view.columns]
    : shape.length > 2
      ? [shape[shape.length - 2], shape[shape.length - 1]]
      : [1, shape[shape.length - 1]]
  return {
    count,
    size,
    ordered: shape.length > 1 && set.view?.kind !== 'mesh',
    grid,
    at: (i, entry) => y.data[row(i) + entry],
    sees: (i, entry) => mask?.data[row(i) + entry] !== 0,
  }
}

/**
 * The variance of the flattest entries: the mean of those that chance may have set apart from the lowest few.
 */
const flattest = ({ count, size, at, sees }: Seen): number | undefined => {
  const found: { readonly variance: number; readonly n: number }[] = []
  for (let p = 0; p < size; p++) {
    let [n, sum, squares] = [0, 0, 0]
    for (let i = 0; i < count; i++) {
      if (!sees(i, p)) continue
      n++
      sum += at(i, p)
      squares += at(i, p) ** 2
    }
    const variance = n < ENOUGH ? 0 : (squares - (sum * sum) / n) / (n - 1)
    if (variance > 0) found.push({ variance, n }) // 0 is padding
  }
  if (found.length === 0) return undefined
  found.sort((a, b) => a.variance - b.variance)
  const low = found[Math.floor(FLATTEST * found.length)].variance
  const alike = found.filter(({ variance, n }) => variance <= low * (1 + CHANCE * Math.sqrt(2 / n)))
  return average(alike.map(({ variance }) => variance))
}

/** Second moments of patches that were seen whole, Σ y yᵀ without their means, and their number, by parts. */
const patchMoments = (seen: Seen, [rows, columns]: readonly [number, number]) => {
  const { count, size, grid, at, sees } = seen
  const [high, wide] = grid
  const n = rows * columns
  const sums = Array.from({ length: PARTS }, () => new Float64Array(n * n))
  const patches = new Float64Array(PARTS)
  const offsets = Array.from({ length: n }, (_, k) => Math.floor(k / columns) * wide + (k % columns))
  const values = new Float64Array(n)
  for (let i = 0; i < count; i++) {
    const part = i % PARTS
    for (let entry = 0; entry < size; entry++) {
      const [r, c] = [Math.floor((entry % (high * wide)) / wide), entry % wide]
      if (r + rows > high || c + columns > wide) continue
      if (!offsets.every((offset) => sees(i, entry + offset))) continue
      let mean = 0
      for (let k = 0; k < n; k++) {
        values[k] = at(i, entry + offsets[k])
        mean += values[k] / n
      }
      for (let j = 0; j < n; j++)
        for (let k = 0; k < n; k++) sums[part][j * n + k] += (values[j] - mean) * (values[k] - mean)
      patches[part]++
    }
  }
  return { n, sums, patches }
}

/** The covariance of patches of some of the parts. */
const covarianceOfParts = (
  { n, sums, patches }: ReturnType<typeof patchMoments>,
  counts: (part: number) => boolean,
): Matrix => {
  const M = Matrix.zeros(n, n)
  let total = 0
  for (let part = 0; part < PARTS; part++) {
    if (!counts(part)) continue
    M.add(Matrix.from1DArray(n, n, Array.from(sums[part])))
    total += patches[part]
  }
  return M.div(total)
}

/** The contrast of least variance, of length 1. */
const leastContrast = (M: Matrix): Matrix => {
  const n = M.rows
  // The constant vector, which is no contrast, is lifted out of the way.
  const lifted = Matrix.add(M, Matrix.ones(n, n).mul((M.norm() + 1) / n))
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(lifted, {
    assumeSymmetric: true,
  })
  const least = realEigenvalues.reduce((best, v, j) => (v < realEigenvalues[best] ? j : best), 0)
  return eigenvectorMatrix.subMatrix(0, n - 1, least, least)
}

/** The least variance of a contrast, and its standard error, of the largest patches that were seen whole. */
const finest = (seen: Seen): { readonly variance: number; readonly error: number } | undefined => {
  if (seen.count < PARTS) return undefined
  for (const patch of seen.grid[0] > 1 ? PATCHES.grid : PATCHES.line) {
    const moments = patchMoments(seen, patch)
    if (moments.patches.some((number) => number < PATCHES_FOR_EACH * moments.n)) continue
    const values = Array.from(moments.patches, (_, part) => {
      const w = leastContrast(covarianceOfParts(moments, (k) => k !== part))
      return w
        .transpose()
        .mmul(covarianceOfParts(moments, (k) => k === part))
        .mmul(w)
        .get(0, 0)
    })
    const variance = average(values)
    if (!(variance > 0)) return undefined
    const spread = average(values.map((v) => (v - variance) ** 2))
    return { variance, error: Math.sqrt(spread / (PARTS - 1)) }
  }
  return undefined
}

/**
 * The level of the noise that observations support. Undefined where they are too few to tell, and where the
 * set has a level for each entry. The rows of {@link noiseRows} are enough, and give the same.
 *
 * @example
 * ```ts
 * const estimate = await estimateNoise(readObservations('observations.npz'))
 * ```
 */
export const estimateNoise = async (set: ObservationSet): Promise<NoiseEstimate | undefined> => {
  if (set.std) return undefined
  const { y, view } = set
  return noiseOfSeen({ y, ...(view ? { view } : {}), mask: await observedMask(set) })
}

/** As {@link estimateNoise}, of observations of which it is known where they were seen. */
export const noiseOfSeen = (set: SeenObservations): NoiseEstimate | undefined => {
  const seen = seenOf(set)
  const flat = flattest(seen)
  const fine = finest(seen)
  if (flat === undefined && fine === undefined) return undefined
  const [a, b] = [flat ?? Infinity, fine?.variance ?? Infinity]
  const variance = Math.min(a, b)
  if (!(variance > 0)) return undefined
  const own = b < a && fine ? fine.error / fine.variance : Math.sqrt(2 / (FLATTEST * seen.count * seen.size))
  return {
    level: Math.sqrt(variance),
    error: own / 2,
    both: seen.ordered && Math.abs(Math.sqrt(a) - Math.sqrt(b)) < AGREES * Math.sqrt(variance),
  }
}

/** A stated level beside an estimate. */
export type NoiseVerdict = 'fits' | 'too large' | 'too small'

/** Factor by which a stated level may be off. */
const OFF = 1.6

/** Whether the data contradict a stated level. */
export const noiseVerdict = (stated: number, { level, error, both }: NoiseEstimate): NoiseVerdict => {
  if (stated > OFF * level * (1 + 3 * error)) return 'too large'
  return both && stated < (level * (1 - 3 * error)) / OFF ? 'too small' : 'fits'
}

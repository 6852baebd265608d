/**
 * Distances between the points of two clouds, a row at a time: nothing of the size of all pairs is kept. This
 * loop is where Sinkhorn, MMD, energy distance, TARP and the Stein discrepancy spend their time.
 */
import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { finiteValues } from '../values.ts'

/** `n` points in `d` dimensions, ready for exponents at one ε: transposed, times sqrt(2/ε). */
export interface Cloud {
  n: number
  d: number
  /** `[d, n]` */
  columns: Float64Array
  /** `|x|²/ε` */
  norms: Float64Array
}

/** The cloud of row-major points `[n, d]`, about `centre` (distances keep, rounding shrinks), for one ε. */
export const cloudAt = (points: ArrayLike<number>, n: number, centre: Float64Array, reg: number): Cloud => {
  const d = centre.length
  const scale = Math.sqrt(2 / reg)
  const columns = new Float64Array(d * n)
  const norms = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < d; c++) {
      const value = scale * (points[i * d + c] - centre[c])
      columns[c * n + i] = value
      norms[i] += (value * value) / 2
    }
  }
  return { n, d, columns, norms }
}

/** `row_j = base_j + <a_i, b_j>`, four coordinates at a time (this loop is most of the run time). */
const addProducts = (row: Float64Array, base: Float64Array, a: Cloud, i: number, b: Cloud): void => {
  row.set(base)
  const m = b.n
  let c = 0
  for (; c + 4 <= a.d; c += 4) {
    const [p, q] = [c * m, c * a.n + i]
    const [a0, a1, a2, a3] = [
      a.columns[q],
      a.columns[q + a.n],
      a.columns[q + 2 * a.n],
      a.columns[q + 3 * a.n],
    ]
    const b0 = b.columns.subarray(p, p + m)
    const b1 = b.columns.subarray(p + m, p + 2 * m)
    const b2 = b.columns.subarray(p + 2 * m, p + 3 * m)
    const b3 = b.columns.subarray(p + 3 * m, p + 4 * m)
    for (let j = 0; j < m; j++) row[j] += a0 * b0[j] + a1 * b1[j] + (a2 * b2[j] + a3 * b3[j])
  }
  for (; c < a.d; c++) {
    const value = a.columns[c * a.n + i]
    const column = b.columns.subarray(c * m, c * m + m)
    for (let j = 0; j < m; j++) row[j] += value * column[j]
  }
}

/**
 * Calls `visit(i, row)` with `row_j = h_j - |a_i - b_j|²/ε + |a_i|²/ε` for every point of `a`; `row` is
 * reused.
 */
export const eachRow = (
  a: Cloud,
  b: Cloud,
  h: Float64Array,
  visit: (i: number, row: Float64Array) => void,
): void => {
  const base = h.map((v, j) => v - b.norms[j])
  const row = new Float64Array(b.n)
  for (let i = 0; i < a.n; i++) {
    addProducts(row, base, a, i, b)
    visit(i, row)
  }
}

/** `n` points in `d` dimensions, row-major. */
export interface Points {
  readonly n: number
  readonly d: number
  readonly values: ArrayLike<number>
}

/** Mean and 1/sd of each coordinate; a coordinate that does not vary gets the scale 0. */
export interface ColumnScaling {
  readonly mean: Float64Array
  readonly scale: Float64Array
}

/**
 * The scaling of `n` points of `d` coordinates that come part by part, twice: `addMean` takes each part, then
 * `addSquare` each again.
 */
export const scalingInParts = (n: number, d: number) => {
  const [mean, square] = [new Float64Array(d), new Float64Array(d)]
  return {
    addMean: (values: ArrayLike<number>): void => {
      for (let i = 0; i < values.length; i++) mean[i % d] += values[i] / n
    },
    addSquare: (values: ArrayLike<number>): void => {
      for (let i = 0; i < values.length; i++) square[i % d] += (values[i] - mean[i % d]) ** 2 / n
    },
    result: (): ColumnScaling => ({ mean, scale: square.map((v) => (v > 0 ? 1 / Math.sqrt(v) : 0)) }),
  }
}

/** The scaling of all points. */
export const columnScaling = ({ n, d, values }: Points): ColumnScaling => {
  const { addMean, addSquare, result } = scalingInParts(n, d)
  addMean(values)
  addSquare(values)
  return result()
}

/** @throws TweedieError `shape` unless the array is [n, d] with n, d ≥ 1, `numeric` on NaN or infinity */
export const pointsOf = (array: NdArray, what: string): Points => {
  const [n, d] = array.shape
  if (array.shape.length !== 2 || n < 1 || d < 1) {
    throw new TweedieError('shape', `${what}: expected points of shape [n, d], got [${array.shape}]`)
  }
  return { n, d, values: finiteValues(array, what) }
}

/** Two clouds of one dimension; @throws TweedieError `shape` when the dimensions differ */
export const pairOf = (x: NdArray, y: NdArray, what: string): readonly [Points, Points] => {
  const [a, b] = [pointsOf(x, `${what}: x`), pointsOf(y, `${what}: y`)]
  if (a.d !== b.d) {
    throw new TweedieError('shape', `${what}: dimensions differ, x is [${x.shape}] and y is [${y.shape}]`)
  }
  return [a, b]
}

/**
 * Calls `visit(i, row)` with the squared distances of point i of `a` to every point of `b`; `row` is reused.
 */
export const eachDistanceRow = (
  a: Points,
  b: Points,
  visit: (i: number, row: Float64Array) => void,
): void => {
  const centre = new Float64Array(a.d)
  for (let i = 0; i < a.values.length; i++) centre[i % a.d] += a.values[i] / a.n
  const [from, to] = [cloudAt(a.values, a.n, centre, 1), cloudAt(b.values, b.n, centre, 1)]
  eachRow(from, to, new Float64Array(b.n), (i, row) => {
    const own = from.norms[i]
    for (let j = 0; j < row.length; j++) row[j] = Math.max(0, own - row[j])
    visit(i, row)
  })
}

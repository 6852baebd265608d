/** Eigenvalues of a symmetric matrix. */
export interface Eigen {
  /** Descending. */
  readonly values: Float64Array
  /** Row j belongs to value j; unit length. */
  readonly vectors: readonly Float64Array[]
}

const SWEEPS = 30

/** Turns rows and columns p and q of the matrix, and the vectors with them, so that entry (p, q) is 0. */
const rotate = (a: Float64Array[], v: Float64Array[], p: number, q: number): void => {
  const tau = (a[q][q] - a[p][p]) / (2 * a[p][q])
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau))
  const c = 1 / Math.hypot(1, t)
  const s = t * c
  const n = a.length
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i][p], a[i][q]]
    a[i][p] = c * x - s * y
    a[i][q] = s * x + c * y
  }
  for (const [rows, wide] of [
    [a, n],
    [v, n],
  ] as const) {
    const [first, second] = [rows[p], rows[q]]
    for (let i = 0; i < wide; i++) {
      const [x, y] = [first[i], second[i]]
      first[i] = c * x - s * y
      second[i] = s * x + c * y
    }
  }
}

/**
 * Cyclic Jacobi rotations (G. Golub & C. Van Loan, "Matrix Computations", section 8.5). For a few hundred rows.
 *
 * @param matrix - symmetric, [n][n]; not changed
 */
export const symmetricEigen = (matrix: readonly Float64Array[]): Eigen => {
  const n = matrix.length
  const a = matrix.map((row) => row.slice())
  const v = a.map((_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j)))
  const whole = Math.sqrt(a.reduce((sum, row) => sum + row.reduce((own, x) => own + x * x, 0), 0))
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let largest = 0
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const off = Math.abs(a[p][q])
        largest = Math.max(largest, off)
        if (off > 1e-15 * whole) rotate(a, v, p, q)
      }
    if (largest <= 1e-13 * whole) break
  }
  const order = Array.from(a.keys()).sort((i, j) => a[j][j] - a[i][i])
  return { values: Float64Array.from(order, (i) => a[i][i]), vectors: order.map((i) => v[i]) }
}

/**
 * Small systems written out: C from its products with the unit vectors, then a solution by Householder's QR
 * decomposition (Golub & Van Loan, 5.2), which needs neither symmetry nor pivoting. Unrolled, batched,
 * float64.
 */
import { TweedieError } from '../error.ts'
import {
  abs,
  add,
  cast,
  concat,
  constant,
  div,
  greater,
  maximum,
  mul,
  ndarray,
  reshape,
  sizeOf,
  slice,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  where,
} from '../tensor/index.ts'
import { type Linear, positive, type Solver, solutionOf } from './solver.ts'

/** The M unit vectors, each like b. */
const unitVectors = ({ shape, dtype }: Tensor): Tensor[] => {
  const [batch, ...event] = shape
  const m = sizeOf(event)
  return Array.from({ length: m }, (_, j) => {
    const entries = Array.from({ length: batch * m }, (_, i) => (i % m === j ? 1 : 0))
    return constant(ndarray(entries, shape, dtype))
  })
}

/**
 * C as matrices [B, M, M] in float64, from its products with the M unit vectors of events like those of b.
 */
export const denseOf = (C: Linear, b: Tensor): Tensor => {
  const [batch, ...event] = b.shape
  const columns = unitVectors(b).map((unit) => cast(reshape(C(unit), [batch, sizeOf(event)]), 'float64'))
  return stack(columns, 2)
}

/** Largest system that is written out: the program has M products with C, one after the other. */
const LARGEST = 256

/** A pivot below this share of the largest is 0: the matrix has no full rank, and the entry of u stays 0. */
const SINGULAR = 1e-14

/**
 * One reflection of [B, m, k], after which the first column is (±‖x‖, 0, …): its first row, and what is left
 * to do.
 */
const reflected = (table: Tensor): { row: Tensor; rest: Tensor } => {
  const [batch, m, k] = table.shape
  const x = slice(table, [0, 0, 0], [batch, m, 1])
  const first = slice(x, [0, 0, 0], [batch, 1, 1])
  const length = sqrt(sum(square(x), { axes: 1, keepdims: true }))
  const corner = add(first, where(greater(first, 0), length, mul(length, -1)))
  const v = m > 1 ? concat([corner, slice(x, [0, 1, 0], [batch, m, 1])], 1) : corner
  const scale = div(
    mul(sum(mul(v, table), { axes: 1, keepdims: true }), 2),
    positive(sum(square(v), { axes: 1, keepdims: true })),
  )
  const turned = sub(table, mul(v, scale))
  return {
    row: slice(turned, [0, 0, 0], [batch, 1, k]),
    rest: m > 1 ? slice(turned, [0, 1, 1], [batch, m, k]) : turned,
  }
}

/** u of R u = c from the rows of [R c], row i [B, 1, M + 1 − i]; the last first. */
const backSubstituted = (rows: readonly Tensor[]): Tensor => {
  const [batch] = rows[0].shape
  const m = rows.length
  const entry = (i: number, j: number): Tensor => slice(rows[i], [0, 0, j - i], [batch, 1, j - i + 1])
  const pivots = rows.map((_, i) => entry(i, i))
  const least = mul(pivots.map(abs).reduce(maximum), SINGULAR)
  const u: Tensor[] = []
  for (let i = m - 1; i >= 0; i--) {
    const known = u.reduce((total, value, k) => sub(total, mul(entry(i, i + 1 + k), value)), entry(i, m))
    const regular = greater(abs(pivots[i]), least)
    u.unshift(where(regular, div(known, where(regular, pivots[i], 1)), 0))
  }
  return concat(u, 1)
}

/**
 * The dense solver: exact up to rounding for every system of full rank, symmetric or not, at the cost of M
 * products with C. For small problems, and to see what the iterations of other solvers leave out.
 *
 * @throws TweedieError `input` (when the program is traced) for systems of more than 256 entries
 *
 * @example
 * ```ts
 * const posterior = mmps({ solve: exactSolve() })(prior, observation)
 * ```
 */
export const exactSolve = (): Solver => (C, b, _S, L) => {
  const [batch, ...event] = b.shape
  const m = sizeOf(event)
  if (m > LARGEST)
    throw new TweedieError(
      'input',
      `exactSolve writes out systems of at most ${LARGEST} entries, these observations have ${m}; ` +
        'use gmres or cg',
    )
  let table = concat([denseOf(C, b), reshape(cast(b, 'float64'), [batch, m, 1])], 2)
  const rows: Tensor[] = []
  for (let i = 0; i < m; i++) {
    const { row, rest } = reflected(table)
    rows.push(row)
    table = rest
  }
  const u = backSubstituted(rows)
  if (!L) return cast(reshape(u, b.shape), b.dtype)
  const length = (j: number) =>
    reshape(slice(u, [0, j, 0], [batch, j + 1, 1]), [batch, ...event.map(() => 1)])
  const moves = unitVectors(b).map((direction, j) => ({ length: length(j), direction }))
  return solutionOf(moves, b, L)
}

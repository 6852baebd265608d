/**
 * The Dormand–Prince method of order 5 with an error estimate of order 4 (J. Comp. Appl. Math. 6, 1980) for
 * dy/dt = f(t, y), and step sizes by a PID controller (Söderlind 2003, as in diffrax). Every row of a batch
 * has its own time and step, so what comes out for one does not depend on the others.
 */
import { TweedieError } from '../error.ts'
import { checkAborted } from '../progress.ts'

/** f for all rows at once: t [B], y [B, D] row by row; the result is like y. */
export type Slope = (t: Float64Array, y: Float64Array) => Promise<Float64Array>

/** How to integrate. */
export interface IntegrateOptions {
  /** Relative and absolute tolerance, default 1e-3 and 1e-5. */
  readonly rtol?: number
  readonly atol?: number
  /** Length of the first step, default a hundredth of the way. */
  readonly firstStep?: number
  /** Coefficients of the controller, default 0.4, 0.3, 0. */
  readonly pid?: readonly [p: number, i: number, d: number]
  /** Steps (also refused ones) after which it gives up, default 4096. */
  readonly maxSteps?: number
  readonly signal?: AbortSignal
}

/** Times, weights of the stages, and the difference of the weights of order 5 and 4. */
const C = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
const A = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
]
const E = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]

/** A step grows or shrinks by at most these, and aims at this share of the tolerance. */
const [SHRINK, GROW, SAFETY] = [0.2, 10, 0.9]
const ORDER = 5

/** The next step over the present one: the errors of this and the last two accepted steps decide. */
const factorOf = (
  [now, before, earlier]: readonly number[],
  [p, i, d]: readonly [number, number, number],
  accepted: boolean,
): number => {
  const power = (error: number, exponent: number): number => Math.max(error, 1e-10) ** (-exponent / ORDER)
  const wanted = SAFETY * power(now, p + i + d) * power(before, -(p + 2 * d)) * power(earlier, d)
  return Math.min(Math.max(Number.isFinite(wanted) ? wanted : SHRINK, SHRINK), accepted ? GROW : SAFETY)
}

/** y + h Σ weights · slopes, row by row. */
const combined = (
  y: Float64Array,
  h: Float64Array,
  slopes: readonly Float64Array[],
  weights: readonly number[],
): Float64Array => {
  const size = y.length / h.length
  const out = Float64Array.from(y)
  for (const [j, weight] of weights.entries()) {
    if (weight === 0) continue
    for (const [r, step] of h.entries()) {
      for (let i = r * size; i < (r + 1) * size; i++) out[i] += step * weight * slopes[j][i]
    }
  }
  return out
}

/** Root mean square over each row of error/(atol + rtol max(|y|, |next|)). */
const errorsOf = (
  error: Float64Array,
  y: Float64Array,
  next: Float64Array,
  { rows, rtol, atol }: { rows: number; rtol: number; atol: number },
): number[] => {
  const size = y.length / rows
  return Array.from({ length: rows }, (_, r) => {
    let total = 0
    for (let i = r * size; i < (r + 1) * size; i++) {
      total += (error[i] / (atol + rtol * Math.max(Math.abs(y[i]), Math.abs(next[i])))) ** 2
    }
    return Math.sqrt(total / size)
  })
}

/**
 * Integrates from one time to another, forwards or backwards.
 *
 * @param start - [B, D] row by row
 * @param rows - B
 * @returns y at `to`, and the number of evaluations of f for the whole batch
 * @throws TweedieError `numeric` when a step becomes too short or there are too many, `interrupted` by the
 *   signal
 *
 * @example
 * ```ts
 * const { y } = await integrate(async (_t, y) => y.map((v) => -v), new Float64Array([1]), 1, [0, 1]) // 1/e
 * ```
 */
export const integrate = async (
  slope: Slope,
  start: Float64Array,
  rows: number,
  [from, to]: readonly [number, number],
  options: IntegrateOptions = {},
): Promise<{ y: Float64Array; evaluations: number }> => {
  const { rtol = 1e-3, atol = 1e-5, pid = [0.4, 0.3, 0], maxSteps = 4096, signal } = options
  const way = to - from
  const size = start.length / rows
  const t = new Float64Array(rows).fill(from)
  const want = new Float64Array(rows).fill(Math.sign(way) * (options.firstStep ?? Math.abs(way) / 100))
  const history = Array.from({ length: rows }, () => [1, 1])
  let y: Float64Array = Float64Array.from(start)
  let first = await slope(t, y)
  let evaluations = 1
  for (let steps = 0; t.some((at) => at !== to); steps++) {
    checkAborted(signal, 'integration')
    const h = want.map((step, r) => (Math.abs(step) < Math.abs(to - t[r]) ? step : to - t[r]))
    const stuck = h.findIndex((step, r) => t[r] !== to && t[r] + step === t[r])
    if (steps === maxSteps || stuck >= 0) {
      const where = t.find((at) => at !== to)
      throw new TweedieError('numeric', `integration stopped at t = ${where} after ${steps} steps`)
    }
    const slopes = [first]
    let next = y
    for (let j = 1; j < A.length; j++) {
      next = combined(y, h, slopes, A[j])
      slopes.push(
        await slope(
          t.map((at, r) => at + C[j] * h[r]),
          next,
        ),
      )
    }
    evaluations += A.length - 1
    const errors = errorsOf(combined(new Float64Array(y.length), h, slopes, E), y, next, { rows, rtol, atol })
    const last = slopes[slopes.length - 1]
    const [after, slopeAfter] = [Float64Array.from(y), Float64Array.from(first)]
    for (const [r, error] of errors.entries()) {
      const accepted = error <= 1
      if (t[r] === to) continue
      const factor = factorOf([error, ...history[r]], pid, accepted)
      want[r] = h[r] * factor
      if (!accepted) continue
      history[r] = [error, history[r][0]]
      t[r] = h[r] === to - t[r] ? to : t[r] + h[r]
      after.set(next.subarray(r * size, (r + 1) * size), r * size)
      slopeAfter.set(last.subarray(r * size, (r + 1) * size), r * size)
    }
    y = after
    first = slopeAfter
  }
  return { y, evaluations }
}

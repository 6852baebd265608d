/**
 * Draws that are right in every entry, and right on average over y, but not given y: x ~ N(0, I), of d
 * entries, y = x + N(0, I), posterior N(y/2, I/2). The entries of a pair are correlated by ρ where y₁ > 0
 * and by −ρ elsewhere; ρ = 0 gives exact draws.
 */
import { normal, stream } from '../../src/random/index.ts'
import { type NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'

/** Sizes and fault of the problem; `d` even. */
export interface CorrelatedOptions {
  readonly problems: number
  readonly draws: number
  readonly d: number
  readonly rho: number
  readonly seed: number
}

/** Draws [K, N, d] with their truth and y, [N, d]. */
export interface Judgeable {
  readonly draws: NdArray
  readonly truth: NdArray
  readonly y: NdArray
}

/** Draws with the fault. */
export const correlated = ({ problems: n, draws: k, d, rho, seed }: CorrelatedOptions): Judgeable => {
  const x = toNumbers(normal(stream(seed, 'x'), [n, d]))
  const y = toNumbers(normal(stream(seed, 'e'), [n, d])).map((e, i) => x[i] + e)
  const z = toNumbers(normal(stream(seed, 'z'), [k * n * d]))
  const drawn = z.map((v, i) => {
    const at = i % (n * d)
    const r = y[Math.floor(at / d) * d] > 0 ? rho : -rho
    const w = at % 2 === 0 ? v : r * z[i - 1] + Math.sqrt(1 - r * r) * v
    return y[at] / 2 + Math.SQRT1_2 * w
  })
  return { draws: ndarray(drawn, [k, n, d]), truth: ndarray(x, [n, d]), y: ndarray(y, [n, d]) }
}

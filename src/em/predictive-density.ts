/**
 * The predictive density of held-out entries under a Gaussian N(μ, D + U Uᵀ), exactly and entry by entry:
 * with E = D + Σy and K = I + Uᵀ E⁻¹ U over the given entries of an observation (Woodbury's identity),
 *
 *   y_p | given ~ N(μ_p + u_pᵀ K⁻¹ Uᵀ E⁻¹ (y − μ), e_p + u_pᵀ K⁻¹ u_p).
 *
 * The density of each entry, not of all together, is what intervals and errors of entries are made of.
 */
import { spdInverse } from '../linalg/index.ts'
import type { SeenEntries } from './seen-entries.ts'

/** μ [N], d [N] and U [N, r]. */
export interface FactorGaussian {
  readonly mean: Float64Array
  readonly variance: Float64Array
  readonly factor: Float64Array
}

/** K⁻¹ and K⁻¹ Uᵀ E⁻¹ (y − μ) of observation i. */
const conditioned = (
  { mean, variance, factor }: FactorGaussian,
  { size, y, seen, noise }: SeenEntries,
  i: number,
) => {
  const r = factor.length / size
  const K = new Float64Array(r * r)
  const b = new Float64Array(r)
  for (let p = 0; p < size; p++) {
    const at = i * size + p
    if (!seen[at]) continue
    const e = variance[p] + noise[at]
    for (let j = 0; j < r; j++) {
      const u = factor[p * r + j] / e
      if (u === 0) continue
      b[j] += u * (y[at] - mean[p])
      for (let k = 0; k <= j; k++) K[j * r + k] += u * factor[p * r + k]
    }
  }
  for (let j = 0; j < r; j++) K[j * (r + 1)] += 1
  spdInverse(K, r)
  const z = new Float64Array(r)
  for (let j = 0; j < r; j++) for (let k = 0; k < r; k++) z[j] += K[j * r + k] * b[k]
  return { K, z }
}

/**
 * ln p(y_p | given) of the held entries of some observations, evenly spaced, in nats.
 *
 * @param all - given and held entries together
 * @param given - the same observations without the held entries
 * @param count - observations, default all
 */
export const predictiveLogDensities = (
  gaussian: FactorGaussian,
  all: SeenEntries,
  given: SeenEntries,
  count = all.count,
): Float64Array => {
  const { mean, variance, factor } = gaussian
  const { size } = all
  const r = factor.length / size
  const terms: number[] = []
  for (let n = 0; n < count; n++) {
    const i = Math.floor((n * all.count) / count)
    const { K, z } = conditioned(gaussian, given, i)
    for (let p = 0; p < size; p++) {
      const at = i * size + p
      if (!all.seen[at] || given.seen[at]) continue
      let [mu, v] = [mean[p], variance[p] + all.noise[at]]
      for (let j = 0; j < r; j++) {
        const u = factor[p * r + j]
        mu += u * z[j]
        for (let k = 0; k < r; k++) v += u * K[j * r + k] * factor[p * r + k]
      }
      terms.push(-(Math.log(2 * Math.PI * v) + (all.y[at] - mu) ** 2 / v) / 2)
    }
  }
  return Float64Array.from(terms)
}

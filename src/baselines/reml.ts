/**
 * Restricted likelihood of a field (Patterson & Thompson 1971), the likelihood with the unknown mean
 * integrated out under a flat prior: with C = τ² A R Aᵀ + Σy and h = A 1,
 *
 *   −2 ln p = ln det C + ln(hᵀ C⁻¹ h) + yᵀ C⁻¹ y − (hᵀ C⁻¹ y)² / (hᵀ C⁻¹ h) + const.
 */

import { goldenMaximum } from '../golden.ts'
import { type DenseCholesky, denseCholesky } from '../linalg/index.ts'
import type { Field } from './fields.ts'

/** C = τ² G + Σy, decomposed. @param gram - G = A R Aᵀ */
export const covarianceOf = (
  { variance }: Pick<Field, 'variance'>,
  gram: Float64Array,
  tau2: number,
): DenseCholesky => {
  const m = variance.length
  const C = gram.map((g) => tau2 * g)
  variance.forEach((v, j) => {
    C[j * (m + 1)] += v
  })
  return denseCholesky(C, m)
}

const inner = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

/** Below this, relative to the norm of C⁻¹, an operator does not see the mean. */
const UNSEEN = 1e-12

/** The part of y along h, μ̂ = hᵀ C⁻¹ y / hᵀ C⁻¹ h, with what it takes; 0 where A does not see the mean. */
export const meanOf = (C: DenseCholesky, h: Float64Array) => {
  const w = C.solve(h)
  const power = inner(h, w)
  const sees = power > UNSEEN * Math.sqrt(inner(w, w))
  return { power, sees, of: (y: Float64Array): number => (sees ? inner(w, y) / power : 0) }
}

/** ln p of all channels of a field, up to a constant. @param h - A 1 */
const logLikelihood = (field: Field, gram: Float64Array, h: Float64Array, tau2: number): number => {
  const C = covarianceOf(field, gram, tau2)
  const mean = meanOf(C, h)
  let sum = 0
  for (const y of field.ys) {
    const mu = mean.of(y)
    const energy = inner(y, C.solve(y)) - mu * mu * (mean.sees ? mean.power : 0)
    sum -= 0.5 * (C.logDet + (mean.sees ? Math.log(mean.power) : 0) + energy)
  }
  return sum
}

/** What is fitted to one observation, at a range that is given. */
export interface VarianceFit {
  /** τ². */
  readonly tau2: number
  /** ln p there. */
  readonly logLikelihood: number
}

/** Evaluations of a search for τ². */
export const EVALUATIONS = 16

/** A field, A R Aᵀ and A 1. */
export interface SeenField {
  readonly field: Field
  readonly gram: Float64Array
  readonly h: Float64Array
}

/**
 * The variance τ² of most likelihood, the same for all fields of an observation.
 *
 * @param scale - of the data: τ is looked for between a thousandth of it and three times it
 */
export const varianceFit = async (seen: readonly SeenField[], scale: number): Promise<VarianceFit> => {
  const total = (logTau: number): number =>
    seen.reduce((sum, { field, gram, h }) => sum + logLikelihood(field, gram, h, Math.exp(2 * logTau)), 0)
  const best = await goldenMaximum(total, Math.log(scale / 1000), Math.log(3 * scale), EVALUATIONS)
  return { tau2: Math.exp(2 * best.at), logLikelihood: best.value }
}

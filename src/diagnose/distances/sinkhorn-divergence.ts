import type { NdArray } from '../../tensor/index.ts'
import { type SinkhornOptions, sinkhorn } from './sinkhorn.ts'

/**
 * The divergence that the experiments of Rozet et al. 2024 report, as their code computes it:
 *
 *     S(u1, u2, v) = max( T(u1, v) - T(u1, u2), 1e-6 )
 *
 * with T the transport cost `<P, M>` without entropy, ε = 1e-3, at most 1024 iterations and the
 * loose stopping rule of {@link sinkhorn}. It is one-sided: the sampling noise of the truth is taken
 * off, that of the model is not. Use it to compare with published numbers, and
 * {@link sinkhornDivergence} to judge convergence.
 *
 * T falls short of the true cost when 1024 iterations do not suffice, which for far clouds they do not.
 *
 * @param truth `[n, d]`
 * @param otherTruth `[n', d]`, independent of `truth`; T(u1, u2) is computed once
 * @returns a function of model samples `[m, d]` that gives a squared distance, at least 1e-6
 *
 * @example
 * ```ts
 * const excess = sinkhornExcess(rows(truth, 0, 4096), rows(truth, 4096, 8192))
 * const ofSamples = excess(samples)
 * ```
 */
export const sinkhornExcess = (truth: NdArray, otherTruth: NdArray, options: SinkhornOptions = {}) => {
  const reference = sinkhorn(truth, otherTruth, options).cost
  return (model: NdArray): number => Math.max(sinkhorn(truth, model, options).cost - reference, 1e-6)
}

/**
 * The debiased Sinkhorn divergence (Feydy et al., "Interpolating between optimal transport and MMD using
 * Sinkhorn divergences", AISTATS 2019):
 *
 *     S(x, y) = OT(x, y) - OT(x, x)/2 - OT(y, y)/2,   OT the dual value of entropic transport
 *
 * It is ≥ 0, is 0 only for equal clouds, and moves by exactly |t|² when one of two equal clouds is moved by
 * t. Defaults: ε = 1e-2, ε-scaling, over-relaxation 1.9, at most 2048 iterations, stop at an L1 violation of
 * 1e-3 (a thousandth of the mass in the wrong place), which leaves the dual value with a far smaller error.
 *
 * @param x `[n, d]`
 * @param y `[m, d]`
 * @returns squared distance
 *
 * @example
 * ```ts
 * sinkhornDivergence(truth, samples, { reg: 1e-2 })
 * ```
 */
export const sinkhornDivergence = (x: NdArray, y: NdArray, options: SinkhornOptions = {}): number => {
  const settings: SinkhornOptions = {
    reg: 1e-2,
    scaling: true,
    relaxation: 1.9,
    norm: 'l1',
    tolerance: 1e-3,
    iterations: 2048,
    ...options,
  }
  const dual = (a: NdArray, b: NdArray) => sinkhorn(a, b, settings).dual
  return dual(x, y) - dual(x, x) / 2 - dual(y, y) / 2
}

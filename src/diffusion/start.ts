/**
 * Where reverse samplers start. The state at level σ is x + σ z with x from the posterior, which N(μ, σ²) is
 * not: it forgets y and the spread of x, and deterministic steps never make that good (a floor of 0.7 % of a
 * posterior's spread at σ_max 50). The probability flow dx/dσ = (x − D(x, σ))/σ, come down from σ = ∞ where
 * x = σ z, is known there for any law: with m = E[x | y] and V = V[x | y],
 *
 *   x(σ) = σ z + m + V z/(2σ) + O(σ⁻³),   D(m + σ z, σ) = m + V z/σ + O(σ⁻³),
 *
 * so two evaluations of the denoiser give it, m = D(μ, σ) and the mean of m and D(m + σ z, σ) beside σ z.
 */
import {
  add,
  type ExecuteOptions,
  jit,
  mul,
  type NdArray,
  type Shape,
  scalar,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { inDtype } from './sampler-noise.ts'

/** Where samplers start: the flow's own state given y (`informed`), or μ + σ_max z (`plain`). */
export type Start = 'informed' | 'plain'

/** Denoiser evaluations of a start. */
export const startEvaluations = (start: Start): number => (start === 'informed' ? 2 : 0)

/** μ of a start, in the dtype of its noise; zero when absent. */
export const meanOf = (
  { shape, mean }: { readonly shape: Shape; readonly mean?: NdArray },
  { dtype }: NdArray,
): NdArray => {
  const float = dtype === 'float64' ? dtype : 'float32'
  return mean ? inDtype(mean, float) : zeros(shape.slice(1), float)
}

/** μ + σ z, compiled. */
export const startProgram = (options: ExecuteOptions) =>
  jit((z: Tensor, mean: Tensor, sigma: Tensor) => add(mul(z, sigma), mean), options)

/** A start, compiled: its state from z [B, ...event], μ, σ and the denoiser at σ. */
export const startOf = (kind: Start, options: ExecuteOptions) => {
  const at = startProgram(options)
  const between = jit((a: Tensor, b: Tensor) => mul(add(a, b), 0.5), options)
  const run = async (z: NdArray, mean: NdArray, sigma: NdArray, D: (x: NdArray) => Promise<NdArray>) => {
    if (kind === 'plain') return at(z, mean, sigma)
    const m = await D(await at(z, mean, scalar(0, z.dtype)))
    const above = await D(await at(z, m, sigma))
    return at(z, await between(m, above), sigma)
  }
  const release = async () => {
    await Promise.all([at.release(), between.release()])
  }
  return { run, release }
}

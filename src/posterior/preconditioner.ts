/**
 * What makes the system of MMPS easy where the operator mixes entries. Where the noise is small, C = Σy +
 * A V Aᵀ is as badly conditioned as A Aᵀ is, whatever V; and that part of it is known. With V taken as ΠGDM
 * has it, σ²/(1 + σ²) I, and Σy = s² I,
 *
 *   (s² I + σ²/(1 + σ²) A Aᵀ)⁻¹ ∝ (A Aᵀ + ρ I)⁻¹,   ρ = s² (1 + σ⁻²),
 *
 * which blurs and resampling have in closed form. It leaves to the solver what only the network knows: how V
 * differs from a multiple of the identity.
 */
import type { Linear } from '../linalg/index.ts'
import type { Observation } from '../operators/index.ts'
import { add, mul, reciprocal, square, type Tensor } from '../tensor/index.ts'

/**
 * P ≈ C⁻¹ but for a factor; undefined where A Aᵀ has no inverse in closed form, or where it would change
 * nothing (masks, sampled frequencies), and for noise that differs between entries.
 *
 * @param sigma - σ [B]
 */
export const preconditionerOf = ({ A, noise }: Observation, sigma: Tensor): Linear | undefined => {
  if (!A.linear || noise.kind !== 'isotropic') return undefined
  const { resolvent } = A
  const ridge = mul(add(reciprocal(square(sigma)), 1), noise.variance)
  return resolvent && ((v) => resolvent(v, ridge))
}

/**
 * Methods that are defined by a shift of the sampler's next state, xs ← xs + δ, as denoisers: the next state
 * moves by κ = ∂xs/∂D for a unit of the answer, so D = x̂ + δ/κ does the same (exactly: steps are affine in
 * D).
 */
import { ddpm, type Move } from '../diffusion/index.ts'
import { add, div, type Tensor } from '../tensor/index.ts'
import type { GuidanceMethod } from './method.ts'

/** x̂ + δ/κ. */
export const shifted = (xhat: Tensor, shift: Tensor, { sensitivity }: Move): Tensor =>
  add(xhat, div(shift, sensitivity))

/**
 * A method by shifts, with the ancestral step that such methods are published with. Multistep kinds would
 * take the shift for a slope of the denoiser's answer.
 */
export const byShifts = (method: GuidanceMethod): GuidanceMethod => Object.assign(method, { step: ddpm() })

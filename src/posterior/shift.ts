/**
 * Methods that are defined by a shift of the sampler's next state, xs ← xs + δ, as denoisers: the next state
 * moves by κ = ∂xs/∂D for a unit of the answer, so D = x̂ + δ/κ does the same (exactly: steps are affine in
 * D).
 */
import type { Move } from '../diffusion/index.ts'
import { add, div, type Tensor } from '../tensor/index.ts'

/** x̂ + δ/κ. */
export const shifted = (xhat: Tensor, shift: Tensor, { sensitivity }: Move): Tensor =>
  add(xhat, div(shift, sensitivity))

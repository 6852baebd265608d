import type { Tensor } from '../tensor/index.ts'

/**
 * The one interface of this library: (xt, sigma) → E[x | xt] for xt = x + sigma z, z standard normal (VE).
 *
 * `xt` is [B, ...event], `sigma` is [B] and positive, the result is [B, ...event]. Priors are denoisers, and
 * so are posteriors: a guidance method takes a prior and an observation and returns one. Samplers say what
 * they will do with the answer in `move`.
 */
export type Denoiser = (xt: Tensor, sigma: Tensor, move?: Move) => Tensor

/**
 * Where a sampler goes with the answer. Guidance methods that are defined by a shift of the next state (DPS,
 * PiGDM) divide that shift by the sensitivity; everything else ignores it. Absent in the last denoise, which
 * goes nowhere.
 */
export interface Move {
  /** Level σs of the next state, a scalar. */
  readonly sigma: Tensor
  /** κ = ∂xs/∂D > 0: what the next state makes of a change of the denoiser's answer; a scalar. */
  readonly sensitivity: Tensor
}

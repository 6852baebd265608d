import type { Tensor } from '../tensor/index.ts'

/**
 * The one interface of this library: (xt, sigma) → E[x | xt] for xt = x + sigma z, z standard normal (VE).
 *
 * `xt` is [B, ...event], `sigma` is [B] and positive, the result is [B, ...event]. Priors are denoisers, and so are
 * posteriors: a guidance method takes a prior and an observation and returns one.
 */
export type Denoiser = (xt: Tensor, sigma: Tensor) => Tensor

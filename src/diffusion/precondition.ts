/**
 * EDM preconditioning with sigma_data = 1 (DiEM Eq. 27, Karras et al. 2022 with c_noise = log sigma):
 * D(xt, σ) = xt/(σ² + 1) + σ/√(σ² + 1) F(xt/√(σ² + 1), log σ).
 */
import type { Network, Training } from '../nn/index.ts'
import type { NdArray } from '../tensor/index.ts'
import { add, alignTo, log, mul, rsqrt, square, type Tensor, type Tree } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/**
 * The denoiser of a network with these weights.
 *
 * @param training - dropout masks, in training only
 *
 * @example
 * ```ts
 * const prior = preconditioned(net, frozen(params))
 * const xhat = prior(xt, sigma)
 * ```
 */
export const preconditioned =
  <T extends Tree<Tensor>>(
    net: Pick<Network<Tree<NdArray>, T>, 'apply'>,
    params: T,
    training?: Training,
  ): Denoiser =>
  (xt, sigma) => {
    const s = alignTo(sigma, xt)
    const q = rsqrt(add(square(s), 1))
    const f = net.apply(params, mul(xt, q), log(sigma), training)
    return add(mul(xt, square(q)), mul(f, mul(s, q)))
  }

/**
 * Denoisers made of a network and a linear part, after the preconditioning of EDM (Karras et al. 2022, with
 * c_noise = log sigma; DiEM Eq. 27): D(xt, σ) = E[x | xt] under N(μ, Σ) + σ/√(σ² + 1) F(xt/√(σ² + 1), log σ).
 * With N(0, I), whose denoiser is xt/(σ² + 1), it is that of EDM with sigma_data = 1. With the Gaussian that
 * was fitted to the data, a network that says nothing leaves the Gaussian's own denoiser, and learns what is
 * not Gaussian.
 */
import type { Network, Training } from '../nn/index.ts'
import type { NdArray } from '../tensor/index.ts'
import { add, alignTo, log, mul, rsqrt, square, type Tensor, type Tree } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import { type Gaussian, gaussianDenoiser } from './gaussian.ts'

/** The linear part of {@link preconditioned}, and what training adds. */
export interface Preconditioning {
  /** The Gaussian whose denoiser the network corrects; default N(0, I). */
  readonly skip?: Gaussian
  /** Dropout masks, in training only. */
  readonly training?: Training
}

/**
 * The denoiser of a network with these weights.
 *
 * @throws TweedieError `shape` when events do not have the entries of `skip`
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
    { skip, training }: Preconditioning = {},
  ): Denoiser =>
  (xt, sigma) => {
    const s = alignTo(sigma, xt)
    const q = rsqrt(add(square(s), 1))
    const f = net.apply(params, mul(xt, q), log(sigma), training)
    const linear = skip ? gaussianDenoiser(skip)(xt, sigma) : mul(xt, square(q))
    return add(linear, mul(f, mul(s, q)))
  }

/**
 * The reverse divergence of amortized posterior sampling (Mammadov, Chung & Ye, "Amortized Posterior Sampling
 * with Diffusion Prior Distillation", 2024): over measurements y and x = G(z, y),
 *
 *   E_y KL(q(x | y) ‖ p(x | y)) = E_y E_z [−log p(y | x) − log p(x) − log|det ∂G/∂z|] + const,
 *
 * where the diffusion prior's log p(x) is replaced by its evidence lower bound. It needs measurements and a
 * prior, no truth. Its gradient goes through the denoiser: the Jacobian is not dropped, as score distillation
 * does.
 */
import {
  type Denoiser,
  type ElboNoise,
  type ElboOptions,
  negativeElbo,
  scoreLoss,
} from '../../diffusion/index.ts'
import { covarianceInverse } from '../../linalg/index.ts'
import type { Observation } from '../../operators/index.ts'
import { add, mean, mul, sub, sumRows, type Tensor } from '../../tensor/index.ts'

/** The bound on log p(x). */
export interface ApsOptions extends ElboOptions {
  /**
   * `score` (default): the term of the bound that depends on the network, which is all that the paper writes;
   * one evaluation. `full`: with the terms at both ends, as score_prior; two evaluations for next to nothing
   * in the gradient.
   */
  readonly bound?: 'score' | 'full'
}

/** Means over the batch in nats, up to constants; `loss` = weight · data + prior − logdet. */
export type ApsTerms<L = Tensor> = {
  readonly loss: L
  /** ½ (y − A x)ᵀ Σy⁻¹ (y − A x). */
  readonly data: L
  /** −log p(x), or its bound. */
  readonly prior: L
  /** log|det ∂x/∂z|: the entropy of q up to that of z. */
  readonly logdet: L
}

/** −log p(y | x) up to a constant: ½ (y − A x)ᵀ Σy⁻¹ (y − A x), [B]. */
export const misfit = ({ y, A, noise }: Observation, x: Tensor): Tensor => {
  const residual = sub(y, A.apply(x))
  return mul(sumRows(mul(residual, covarianceInverse(noise, residual))), 0.5)
}

/**
 * The terms of the divergence for one draw of each measurement.
 *
 * @param observation - y [B, ...], with the operator and the noise of each
 * @param drawn - x [B, ...A.inShape], with log|det ∂x/∂z| [B]
 * @param negLogPrior - −log p(x) of each draw [B], or an upper bound such as {@link boundOn}
 * @param weight - of the data term, [] (see `annealed`); 1 for the posterior itself
 */
export const klTerms = (
  observation: Observation,
  drawn: { readonly x: Tensor; readonly logdet: Tensor },
  negLogPrior: Tensor,
  weight: Tensor | number = 1,
): ApsTerms => {
  const data = mean(misfit(observation, drawn.x))
  const prior = mean(negLogPrior)
  const logdet = mean(drawn.logdet)
  return { loss: sub(add(mul(data, weight), prior), logdet), data, prior, logdet }
}

/**
 * The bound on −log p(x) of draws, [B].
 *
 * @param prior - denoiser of the prior, its weights fixed
 * @param random - the noise of the bound
 */
export const boundOn = (
  prior: Denoiser,
  x: Tensor,
  random: ElboNoise,
  { bound = 'score', ...elbo }: ApsOptions = {},
): Tensor => (bound === 'full' ? negativeElbo : scoreLoss)(prior, x, random, elbo)

/** Weight of the data term at step 0, 1, …. */
export type DataWeight = (step: number) => number

/**
 * score_prior's sigmoid 1/(1 + e^(−(step − pivot) rate)): the flow first learns the prior, then the data.
 * Whether the paper keeps it is unknown.
 *
 * @param rate - default 0.002
 * @param pivot - the step of weight one half, default 12000
 */
export const annealed =
  ({ rate = 0.002, pivot = 12000 } = {}): DataWeight =>
  (step) =>
    1 / (1 + Math.exp(-(step - pivot) * rate))

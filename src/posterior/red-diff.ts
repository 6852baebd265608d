/**
 * RED-diff (Mardani et al. 2024): variational inference with a point mass μ, regularised by denoising. For σ from
 * high to low one step of Adam on
 *
 *   ‖y − A μ‖²/2M + w ⟨sg(ε̂ − z), μ⟩ σ/N,   ε̂ = (xt − D(xt))/σ,   xt = μ + σ z,
 *
 * M and N the entries of y and x: since σ(ε̂ − z) = μ − D(xt), the gradient is −Aᵀe/M + w (μ − D(xt))/N. The noise of
 * the observation does not enter. The result is a point estimate whose spread comes from z alone. Cost of a step: one
 * network evaluation.
 */
import {
  type Denoiser,
  levelsOf,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
} from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { cg } from '../linalg/index.ts'
import { adam, initMoments, type Moments } from '../nn/index.ts'
import type { Observation } from '../operators/index.ts'
import { linearAt } from '../operators/index.ts'
import {
  add,
  broadcastTo,
  type Feeds,
  fullLike,
  jit,
  mul,
  type NdArray,
  scalar,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts'

/** Options of {@link redDiff}. */
export interface RedDiffOptions {
  /** Adam's step in the units of the prior, default 0.2: the published 0.1 for data in [-1, 1]. */
  readonly rate?: number
  /** w, the weight of the prior, default 0.25. */
  readonly weight?: number
}

/** Products with A of the least-squares start, where A has no pseudo-inverse. */
const START = 8

/** A⁺ y, or the regularised Aᵀ (Σy + A Aᵀ)⁻¹ y; the mean where the operator is not linear. */
const startOf = ({ y, A, noise }: Observation, mean: Tensor): Tensor => {
  if (!A.linear) return mean
  if (A.pinv) return A.pinv(y)
  const u = cg({ iterations: START })((v) => add(noise.apply(v), A.apply(A.adjoint(v))), y)
  return A.adjoint(u)
}

const entries = ({ shape }: Tensor): number => shape.slice(1).reduce((a, d) => a * d, 1)

/** ∇μ of the loss above, for one xt. */
export const redDiffGradient = (
  prior: Denoiser,
  { y, A }: Observation,
  { mu, sigma, z, weight }: { mu: Tensor; sigma: Tensor; z: Tensor; weight: number },
): Tensor => {
  const xhat = prior(add(mu, mul(z, sigma)), broadcastTo(sigma, [mu.shape[0]]))
  const e = sub(y, A.apply(mu))
  const data = mul(linearAt(A, mu).adjoint(e), 1 / entries(e))
  return sub(mul(sub(mu, xhat), weight / entries(mu)), data)
}

/**
 * The sampler of RED-diff; any differentiable operator.
 *
 * @throws TweedieError `input` for a rate or weight that is not positive
 *
 * @example
 * ```ts
 * const restore = redDiff(prior, (o: { y: Tensor }) => ({ y: o.y, A, noise }), { rate: 0.2 }, { steps: 200 })
 * ```
 */
export const redDiff = <C>(
  prior: Denoiser,
  observationOf: (context: C) => Observation,
  { rate = 0.2, weight = 0.25 }: RedDiffOptions = {},
  options: SamplerOptions = {},
): Sampler<C> => {
  if (!(rate > 0 && weight > 0))
    throw new TweedieError('input', `red-diff: rate and weight must be positive, got ${rate} and ${weight}`)
  const grid = levelsOf(options)
  const start = jit(
    (z: Tensor, mean: Tensor, context: C) =>
      broadcastTo(startOf(observationOf(context), broadcastTo(mean, z.shape)), z.shape),
    options,
  )
  const descend = jit(
    (mu: Tensor, moments: Moments<Tensor>, step: Tensor, sigma: Tensor, z: Tensor, context: C) => {
      const gradient = redDiffGradient(prior, observationOf(context), { mu, sigma, z, weight })
      const lr = fullLike(step, rate)
      return adam(mu, gradient, moments, { lr, step }, { beta2: 0.99, clip: Number.POSITIVE_INFINITY })
    },
    options,
  )
  const run = async (
    context: Feeds<C>,
    { shape, noise, mean, onStep, signal }: SampleRequest,
  ): Promise<NdArray> => {
    const z0 = noise(-1, 0) // for its shape
    const { dtype } = z0
    let mu: NdArray = await start(z0, mean ?? zeros(shape.slice(1), dtype), context)
    let moments: Moments<NdArray> = initMoments(mu)
    const total = grid.length - 1
    for (let i = 0; i < total; i++) {
      if (signal?.aborted) throw new TweedieError('interrupted', 'sampling was interrupted')
      const next = await descend(
        mu,
        moments,
        scalar(i + 1, dtype),
        scalar(grid[i], dtype),
        noise(i, 0),
        context,
      )
      mu = next.params
      moments = next.moments
      onStep?.(i + 1, total)
    }
    return mu
  }
  return Object.assign(run, {
    release: async () => {
      await Promise.all([start.release(), descend.release()])
    },
  })
}

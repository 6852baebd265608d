/**
 * Posterior draws under a Gaussian by the reverse sampler with the Gaussian's own denoiser and exact
 * covariance, as DiEM makes them (Rozet et al. 2024): MMPS with V = (Σ⁻¹ + σ⁻² I)⁻¹,
 *
 *   E[x | xt, y] = x̂ + V Aᵀ (Σy + A V Aᵀ)⁻¹ (y − A x̂),   x̂ = E[x | xt],
 *
 * its system solved by conjugate gradients in pieces: at high noise levels it takes many iterations, at low
 * ones few.
 */
import {
  ddim,
  type Gaussian,
  gaussianCovariance,
  gaussianDenoiser,
  type HostDenoiser,
  hostSampler,
  type Schedule,
} from '../diffusion/index.ts'
import { type Descent, descendInPieces, descentPiece, inner, widened } from '../linalg/index.ts'
import type { BatchedObservations, ObservationBatch } from '../observations/index.ts'
import { type BatchDraw, innovation, samplerDraw } from '../posterior/index.ts'
import {
  add,
  broadcastTo,
  cast,
  type Feeds,
  greater,
  jit,
  mul,
  type NdArray,
  type Tensor,
} from '../tensor/index.ts'

/** Options of {@link diffusionDraw}. */
export interface DiffusionOptions {
  /** Steps of the sampler. */
  readonly steps: number
  readonly schedule: Schedule
  /** Conjugate-gradient iterations of each step, at most. */
  readonly iterations: number
  /** A system is solved when ‖r‖ ≤ tolerance · ‖e‖; ≥ 0. */
  readonly tolerance: number
}

type Batch = ObservationBatch<Tensor>

/** E[x | xt, y] under a Gaussian, solved in pieces. */
const posteriorDenoiser = (
  prior: Gaussian,
  set: BatchedObservations,
  { iterations, tolerance }: DiffusionOptions,
): HostDenoiser<Batch> => {
  const D = gaussianDenoiser(prior)
  const V = (sigma: Tensor) => (v: Tensor) =>
    gaussianCovariance(prior.covariance, broadcastTo(sigma, [v.shape[0]]), v)
  const systemAt = (batch: Batch, xhat: Tensor, sigma: Tensor) =>
    innovation(set.observation(batch), xhat, V(sigma))
  const begin = jit((batch: Batch, x: Tensor, sigma: Tensor) => {
    const xhat = D(x, broadcastTo(sigma, [x.shape[0]]))
    return { xhat, e: cast(systemAt(batch, xhat, sigma).e, 'float64') }
  })
  const descent = jit(
    (batch: Batch, xhat: Tensor, sigma: Tensor, e: Tensor, state: Descent, left: Tensor) => {
      const enough = mul(inner(e, e), tolerance * tolerance)
      return descentPiece(widened(systemAt(batch, xhat, sigma).C, xhat), state, {
        goesOn: (_i, _r, rr) => greater(rr, enough),
        left,
      })
    },
  )
  const finish = jit((batch: Batch, xhat: Tensor, sigma: Tensor, u: Tensor) =>
    add(xhat, V(sigma)(systemAt(batch, xhat, sigma).A.adjoint(cast(u, xhat.dtype)))),
  )
  const denoise = async (x: NdArray, sigma: NdArray, batch: Feeds<Batch>): Promise<NdArray> => {
    const { xhat, e } = await begin(batch, x, sigma)
    const { u } = await descendInPieces(e, iterations, (state, left) =>
      descent(batch, xhat, sigma, e, state, left),
    )
    return finish(batch, xhat, sigma, u)
  }
  return Object.assign(denoise, {
    release: async () => {
      await Promise.all([begin, descent, finish].map((program) => program.release()))
    },
  })
}

/**
 * Compiles draws of the posteriors of a set under a Gaussian prior, by DDIM steps.
 *
 * @throws TweedieError (the draw) `input` for iterations and steps that are no positive integers
 *
 * @example
 * ```ts
 * const schedule = exponentialSchedule()
 * const draw = diffusionDraw(gaussian, batchedObservations(set), {
 *   steps: 256,
 *   schedule,
 *   iterations: 1000,
 *   tolerance: 1e-3,
 * })
 * ```
 */
export const diffusionDraw = (
  prior: Gaussian,
  set: BatchedObservations,
  options: DiffusionOptions,
): BatchDraw => {
  const { steps, schedule } = options
  const posterior = hostSampler(posteriorDenoiser(prior, set, options), { steps, schedule, step: ddim() })
  return samplerDraw(posterior, set, prior.mean)
}

/** The E-step under a Gaussian prior: one exact posterior draw per observation, or its moments. */
import { ddim, type Gaussian, gaussianDenoiser, type Schedule, sampler } from '../diffusion/index.ts'
import { cg } from '../linalg/index.ts'
import type { BatchedObservations, ObservationBatch } from '../observations/index.ts'
import { type BatchDraw, gaussianPosteriorCovariance, mmps, samplerDraw } from '../posterior/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { exactDraw } from './exact-draw.ts'

/** How posterior samples of a Gaussian are drawn. */
export type GaussianEStep =
  /**
   * Matheron's rule, solved by conjugate gradients until the draw is off by at most `tolerance` posterior
   * standard deviations (root mean square over the entries of y), with `iterations` at most; see `exactDraw`.
   */
  | { readonly kind: 'exact'; readonly iterations: number; readonly tolerance: number }
  /**
   * DiEM's way: the reverse sampler with the Gaussian's own denoiser and exact covariance (Rozet et al.
   * 2024).
   */
  | {
      readonly kind: 'diffusion'
      readonly steps: number
      readonly iterations: number
      readonly tolerance: number
      readonly schedule: Schedule
    }

/** Compiles the E-step of a Gaussian prior. */
export const gaussianDraw = (prior: Gaussian, set: BatchedObservations, how: GaussianEStep): BatchDraw => {
  if (how.kind === 'exact') return exactDraw(prior, set, how)
  const { steps, iterations, tolerance, schedule } = how
  const denoiser = gaussianDenoiser(prior)
  const method = mmps({
    solve: cg({ iterations, tolerance }),
    covariance: gaussianPosteriorCovariance(prior.covariance),
  })
  const posterior = sampler((batch: ObservationBatch<Tensor>) => method(denoiser, set.observation(batch)), {
    steps,
    schedule,
    step: ddim(),
  })
  return samplerDraw(posterior, set, prior.mean)
}

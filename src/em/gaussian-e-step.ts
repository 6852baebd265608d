/** The E-step under a Gaussian prior: one exact posterior draw per observation, or its moments. */
import { ddim, type Gaussian, gaussianDenoiser, type Schedule, sampler } from '../diffusion/index.ts'
import { cg, gaussianPosteriorCovariance, gaussianPosteriorDraw, mmps } from '../posterior/index.ts'
import { normalBatch } from '../random/index.ts'
import { jit, type NdArray, sizeOf, type Tensor } from '../tensor/index.ts'
import type { BatchedObservations, ObservationBatch } from './batches.ts'
import { type BatchDraw, type DrawAddress, range, samplerDraw } from './draws.ts'

/** How posterior samples of a Gaussian are drawn. */
export type GaussianEStep =
  /** Matheron's rule: exact up to the conjugate gradients. */
  | { readonly kind: 'exact'; readonly iterations: number; readonly tolerance: number }
  /** DiEM's way: the reverse sampler with the Gaussian's own denoiser and exact covariance (Rozet et al. 2024). */
  | {
      readonly kind: 'diffusion'
      readonly steps: number
      readonly iterations: number
      readonly tolerance: number
      readonly schedule: Schedule
    }

const exactDraw = (
  prior: Gaussian,
  set: BatchedObservations,
  { iterations, tolerance }: { iterations: number; tolerance: number },
): BatchDraw => {
  const r =
    prior.covariance.kind === 'ppca' || prior.covariance.kind === 'lowRank'
      ? prior.covariance.factor.shape[1]
      : 1
  const n = sizeOf(set.event)
  const draw = jit((batch: ObservationBatch<Tensor>, white: Tensor, factor: Tensor, z: Tensor) => {
    const seen = set.observation(batch)
    const observation = seen.noise.factor(z)
    return gaussianPosteriorDraw(prior, seen, cg({ iterations, tolerance }), { white, factor, observation })
  })
  const run = async (
    start: number,
    stop: number,
    { stream, lap, draw: k = 0 }: DrawAddress,
  ): Promise<NdArray> => {
    const batch = set.batch(start, stop)
    const at = { lap, draw: k, observation: range(start, stop) }
    return draw(
      batch,
      normalBatch(stream('white'), at, [n]),
      normalBatch(stream('factor'), at, [r]),
      normalBatch(stream('observation noise'), at, batch.y.shape.slice(1)),
    )
  }
  return Object.assign(run, { release: draw.release })
}

/** Compiles the E-step of a Gaussian prior. */
export const gaussianDraw = (prior: Gaussian, set: BatchedObservations, how: GaussianEStep): BatchDraw => {
  if (how.kind === 'exact') return exactDraw(prior, set, how)
  const { steps, iterations, tolerance, schedule } = how
  const denoiser = gaussianDenoiser(prior)
  const posterior = sampler(
    (batch: ObservationBatch<Tensor>) =>
      mmps(denoiser, set.observation(batch), {
        solve: cg({ iterations, tolerance }),
        covariance: gaussianPosteriorCovariance(prior.covariance),
      }),
    { steps, schedule, method: ddim() },
  )
  return samplerDraw(posterior, set, prior.mean)
}

/** The E-step under a Gaussian prior: one exact posterior draw per observation, or its moments. */
import type { Gaussian } from '../diffusion/index.ts'
import type { BatchedObservations } from '../observations/index.ts'
import type { BatchDraw } from '../posterior/index.ts'
import { type DiffusionOptions, diffusionDraw } from './diffusion-draw.ts'
import { type ExactOptions, exactDraw } from './exact-draw.ts'

/** How posterior samples of a Gaussian are drawn. */
export type GaussianEStep =
  /** Matheron's rule, one linear system a draw; see `exactDraw`. */
  | ({ readonly kind: 'exact' } & ExactOptions)
  /** DiEM's way, the reverse sampler with one linear system a step; see `diffusionDraw`. */
  | ({ readonly kind: 'diffusion' } & DiffusionOptions)

/**
 * Compiles the E-step of a Gaussian prior. Its systems are solved in pieces of a few iterations, until every
 * row of a batch meets the tolerance.
 */
export const gaussianDraw = (prior: Gaussian, set: BatchedObservations, how: GaussianEStep): BatchDraw =>
  how.kind === 'exact' ? exactDraw(prior, set, how) : diffusionDraw(prior, set, how)

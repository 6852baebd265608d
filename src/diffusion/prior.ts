import type { DataRange, Domain } from '../operators/index.ts'
import type { NdArray, Shape } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import type { Schedule } from './schedule.ts'

/** A diffusion prior with all that sampling from it, or from a posterior, needs. */
export interface Prior {
  /** In the units of the prior, in which data lie in [−2, 2]. */
  readonly denoiser: Denoiser
  /** Shape of one x. */
  readonly event: Shape
  /** μ of the start μ + σ_max z of samplers: of that shape or flat, float32, in the units of the prior. */
  readonly mean: NdArray
  /** Noise levels at which the denoiser is good, in the units of the prior. */
  readonly schedule: Schedule
  /** Lowest and highest value of the data, which are −2 and 2 to the prior. */
  readonly range: DataRange
  /** Which entries of x are there, in the units of the prior; absent: all. The denoiser keeps to it. */
  readonly domain?: Domain
}

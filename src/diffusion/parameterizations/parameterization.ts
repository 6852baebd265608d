import type { Network } from '../../nn/index.ts'
import type { BatchAt, Stream } from '../../random/index.ts'
import type { Settings } from '../../settings.ts'
import type { NdArray, Tensor, Tree } from '../../tensor/index.ts'
import type { Denoiser } from '../denoiser.ts'
import type { Preconditioning } from '../precondition.ts'
import type { Schedule } from '../schedule.ts'

/** Noise levels, in the units of the prior. */
export interface LevelRange {
  readonly sigmaMin: number
  readonly sigmaMax: number
}

/** A parameterization as data. */
export interface ParameterizationSpec {
  readonly name: string
  readonly settings: Settings
}

/**
 * How a network stands for a denoiser, and how it is trained to: D of its weights, the noise levels of
 * training, and what an error of D weighs at each. Its own `settings` have all defaults in them, so that a
 * prior means the same when defaults change.
 */
export interface Parameterization extends ParameterizationSpec {
  /** Whether the network can correct the denoiser of a Gaussian (`skip`). */
  readonly corrects: boolean
  /**
   * The denoiser of a network with these weights; with `training` as training sees it.
   *
   * @throws TweedieError `input` for a `skip` that it cannot correct
   */
  denoiser<T extends Tree<Tensor>>(
    net: Pick<Network<Tree<NdArray>, T>, 'apply'>,
    params: T,
    options?: Preconditioning,
  ): Denoiser
  /** Times of a batch of training, [B] in (0, 1). */
  times(stream: Stream, at: BatchAt): NdArray<'float32'>
  /**
   * Noise levels of these times, [B].
   *
   * @param schedule - that of the prior, for those without levels of their own
   */
  levelOf(time: Tensor, schedule: Schedule): Tensor
  /** λ of a squared error of D at levels σ. */
  weight(sigma: Tensor): Tensor
  /**
   * The schedule of priors, of which the network has learned all levels.
   *
   * @param asked - lowest and highest level that are asked for
   * @throws TweedieError `input` where it has learned none of these
   */
  schedule(asked?: Partial<LevelRange>): Schedule
}

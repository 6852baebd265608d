/**
 * Denoising score matching: E[λ ‖D(x + σ z, σ) − x‖²/N] over clean data, or over the posterior samples of a
 * lap of DiEM, whose M-step it is (Rozet et al. 2024; Karras et al. 2022). Times are t ~ Beta(3, 3).
 */
import { denoisingLoss, type Gaussian, inDomain, preconditioned, type Schedule } from '../diffusion/index.ts'
import type { Network, Training } from '../nn/index.ts'
import { type Domain, filledOutside, insideShare } from '../operators/index.ts'
import { betaBatch, normalBatch, type Stream } from '../random/index.ts'
import { mul, type NdArray, type Tensor } from '../tensor/index.ts'
import { type Augmentation, augmented, checkAugmentable } from './augmentation.ts'
import { dropoutMasks } from './dropout-masks.ts'
import type { Objective } from './objective.ts'
import { type SampleRows, sampleRows } from './sample-rows.ts'
import type { TrainOptions } from './trainer.ts'

/** Options of {@link denoisingObjective}. */
export interface DenoisingOptions {
  /** Noise levels of times in [0, 1]. */
  readonly schedule: Schedule
  /** Changes of each image before it is used; default none. */
  readonly augment?: Augmentation
  /** The Gaussian whose denoiser the network corrects; default N(0, I). */
  readonly skip?: Gaussian
  /** Which entries of x are there, in the units of the prior: the loss is of these. Default: all. */
  readonly domain?: Domain
}

/** All of a training on the denoising objective: how steps are taken, and on what. */
export type DenoisingTraining = TrainOptions & DenoisingOptions

/** One batch of the loss, with the masks of dropout. */
export interface DenoisingBatch extends Training {
  /** [B, ...event]. */
  readonly x: Tensor
  /** Standard normal, like x. */
  readonly z: Tensor
  /** Times, [B]. */
  readonly t: Tensor
}

/**
 * The denoising objective of clean data.
 *
 * @param x - [N, ...event], in the units of the prior: an array, or rows that are read when they are needed
 * @param streamOf - the random stream of a purpose, such as `(purpose) => stream(seed, purpose)`
 * @throws TweedieError `input` for flips and shifts that would leave the domain, and (from `batch`) for
 *   changes of colour of data that have none
 *
 * @example
 * ```ts
 * const streamOf = (purpose: string) => stream(0, purpose)
 * const objective = denoisingObjective(net, x, { schedule, augment: { flip: true } }, streamOf)
 * ```
 */
export const denoisingObjective = (
  net: Network,
  x: NdArray<'float32'> | SampleRows,
  { schedule, augment = {}, skip, domain }: DenoisingOptions,
  streamOf: (purpose: string) => Stream,
): Objective<DenoisingBatch> => {
  if (domain) checkAugmentable(augment, domain)
  const { count, rowsAt } = sampleRows(x)
  const [noise, times, masks, changes] = ['noise', 'times', 'dropout', 'augment'].map(streamOf)
  return {
    count,
    batch: ({ rows, at }) => {
      const where = { ...at, observation: rows.map((_, i) => i) }
      const read = rowsAt(rows)
      const chosen = augmented(domain ? filledOutside(read, domain) : read, augment, changes, at)
      return {
        x: chosen,
        z: normalBatch(noise, where, chosen.shape.slice(1)),
        t: betaBatch(times, 3, 3, where, []),
        keep: dropoutMasks(net, chosen.shape, masks, at),
      }
    },
    loss: ({ params }, { x, z, t, keep }) => {
      const whole = preconditioned(net, params, { skip, training: { keep } })
      const denoiser = domain ? inDomain(whole, domain) : whole
      const loss = denoisingLoss(denoiser, x, z, schedule.sigmaOf(t))
      // Outside there is no error: the mean over what is inside.
      return { terms: { loss: domain ? mul(loss, 1 / insideShare(domain)) : loss } }
    },
  }
}

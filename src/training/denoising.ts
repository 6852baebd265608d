/**
 * Denoising score matching: E[λ ‖D(x + σ z, σ) − x‖²/N] over clean data, or over the posterior samples of a
 * lap of DiEM, whose M-step it is (Rozet et al. 2024; Karras et al. 2022). How the network stands for D, the
 * law of σ and λ are those of the parameterization.
 */
import {
  denoisingLoss,
  edm,
  type Gaussian,
  inDomain,
  type Parameterization,
  type Schedule,
} from '../diffusion/index.ts'
import { type Network, seededDropout } from '../nn/index.ts'
import { type Domain, filledOutside, insideShare } from '../operators/index.ts'
import { normalBatch, type Stream } from '../random/index.ts'
import { mul, type NdArray, type Tensor } from '../tensor/index.ts'
import { type Augmentation, augmented, checkAugmentable } from './augmentation.ts'
import { dropoutSeeds, type Seeded } from './dropout-seeds.ts'
import type { Objective } from './objective.ts'
import { type SampleRows, sampleRows } from './sample-rows.ts'
import type { TrainOptions } from './trainer.ts'

/** Options of {@link denoisingObjective}. */
export interface DenoisingOptions {
  /** Noise levels of times in [0, 1]. */
  readonly schedule: Schedule
  /** Changes of each image before it is used; default none. */
  readonly augment?: Augmentation
  /** How the network stands for a denoiser, and is trained to; default {@link edm}. */
  readonly parameterization?: Parameterization
  /** The Gaussian whose denoiser the network corrects; default N(0, I). */
  readonly skip?: Gaussian
  /** Which entries of x are there, in the units of the prior: the loss is of these. Default: all. */
  readonly domain?: Domain
}

/** All of a training on the denoising objective: how steps are taken, and on what. */
export type DenoisingTraining = TrainOptions & DenoisingOptions

/** One batch of the loss, with the seeds of dropout. */
export interface DenoisingBatch extends Seeded {
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
 * @throws TweedieError `input` for flips and shifts that would leave the domain; (from `batch`) for changes
 *   of colour of data that have none; (from `loss`) for a `skip` that the parameterization cannot correct
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
  { schedule, parameterization = edm, augment = {}, skip, domain }: DenoisingOptions,
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
        t: parameterization.times(times, where),
        seeds: dropoutSeeds(net, rows.length, masks, at),
      }
    },
    loss: ({ params }, { x, z, t, seeds }) => {
      const { denoiser: denoiserOf, levelOf, weight } = parameterization
      const whole = denoiserOf(net, params, { skip, training: seededDropout(seeds, net.dropout) })
      const denoiser = domain ? inDomain(whole, domain) : whole
      const loss = denoisingLoss(denoiser, x, z, levelOf(t, schedule), weight)
      // Outside there is no error: the mean over what is inside.
      return { terms: { loss: domain ? mul(loss, 1 / insideShare(domain)) : loss } }
    },
  }
}

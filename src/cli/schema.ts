/** The configuration of `learn` and `train`: one experiment. Its JSON Schema ships as `experiments/schema.json`. */
import { z } from 'zod'
import { operatorSchema } from './operator-schema.ts'

const positive = z.number().positive()
const count = z.int().positive()
const sizes = z.array(count).min(1)

const levels = {
  channels: sizes.default([32, 64]).describe('channels of each level, finest first'),
  blocks: sizes.default([2, 2]).describe('residual blocks of each level'),
  heads: z.array(z.int().nonnegative()).optional().describe('attention heads of each level, 0 for none'),
  emb: count.default(256).describe('features of the noise embedding'),
  dropout: z.number().min(0).lt(1).default(0),
}
const unet = z.strictObject({
  kind: z.literal('unet'),
  ...levels,
  unshuffle: count.default(1).describe('pixel unshuffling in front of the network, by this factor'),
})
const ncsnpp = z.strictObject({
  kind: z.literal('ncsnpp').describe('NCSN++: BigGAN blocks, filtered resampling, a pyramid of the input'),
  width: count.default(64).describe('channels of the finest level, a multiple of 4'),
  multipliers: sizes.default([1, 2, 2, 2]).describe('channels of each level in units of width, finest first'),
  blocks: count.default(4).describe('residual blocks of each level, one more on the way up'),
  attention: z.array(count).default([16]).describe('heights of the levels with attention'),
  dropout: z.number().min(0).lt(1).default(0.1),
})
const unet1d = z.strictObject({
  kind: z.literal('unet1d').describe('U-Net over the index of the vertices'),
  ...levels,
  unshuffle: count.default(1).describe('so many neighbours in the index become channels'),
})
const sphere = z.strictObject({
  kind: z.literal('sphere').describe('U-Net over a grid of latitudes and longitudes'),
  ...levels,
  grid: z.tuple([count, count]).default([46, 90]).describe('rows from pole to pole, and columns'),
  factors: z
    .array(count)
    .optional()
    .describe('how many times coarser each level is than the one above it ([2, 3] for 90 columns)'),
  unshuffle: count.default(1).describe('cells of so many points each way become channels'),
})
const graph = z.strictObject({
  kind: z.literal('graph').describe('U-Net over the nearest neighbours of the vertices of a mesh'),
  ...levels,
  mesh: z.enum(['bunny']).default('bunny'),
  k: count.default(8).describe('neighbours that a vertex sees'),
  factor: count.default(4).describe('how many times fewer vertices each level has than the one above it'),
})
const mlp = z.strictObject({
  kind: z.literal('mlp'),
  hidden: sizes.default([256, 256, 256]).describe('widths of the hidden layers'),
  emb: count.default(64).describe('features of the noise embedding'),
})

/** Networks that know where points lie. */
export const spatialNetworks = [unet, ncsnpp, unet1d, sphere, graph] as const

/** Which data, and how they are observed. */
export const dataSchema = z.strictObject({
  observations: z.string().optional().describe('observation set (.npz or .safetensors) to learn from'),
  clean: z
    .string()
    .optional()
    .describe('clean data: mnist, photos, mri, mri-macaque, manifold, a file, or a folder'),
  split: z.enum(['train', 'test', 'all']).default('train').describe('part of a named data set'),
  count: count.optional().describe('only the first so many'),
  observe: z
    .strictObject({
      operator: operatorSchema.prefault({ kind: 'mask' }),
      noise: positive.default(0.05),
      photons: positive
        .optional()
        .describe('shot noise: counts of an entry of value 1, by its Gaussian approximation'),
      seed: z.int().nonnegative().default(1),
    })
    .optional()
    .describe('learn: observe the clean data so, and throw them away'),
})

/** The learning rate by step. */
export const rateSchema = z.strictObject({
  kind: z.enum(['constant', 'linear', 'exponential']).default('constant'),
  from: positive.default(2e-4),
  to: positive.default(1e-6).describe('last rate of the linear and exponential schedules'),
  warmUp: z.int().nonnegative().default(0).describe('steps of linear rise'),
})

const train = z.strictObject({
  batch: count.default(64),
  steps: count.default(1000).describe('optimiser steps (of each lap)'),
  firstSteps: count.optional().describe('steps of the first lap, when they differ'),
  rate: rateSchema.prefault({}),
  ema: z.number().min(0).lt(1).default(0.999).describe('decay of the average of the weights, 0 for none'),
  clip: positive.default(1).describe('largest global gradient norm'),
  weightDecay: z.number().nonnegative().default(0),
  replacement: z.boolean().default(false).describe('draw batches with replacement instead of by epochs'),
  augment: z
    .strictObject({
      flip: z.boolean().default(false),
      shift: z.int().nonnegative().default(0),
      hue: z.number().min(0).max(0.5).default(0).describe('largest turn of the hue, in circles'),
      saturation: z.number().min(0).max(1).default(0).describe('largest relative change of the saturation'),
    })
    .prefault({}),
})

/** How posteriors are sampled. */
export const samplingSchema = z.strictObject({
  method: z.enum(['ddpm', 'ddim', 'pc', 'heun']).default('ddpm'),
  steps: count.default(64),
  corrections: count.default(1).describe('pc: Langevin steps after each step'),
  tau: positive.default(0.1).describe('pc: their size'),
  solver: z.enum(['cg', 'gmres', 'bicgstab']).default('cg'),
  iterations: count.default(1).describe('iterations of the solver'),
  tolerance: z.number().nonnegative().default(0).describe('cg, bicgstab: stop at this relative residual'),
  shared: z.boolean().default(false).describe("cg: one step size for the whole batch, as in DiEM's code"),
  covariance: z
    .enum(['tweedie', 'zeros', 'ones', 'cov_t', 'cov_x'])
    .default('tweedie')
    .describe('V[x | xt] inside the linear system'),
})

const gaussian = z.strictObject({
  rank: count.optional().describe('rank of the covariance beside its diagonal (default min(64, N))'),
  iterations: count.default(16).describe('EM iterations'),
  count: count.optional().describe('observations used'),
  eStep: z.enum(['exact', 'diffusion', 'moments']).default('exact'),
  cg: count
    .optional()
    .describe('conjugate-gradient iterations, at most (default 1000; by diffusion, which unrolls them, 32)'),
  tolerance: z
    .number()
    .nonnegative()
    .default(1e-3)
    .describe('exact: error of a draw, in posterior standard deviations; diffusion: relative residual'),
  steps: count.default(256).describe('diffusion: steps of the sampler'),
})

const em = z.strictObject({
  laps: count.default(8),
  draws: count.default(1).describe('posterior draws of each observation and lap'),
  batch: count.default(128).describe('observations sampled at once'),
  bound: positive.optional().describe('drop samples with a coordinate beyond this (prior units)'),
  refitRank: count.optional().describe('rank of the Gaussian refitted to each lap (default: not refitted)'),
  refitCount: count.optional().describe('samples of a lap that it is refitted to (default: all)'),
  sampling: samplingSchema.prefault({}),
})

const monitor = z.strictObject({
  samples: z.int().nonnegative().default(64).describe('prior samples kept of each lap, for the report'),
  sinkhorn: z
    .int()
    .nonnegative()
    .default(0)
    .describe('points of the Sinkhorn divergence to held-out clean data (0: none)'),
  reg: positive.default(0.05).describe('its entropic regularisation, squared prior units'),
  steps: count.default(64).describe('sampler steps of the prior samples'),
  method: z.enum(['ddpm', 'ddim', 'pc', 'heun']).default('ddim'),
})

/** One experiment. */
export const experimentSchema = z
  .strictObject({
    seed: z.int().nonnegative().default(0),
    learner: z
      .enum(['diem', 'ambient', 'gsure'])
      .optional()
      .describe(
        'learn: by DiEM (default), or of masked observations by AmbientDiffusion or GSURE-Diffusion, which have no laps',
      ),
    ambient: z
      .strictObject({
        delta: z
          .number()
          .gt(0)
          .lt(1)
          .default(0.1)
          .describe('share of the observed entries that is deleted further'),
      })
      .optional()
      .describe('options of learner: ambient'),
    data: dataSchema.prefault({}),
    range: z
      .tuple([z.number(), z.number()])
      .optional()
      .describe('units of the data (default [0, 1]; of the file or data set)'),
    net: z.discriminatedUnion('kind', [...spatialNetworks, mlp]),
    start: z
      .string()
      .optional()
      .describe(
        'train: begin with the weights of this prior (run folder or checkpoint; same network, shape and units), such as one learned from observations',
      ),
    schedule: z
      .strictObject({ sigmaMin: positive.default(1e-3), sigmaMax: positive.default(1e2) })
      .prefault({}),
    gaussian: gaussian.prefault({}),
    em: em.prefault({}),
    train: train.prefault({}),
    monitor: monitor.prefault({}),
  })
  .describe('An experiment of tweedie: what to learn from which data, and how')

export type Experiment = z.output<typeof experimentSchema>

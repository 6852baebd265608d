/**
 * The configuration of `learn` and `train`: one experiment. Its JSON Schema ships as
 * `experiments/schema.json`.
 */
import { z } from 'zod'
import {
  gridFrom,
  gridNames,
  parameterizationFrom,
  parameterizationNames,
  stepFrom,
  stepNames,
} from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { readExtensions } from '../../formats/index.ts'
import { networkSchema } from './network-schema.ts'
import { operatorSchema } from './operator-schema.ts'

const positive = z.number().positive()
const count = z.int().positive()

const noise = z
  .union(
    [positive, z.tuple([positive, positive]).refine(([from, to]) => from < to, 'must rise')],
    'expected a positive number, or two that rise',
  )
  .describe(
    'standard deviation of the noise, in the units of the data; two: each observation has its own between ' +
      'them, log-uniform',
  )

/** Which data, and how they are observed. */
export const dataSchema = z.strictObject({
  observations: z
    .string()
    .optional()
    .describe(`observation set (${readExtensions({ several: true }).join(' or ')}) to learn from`),
  clean: z
    .string()
    .optional()
    .describe('clean data: mnist, photos, mri, mri-macaque, manifold, a file, or a folder'),
  split: z.enum(['train', 'test', 'all']).default('train').describe('part of a named data set'),
  count: count.optional().describe('only the first so many'),
  observe: z
    .strictObject({
      operator: operatorSchema.prefault({ kind: 'mask' }),
      noise: noise.default(0.05),
      photons: positive
        .optional()
        .describe('shot noise: counts of an entry of value 1, by its Gaussian approximation'),
      times: count
        .optional()
        .describe(
          'observe each item so often, each time by an operator and with noise of its own (default 1)',
        ),
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

/** How steps are taken, beside what they are: a choice of memory and time. */
export const stepFields = {
  microBatch: count
    .optional()
    .describe(
      'rows of a batch that are computed at once, which bounds the memory of a step: gradients are ' +
        'accumulated, the step is that of the batch, except that BatchNorm (realNvp by bound or exact) ' +
        'looks at the rows of a part (default: the whole batch)',
    ),
  stepsPerRun: count
    .default(1)
    .describe('optimiser steps that one program takes; resume points are at multiples; without microBatch'),
}

/** Refuses those of {@link stepFields} that do not go together. */
export const checkSteps = (
  { microBatch, stepsPerRun }: { readonly microBatch?: number; readonly stepsPerRun: number },
  context: z.RefinementCtx,
): void => {
  if (microBatch !== undefined && stepsPerRun > 1)
    context.addIssue({
      code: 'custom',
      path: ['stepsPerRun'],
      message: 'goes without microBatch: one takes several batches at once, the other a part of one',
    })
}

/** A name with settings, as its reader takes it. */
const named = (read: (text: string) => unknown) =>
  z.string().superRefine((text, context) => {
    try {
      read(text)
    } catch (error) {
      if (!(error instanceof TweedieError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
  })

const train = z
  .strictObject({
    parameterization: named(parameterizationFrom)
      .optional()
      .describe(
        `what the network learns: ${parameterizationNames.join(', ')} (default edm: a network beside a ` +
          'linear part; vp: the noise in variance-preserving coordinates), with settings as in ' +
          'vp:betas=linear:clip=2',
      ),
    batch: count.default(64),
    ...stepFields,
    steps: count.default(1000).describe('optimiser steps (of each lap)'),
    firstSteps: count.optional().describe('steps of the first lap, when they differ'),
    lastSteps: count.optional().describe('steps of the last lap, when they differ'),
    rate: rateSchema.prefault({}),
    ema: z.number().min(0).lt(1).default(0.999).describe('decay of the average of the weights, 0 for none'),
    clip: positive.default(1).describe('largest global gradient norm'),
    weightDecay: z.number().nonnegative().default(0),
    replacement: z.boolean().default(false).describe('draw batches with replacement instead of by epochs'),
    replicas: z
      .int()
      .min(2)
      .max(64)
      .optional()
      .describe('learn: so many train apart, each its share of the steps, and are averaged now and then'),
    rounds: z
      .strictObject({
        steps: count.default(50).describe('of each replica between two averages'),
        rate: positive.default(0.7).describe('of the outer step'),
        momentum: z.number().min(0).lt(1).default(0.9).describe('of the outer step (Nesterov)'),
      })
      .optional()
      .describe('how replicas are averaged (DiLoCo, Douillard et al. 2023)'),
    augment: z
      .strictObject({
        flip: z.boolean().default(false),
        shift: z.int().nonnegative().default(0),
        hue: z.number().min(0).max(0.5).default(0).describe('largest turn of the hue, in circles'),
        saturation: z.number().min(0).max(1).default(0).describe('largest relative change of the saturation'),
      })
      .prefault({}),
  })
  .superRefine(checkSteps)
  .refine(({ replicas, rounds }) => rounds === undefined || replicas !== undefined, {
    path: ['rounds'],
    message: 'are of replicas: set train.replicas',
  })

/** A kind of step with its settings. */
const step = named(stepFrom).describe(
  `how the noise is taken away: ${stepNames.join(', ')}, with settings as in ddim:eta=1`,
)

/** How posteriors are sampled. */
export const samplingSchema = z.strictObject({
  step: step.default('adams'),
  steps: count.default(32),
  grid: named(gridFrom)
    .optional()
    .describe(
      `noise levels of the steps: ${gridNames.join(', ')}, with settings as in karras:rho=5 (default: ` +
        'tapered of multistep kinds, else uniform)',
    ),
  start: z
    .enum(['informed', 'plain'])
    .default('informed')
    .describe('where draws start: what is known at the highest level, or the mean and noise'),
  corrections: count.default(1).describe('pc: Langevin steps after each step'),
  tau: positive.default(0.1).describe('pc: their size'),
  solver: z
    .enum(['auto', 'cg', 'gmres', 'bicgstab', 'steihaug'])
    .default('auto')
    .describe(
      'of MMPS; auto: gmres, preconditioned for blurs and resampling, else cg for one iteration; ' +
        'steihaug: cg that goes no further than V explains, for sharp priors',
    ),
  iterations: count.default(5).describe('iterations of the solver, at most as many as y has entries'),
  tolerance: z.number().nonnegative().default(0).describe('cg, bicgstab: stop at this relative residual'),
  shared: z.boolean().default(false).describe("cg: one step size for the whole batch, as in DiEM's code"),
  covariance: z
    .enum(['tweedie', 'zeros', 'ones', 'cov_t', 'cov_x'])
    .default('tweedie')
    .describe('V[x | xt] inside the linear system'),
})

const gaussian = z.strictObject({
  rank: count
    .optional()
    .describe(
      'rank of the covariance beside its diagonal (default: chosen by held-out entries of masked ' +
        'observations; else a quarter of the values for each entry of x, 64 at most)',
    ),
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
  laps: count.default(8).describe('EM iterations: posterior sampling, then training on the samples'),
  draws: count.default(1).describe('posterior draws of each observation and lap'),
  batch: count.default(128).describe('observations sampled at once'),
  bound: positive.optional().describe('drop samples with a coordinate beyond this (prior units)'),
  refitRank: count.optional().describe('rank of the Gaussian refitted to each lap (default: not refitted)'),
  refitCount: count.optional().describe('samples of a lap that it is refitted to (default: all)'),
  edges: z
    .union([z.literal('auto'), positive])
    .optional()
    .describe(
      'draws of the first lap under total variation of this weight (prior units) instead of the Gaussian; ' +
        'auto: where it predicts held-out measurements better, by a weight that is chosen so',
    ),
  early: z
    .strictObject({
      laps: z
        .int()
        .nonnegative()
        .optional()
        .describe('so many laps after the first, 0 for none (default: all but the last two)'),
      step: step.default('ddim'),
      steps: count.default(20),
    })
    .prefault({})
    .describe(
      'faster, narrower draws of the early laps, which the noise of the Gaussian start leaves sooner',
    ),
  sampling: samplingSchema.prefault({}),
})

const held = z
  .strictObject({
    observations: z
      .int()
      .nonnegative()
      .default(48)
      .describe('observations that are set aside, at most one in eight (0: none)'),
    share: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.2)
      .describe('share of what they saw that is to be predicted, where the gaps of others do not say it'),
    refit: z
      .boolean()
      .default(true)
      .describe('a last lap on all observations, from the best lap or the Gaussian start'),
  })
  .prefault({})
  .describe(
    'learn: what the laps never see, to judge each by; the prior is then made of the best lap, or the ' +
      'Gaussian start',
  )

const monitor = z.strictObject({
  held,
  samples: z.int().nonnegative().default(64).describe('prior samples kept of each lap, for the report'),
  sinkhorn: z
    .int()
    .nonnegative()
    .default(0)
    .describe('points of the Sinkhorn divergence to held-out clean data (0: none)'),
  reg: positive.default(0.05).describe('its entropic regularisation, squared prior units'),
  steps: count.default(32).describe('sampler steps of the prior samples'),
  step: step.default('adams'),
})

/** One experiment. */
export const experimentSchema = z
  .strictObject({
    seed: z.int().nonnegative().default(0),
    learner: z
      .enum(['diem', 'ambient', 'gsure'])
      .optional()
      .describe(
        'learn: by DiEM (default), or of masked observations by AmbientDiffusion or GSURE-Diffusion (of ' +
          'masks of the Fourier plane too), which have no laps',
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
    net: networkSchema,
    start: z
      .string()
      .optional()
      .describe(
        'train: begin with the weights of this prior (run folder or checkpoint; same network, shape and ' +
          'units), such as one learned from observations',
      ),
    schedule: z
      .strictObject({ sigmaMin: positive.default(1e-3), sigmaMax: positive.default(1e2) })
      .prefault({})
      .describe(
        'lowest and highest noise level, in the units of the prior; of train.parameterization: vp only ' +
          'those that its times have',
      ),
    skip: z
      .enum(['white', 'gaussian'])
      .default('white')
      .describe(
        'whose denoiser the network corrects: that of N(0, I), as in EDM, or of the fitted Gaussian, which ' +
          'is then what a network that has learned nothing is',
      ),
    gaussian: gaussian.prefault({}),
    em: em.prefault({}),
    train: train.prefault({}),
    monitor: monitor.prefault({}),
  })
  .describe('An experiment of tweedie: what to learn from which data, and how')

export type Experiment = z.output<typeof experimentSchema>

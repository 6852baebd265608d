/**
 * The configuration of `distill`: one distillation. Its JSON Schema ships as
 * `experiments/distill-schema.json`.
 */
import { z } from 'zod'
import { networkSchema, spatialNetworkSchema } from './network-schema.ts'
import { checkSteps, dataSchema, rateSchema, stepFields } from './schema.ts'

const count = z.int().positive()

const steps = count
  .default(8)
  .describe('steps: two couplings each (realNvp), one of each level (image), one (network)')

const rematerialise = z
  .boolean()
  .optional()
  .describe(
    'training computes each step again for its gradients instead of keeping what is inside it: less ' +
      'memory, about a third more time, the same result (default: false)',
  )

const realNvp = z.strictObject({
  kind: z.literal('realNvp'),
  steps,
  hidden: count.optional().describe('width of the conditioners (default: an eighth of the entries of x)'),
  rematerialise,
  transform: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('affine') }),
      z.strictObject({
        kind: z.literal('spline'),
        bins: count.default(16),
        bound: z.number().positive().default(5).describe('half-width of what is moved'),
      }),
    ])
    .prefault({ kind: 'affine' }),
})
const image = z.strictObject({
  kind: z.literal('image'),
  cells: z
    .array(count)
    .min(1)
    .default([2, 2])
    .describe('for each level, the side of the cells of pixels that become channels'),
  steps,
  hidden: count.default(32).describe('channels of the conditioners'),
  rematerialise,
})
const network = z.strictObject({
  kind: z.literal('network').describe('couplings of networks that know where points lie'),
  features: count
    .default(16)
    .describe('channels that the encoder makes of y and the mean of the base, at least theirs'),
  steps,
  encoder: spatialNetworkSchema.describe('the network that reads y'),
  coupling: spatialNetworkSchema.describe('the network of each coupling'),
  base: z
    .enum(['gaussian', 'white'])
    .optional()
    .describe(
      'what the couplings begin with: the posterior of the Gaussian fit of the prior, for masks and noise ' +
        'alone that the flow is told, else the fit itself (gaussian, the default); white noise (white, and ' +
        'with bounds)',
    ),
})
const gaussian = z.strictObject({ kind: z.literal('gaussian') }).describe('N(M y + b, L Lᵀ), for few entries')
const denoiser = z
  .strictObject({
    kind: z.literal('denoiser'),
    net: networkSchema.describe('the network, over what is known of x, its noise, and the Gaussian fit'),
    steps: count.default(10).describe('steps of a draw; three more evaluations begin and end it'),
    step: z.string().default('dpm').describe('their kind, without noise: dpm, ddim or heun'),
  })
  .describe(
    'E[x given y and a noisy x] itself, for operators that are diagonal on the points of x or of blocks of ' +
      'them: draws of a few evaluations, without a density',
  )

/** What draws: the flows and the denoiser, each with its sizes. */
const flowSchema = z.discriminatedUnion('kind', [realNvp, image, network, gaussian, denoiser])

/** Which fields of an objective say something about it. */
const objectiveFields = {
  samples: ['samples', 'samplerSteps'],
  bound: ['bound', 'start', 'anneal'],
  exact: ['probes', 'fixedProbes', 'tolerance', 'start', 'anneal'],
} as const

const objective = z
  .strictObject({
    prior: z
      .enum(['samples', 'bound', 'exact'])
      .default('samples')
      .describe(
        'samples: learn from simulations of samples of the prior, by the forward divergence; bound, exact: ' +
          'by the reverse divergence of the paper, with log p(x) by the evidence bound, or by the ' +
          'probability-flow ODE (hundreds of times slower, for small signals)',
      ),
    samples: count.optional().describe('samples: how many (default 4096)'),
    samplerSteps: count.optional().describe('samples: steps of the sampler that draws them (default 64)'),
    probes: z
      .int()
      .nonnegative()
      .optional()
      .describe(
        'exact: random vectors that estimate the trace of the Jacobian, others in every step; 0 for the ' +
          'trace itself (default 16)',
      ),
    fixedProbes: z.boolean().optional().describe('exact: the same such vectors in every step (default: no)'),
    tolerance: z
      .number()
      .positive()
      .optional()
      .describe('exact: relative tolerance of the ODE (default 1e-3)'),
    bound: z
      .enum(['score', 'full'])
      .optional()
      .describe('bound: the term of the network alone (score, the default), or with those at both ends'),
    start: z
      .number()
      .positive()
      .lt(1)
      .optional()
      .describe('bound, exact: smallest time of the diffusion (default 1e-3)'),
    anneal: z
      .strictObject({
        rate: z.number().positive().default(0.002),
        pivot: z.number().nonnegative().default(12000).describe('step at which the data weigh one half'),
      })
      .optional()
      .describe(
        'bound, exact: let the weight of the data rise as a sigmoid of the step (default: 1 throughout)',
      ),
  })
  .superRefine((given, context) => {
    const known: readonly string[] = ['prior', ...objectiveFields[given.prior]]
    const stray = Object.keys(given).find((name) => !known.includes(name))
    if (stray)
      context.addIssue({
        code: 'custom',
        path: [stray],
        message: `does not apply to objective.prior: ${given.prior} (${known.join(', ')} do)`,
      })
  })

const train = z
  .strictObject({
    batch: count.optional().describe('rows of a step (default: 64, 16 of flows of networks)'),
    ...stepFields,
    steps: count.default(5000).describe('optimiser steps'),
    rate: rateSchema.prefault({ from: 1e-3, warmUp: 100 }),
    clip: z.number().positive().default(1).describe('largest global gradient norm'),
    replacement: z.boolean().default(false).describe('draw batches with replacement instead of by epochs'),
  })
  .superRefine(checkSteps)

/** One distillation. */
export const distillSchema = z
  .strictObject({
    seed: z.int().nonnegative().default(0),
    prior: z.string().describe('run folder or checkpoint of the prior'),
    data: dataSchema.prefault({}),
    condition: z
      .enum(['parameters', 'y'])
      .default('parameters')
      .describe(
        'condition of the flow: y and what differs between observations (masks, projections), or y alone',
      ),
    blind: z
      .boolean()
      .default(false)
      .describe('observations made with blind: train on the true parameters, which are not in its condition'),
    measurement: z
      .int()
      .nonnegative()
      .optional()
      .describe('a flow of this row of the observations alone, without condition (default: one flow of all)'),
    flow: flowSchema
      .optional()
      .describe('what draws (default: a flow, by the shape of the signals and the network of the prior)'),
    bounds: z
      .tuple([z.number(), z.number()])
      .optional()
      .describe('keep draws between these values, in the units of the data (default: anywhere)'),
    objective: objective.prefault({}),
    train: train.prefault({}),
    trust: z
      .strictObject({
        observations: z
          .int()
          .nonnegative()
          .optional()
          .describe(
            'of data.clean, items after the first data.count, or the last ones, that are not learned from ' +
              '(0: none; default: up to 256 of those after data.count)',
          ),
        split: z.enum(['val']).optional().describe('take them from this part of a named data set instead'),
        times: count
          .optional()
          .describe('how often each item is observed, by masks and noise of its own (default 1)'),
        draws: z.int().min(19).optional().describe('draws of each (default 39)'),
        beside: count
          .optional()
          .describe(
            'restore so many of these observations by MMPS with the prior too, 19 draws of each (default: ' +
              'none); takes as long as `sample` of them',
          ),
      })
      .optional()
      .describe('how far to trust the sampler, for its manifest: coverage, PSNR, residuals'),
    export: z
      .strictObject({ draws: count.default(16).describe('draws that one run of sampler.onnx makes') })
      .prefault({}),
  })
  .describe(
    'A distillation of tweedie: which prior becomes a sampler of one or few steps of which measurements',
  )

export type Distillation = z.output<typeof distillSchema>

/** What the learners learn from, with what, for how long; and how they are judged. */
import { join } from 'node:path'
import { diemOptionsOf, networkConfigOf, trainingOf } from '../../src/cli/config/building.ts'
import { loadConfig } from '../../src/cli/config/config.ts'
import { type Experiment, experimentSchema } from '../../src/cli/config/schema.ts'
import { loadMnist } from '../../src/datasets/index.ts'
import {
  ddim,
  exponentialSchedule,
  heun,
  karrasGrid,
  type SamplerOptions,
} from '../../src/diffusion/index.ts'
import { TweedieError } from '../../src/error.ts'
import { type MaskedRows, maskedRows, type ObservationSet, observe } from '../../src/observations/index.ts'
import { applyAffine, toPrior } from '../../src/operators/index.ts'
import type { NdArray, Shape } from '../../src/tensor/index.ts'

/** Names of the budgets. */
export const budgets = ['quick', 'full'] as const
export type Budget = (typeof budgets)[number]

/**
 * Three pixels in four deleted, as in the demo; less noise on the others, since AmbientDiffusion knows of
 * none.
 */
const KEEP = 0.25
const NOISE = 0.01

/** The learning of each budget is that of a shipped experiment, but for these fields. */
const recipes: Readonly<Record<Budget, { config: string; overrides: readonly string[] }>> = {
  quick: { config: 'demo-quick.yaml', overrides: [] },
  full: {
    config: 'demo.yaml',
    overrides: ['data.count=1000', 'em.laps=8', 'train.firstSteps=250', 'train.steps=200'],
  },
}

/** How much is judged: prior samples, restored test digits, draws of each. */
const judged: Readonly<Record<Budget, { samples: number; restored: number; draws: number }>> = {
  quick: { samples: 200, restored: 20, draws: 4 },
  full: { samples: 1000, restored: 100, draws: 8 },
}

/** Digits of a task: the truth in [0, 1], and what was observed of them. */
interface Observed {
  readonly truth: NdArray<'float32'>
  readonly set: ObservationSet
}

/** A comparison: everything that all learners share. */
export interface Plan {
  readonly budget: Budget
  readonly experiment: Experiment
  /** Optimiser steps of every learner. */
  readonly steps: number
  readonly event: Shape
  /** Training observations. */
  readonly set: ObservationSet
  /** The same in prior units, for learners of masked observations. */
  readonly rows: MaskedRows
  /** The clean training digits, prior units: for the oracle alone. */
  readonly clean: NdArray<'float32'>
  readonly test: Observed
  readonly samples: number
  readonly draws: number
}

const observed = async (split: 'train' | 'test', count: number, seed: number): Promise<Observed> => {
  const truth = loadMnist({ split, count }).images
  return {
    truth,
    set: await observe(truth, {
      operator: { name: 'mask', settings: { keep: KEEP } },
      noise: NOISE,
      seed,
    }),
  }
}

/** The plan of a budget. */
export const planOf = async (budget: Budget): Promise<Plan> => {
  const { config, overrides } = recipes[budget]
  const path = join(import.meta.dirname, '../../experiments', config)
  const experiment = loadConfig(experimentSchema, path, [...overrides, `data.observe.noise=${NOISE}`])
  const { train, em, data } = experiment
  if (data.count === undefined || data.observe === undefined) {
    throw new TweedieError('input', `${path}: expected 'data.count' and 'data.observe'`)
  }
  const { truth, set } = await observed('train', data.count, data.observe.seed)
  const { samples, restored, draws } = judged[budget]
  return {
    budget,
    experiment,
    steps: (train.firstSteps ?? train.steps) + (em.laps - 1) * train.steps,
    event: truth.shape.slice(1),
    set,
    rows: maskedRows(set),
    clean: applyAffine(toPrior([0, 1]), truth),
    test: await observed('test', restored, 1000),
    samples,
    draws,
  }
}

/** The network of the comparison; the masked denoiser takes twice the channels. */
export const networkOf = ({ experiment, event: [c, h, w] }: Plan, channels = 1) =>
  networkConfigOf(experiment, [channels * c, h, w])

/** DiEM's options. */
export const diemOf = ({ experiment }: Plan) => diemOptionsOf(experiment)

/** Training without laps: all steps in one go, the rate falling once. */
export const plainTrainingOf = ({ experiment, steps }: Plan) => trainingOf(experiment, steps)

/**
 * EDM's sampler (Karras et al. 2022), the same for every prior: 18 steps of Heun, 35 evaluations and a last
 * one.
 */
export const priorSampling = (sigmaMin: number, sigmaMax: number): SamplerOptions => {
  const schedule = exponentialSchedule({ sigmaMin, sigmaMax })
  return { schedule, grid: karrasGrid(schedule, 18), step: heun() }
}

/** The sampler of the posterior. */
export const posteriorSampling = (sigmaMin: number, sigmaMax: number): SamplerOptions => ({
  schedule: exponentialSchedule({ sigmaMin, sigmaMax }),
  steps: 20,
  step: ddim(),
})

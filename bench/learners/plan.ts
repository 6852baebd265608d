/** What the learners learn from, with what, for how long; and how they are judged. */
import { join } from 'node:path'
import { diemOptionsOf, networkConfigOf, trainingOf } from '../../src/cli/config/building.ts'
import { loadConfig } from '../../src/cli/config/config.ts'
import { type Experiment, experimentSchema } from '../../src/cli/config/schema.ts'
import {
  ddim,
  exponentialSchedule,
  heun,
  karrasGrid,
  type SamplerOptions,
} from '../../src/diffusion/index.ts'
import { type MaskedRows, maskedRows, type ObservationSet, observe } from '../../src/observations/index.ts'
import { applyAffine, toPrior } from '../../src/operators/index.ts'
import type { NdArray, Shape } from '../../src/tensor/index.ts'
import { type Budget, type SubjectName, subjects } from './subjects.ts'

/** What is compared. */
export interface Asked {
  readonly budget: Budget
  readonly data: SubjectName
  /** Share of the pixels that is observed, in (0, 1). */
  readonly keep: number
}

/** Images of a task: the truth in [0, 1], and what was observed of them. */
interface Observed {
  readonly truth: NdArray<'float32'>
  readonly set: ObservationSet
}

/** A comparison: everything that all learners share. */
export interface Plan extends Asked {
  readonly experiment: Experiment
  /** Optimiser steps of every learner. */
  readonly steps: number
  readonly event: Shape
  /** Training observations. */
  readonly set: ObservationSet
  /** The same in prior units, for learners of masked observations. */
  readonly rows: MaskedRows
  /** The clean training images, prior units: for the oracle alone. */
  readonly clean: NdArray<'float32'>
  readonly test: Observed
  readonly samples: number
  readonly draws: number
  /** Steps of a restoration. */
  readonly restoring: number
}

const observed = async (
  { data, keep }: Asked,
  split: 'train' | 'test',
  { count, seed }: { count: number; seed: number },
): Promise<Observed> => {
  const { images, noise } = subjects[data]
  const truth = images(split, count)
  return { truth, set: await observe(truth, { operator: { name: 'mask', settings: { keep } }, noise, seed }) }
}

/** Optimiser steps of all laps together. */
const stepsOf = (experiment: Experiment): number => {
  const { laps, steps } = diemOptionsOf(experiment)
  return Array.from({ length: laps }, (_, lap) => steps(lap)).reduce((a, b) => a + b)
}

/** The plan of a budget. */
export const planOf = async (asked: Asked): Promise<Plan> => {
  const { config, overrides, count, judged, restoring } = subjects[asked.data].recipes[asked.budget]
  const path = join(import.meta.dirname, '../../experiments', config)
  const experiment = loadConfig(experimentSchema, path, [...overrides])
  const { truth, set } = await observed(asked, 'train', { count, seed: 1 })
  const { samples, restored, draws } = judged
  return {
    ...asked,
    experiment,
    steps: stepsOf(experiment),
    event: truth.shape.slice(1),
    set,
    rows: maskedRows(set),
    clean: applyAffine(toPrior([0, 1]), truth),
    test: await observed(asked, 'test', { count: restored, seed: 1000 }),
    samples,
    draws,
    restoring,
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
export const posteriorSampling = (
  { restoring }: Plan,
  { sigmaMin, sigmaMax }: { readonly sigmaMin: number; readonly sigmaMax: number },
): SamplerOptions => ({
  schedule: exponentialSchedule({ sigmaMin, sigmaMax }),
  steps: restoring,
  step: ddim(),
})

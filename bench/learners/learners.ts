/** The learners by name: from the same observations, the same network and as many optimiser steps, to a prior. */
import { exponentialSchedule, standardGaussian } from '../../src/diffusion/index.ts'
import { cg, gmres, type Solver } from '../../src/linalg/index.ts'
import { network } from '../../src/nn/index.ts'
import {
  type ConditionalCovariance,
  mmps,
  onesCovariance,
  timeCovariance,
  tweedieCovariance,
} from '../../src/posterior/index.ts'
import type { LongCall } from '../../src/progress.ts'
import { stream } from '../../src/random/index.ts'
import { type LearnedPrior, learn, type Run, savePrior, train } from '../../src/run/index.ts'
import { sizeOf } from '../../src/tensor/index.ts'
import { ambientObjective } from '../../src/training/ambient.ts'
import { gsureObjective } from '../../src/training/gsure.ts'
import { trainObjective } from './objective-run.ts'
import { diemOf, networkOf, type Plan, plainTrainingOf } from './plan.ts'

/** One learner. */
export interface LearnerKind {
  readonly name: string
  /** What it is, for the table. */
  readonly title: string
  /** Whether its network sees a mask beside xt. */
  readonly masked: boolean
  /** Learns in a run folder, from where the folder stands; keeps the prior there. */
  fit(run: Run, plan: Plan, call: LongCall): Promise<LearnedPrior>
}

const diem = (
  name: string,
  title: string,
  covariance: ConditionalCovariance,
  solve: Solver = cg({ iterations: 1 }),
): LearnerKind => ({
  name,
  title: `DiEM, V = ${title}`,
  masked: false,
  fit: (run, plan, call) => {
    const { set, event, experiment } = plan
    const posterior: ReturnType<typeof diemOf>['posterior'] = mmps({ covariance, solve })
    return learn(run, {
      net: networkOf(plan),
      set,
      range: [0, 1],
      event,
      ...experiment.schedule,
      options: { ...diemOf(plan), posterior },
      ...call,
    })
  },
})

/** Keeps weights that were trained without laps. Samplers start from zero: no Gaussian was fitted. */
const keep = (
  run: Run,
  plan: Plan,
  prior: Pick<LearnedPrior, 'net' | 'params' | 'sigmaMin' | 'sigmaMax'>,
): LearnedPrior => {
  const gaussian = standardGaussian(sizeOf(plan.event))
  const learned: LearnedPrior = { ...prior, gaussian, event: plan.event, range: [0, 1], laps: 0 }
  savePrior(run, 'prior', learned)
  return learned
}

const ambient: LearnerKind = {
  name: 'ambient',
  title: 'AmbientDiffusion, δ = 0.1',
  masked: true,
  fit: async (run, plan, call) => {
    const { seed, schedule } = plan.experiment
    const net = networkOf(plan, 2)
    const objective = ambientObjective(
      network(net),
      { y: plan.set.y, mask: plan.mask },
      { delta: DELTA, sigma: exponentialSchedule(schedule).sigma },
      (purpose) => stream(seed, `ambient ${purpose}`),
    )
    const { steps } = plan
    const params = await trainObjective(run, {
      net,
      objective,
      options: plainTrainingOf(plan),
      steps,
      seed,
      ...call,
    })
    return keep(run, plan, { net, params, ...schedule })
  },
}

/** δ of AmbientDiffusion: the share of the observed pixels that it deletes further. */
export const DELTA = 0.1

const gsure: LearnerKind = {
  name: 'gsure',
  title: 'GSURE-Diffusion',
  masked: false,
  fit: async (run, plan, call) => {
    const { seed, schedule } = plan.experiment
    const { noise, y } = plan.set
    const net = networkOf(plan)
    // Levels below the noise of the observations cannot be made from them.
    const levels = { ...schedule, sigmaMin: Math.max(schedule.sigmaMin, noise) }
    const objective = gsureObjective(
      network(net),
      { y, mask: plan.mask },
      { noise, sigma: exponentialSchedule(levels).sigma },
      (purpose) => stream(seed, `gsure ${purpose}`),
    )
    const { steps } = plan
    const params = await trainObjective(run, {
      net,
      objective,
      options: plainTrainingOf(plan),
      steps,
      seed,
      ...call,
    })
    return keep(run, plan, { net, params, ...levels })
  },
}

const oracle: LearnerKind = {
  name: 'oracle',
  title: 'oracle, from the clean digits',
  masked: false,
  fit: (run, plan, call) => {
    const { experiment, clean, steps } = plan
    const { schedule, seed } = experiment
    return train(run, {
      net: networkOf(plan),
      x: clean,
      range: [0, 1],
      options: plainTrainingOf(plan),
      steps,
      ...schedule,
      seed,
      ...call,
    })
  },
}

/** All learners, in the order of the table. */
export const learners: readonly LearnerKind[] = [
  diem('tweedie', 'Tweedie', tweedieCovariance),
  diem('tweedie-3', 'Tweedie, three GMRES iterations', tweedieCovariance, gmres({ iterations: 3 })),
  diem('ones', '(I + Σt⁻¹)⁻¹', onesCovariance),
  diem('cov_t', 'Σt', timeCovariance),
  ambient,
  gsure,
  oracle,
]

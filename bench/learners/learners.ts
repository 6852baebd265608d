/**
 * The learners by name: from the same observations, the same network and as many optimiser steps, to a prior.
 */
import { cg, gmres, type Solver } from '../../src/linalg/index.ts'
import {
  type ConditionalCovariance,
  mmps,
  onesCovariance,
  timeCovariance,
  tweedieCovariance,
} from '../../src/posterior/index.ts'
import type { LongCall } from '../../src/progress.ts'
import {
  type LearnedPrior,
  learn,
  learnMasked,
  type MaskedLearner,
  type Run,
  train,
} from '../../src/run/index.ts'
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
    const { set, experiment } = plan
    const method = () => mmps({ covariance, solve })
    return learn(run, {
      net: networkOf(plan),
      set,
      ...experiment.schedule,
      options: { ...diemOf(plan), method },
      ...call,
    })
  },
})

/** A learner of masked observations, without laps. */
const masked = (learner: MaskedLearner, title: string): LearnerKind => ({
  name: learner.kind,
  title,
  masked: learner.kind === 'ambient',
  fit: (run, plan, call) =>
    learnMasked(run, {
      learner,
      net: networkOf(plan, learner.kind === 'ambient' ? 2 : 1),
      rows: plan.rows,
      range: [0, 1],
      options: plainTrainingOf(plan),
      steps: plan.steps,
      ...plan.experiment.schedule,
      seed: plan.experiment.seed,
      ...call,
    }),
})

const oracle: LearnerKind = {
  name: 'oracle',
  title: 'oracle, from the clean images',
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
  masked({ kind: 'ambient', delta: 0.1 }, 'AmbientDiffusion, δ = 0.1'),
  masked({ kind: 'gsure' }, 'GSURE-Diffusion'),
  oracle,
]

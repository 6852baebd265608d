/** The samplers of the table: kinds of steps, and how many of each fit into so many evaluations. */
import { type Start, type Step, startEvaluations, stepFrom } from '../../src/diffusion/index.ts'

/** One row of the table. */
export interface Contender {
  /** As `tweedie sample --step` has it. */
  readonly text: string
  readonly step: Step
  readonly start: Start
}

const contender = (text: string, start: Start = 'informed'): Contender => ({
  text,
  step: stepFrom(text),
  start,
})

/** Every kind of step; those of version 0.1 from its start too. */
export const contenders: readonly Contender[] = [
  contender('ddpm', 'plain'),
  contender('ddim', 'plain'),
  contender('heun', 'plain'),
  contender('pc', 'plain'),
  contender('ddim'),
  contender('heun'),
  contender('heun:churn=0.1'),
  contender('dpm'),
  contender('dpm:stochasticity=1'),
  contender('adams:stochasticity=0'),
  contender('adams:stochasticity=0.5'),
  contender('adams:stochasticity=0.9'),
  contender('adams:stochasticity=1'),
]

/** Steps of a contender in so many evaluations: those of its start and the last denoise count. */
export const stepsOf = ({ step, start }: Contender, evaluations: number): number =>
  Math.floor((evaluations - 1 - startEvaluations(start)) / step.evaluations)

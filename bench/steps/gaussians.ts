/** Exact errors on Gaussian problems: E13, by kind of step and evaluations. */
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { type Problem, problems, SIZE } from '../../test/exact/circulant.ts'
import { samplerMoments } from '../../test/exact/sampler-moments.ts'
import { guided, relativeDistance, varianceRatio } from '../../test/exact/sampling.ts'
import { type Contender, stepsOf } from './contenders.ts'

/** Bures error relative to the posterior's spread, and the ratio of variances. */
export interface GaussianReading {
  readonly problem: string
  readonly step: string
  readonly start: string
  readonly evaluations: number
  readonly distance: number
  readonly ratio: number
}

const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 50 })

/** Stochastic samplers take a batch that grows with the steps. */
const MOST_STOCHASTIC = 64

const reading = async (
  problem: Problem,
  contender: Contender,
  evaluations: number,
): Promise<GaussianReading> => {
  const { step, start, text } = contender
  const output = await samplerMoments(
    guided(problem),
    { n: SIZE, m: problem.A.rows },
    { schedule, step, start, steps: stepsOf(contender, evaluations) },
  )
  return {
    problem: problem.name,
    step: text,
    start,
    evaluations,
    distance: relativeDistance(problem, output),
    ratio: varianceRatio(problem, output),
  }
}

/** Every kind of step by evaluations, with an exact solve; the problem with a mask. */
export const byEvaluations = async (
  contenders: readonly Contender[],
  counts: readonly number[],
  onReading: (reading: GaussianReading) => void,
): Promise<void> => {
  const [, problem] = problems()
  for (const contender of contenders)
    for (const evaluations of counts)
      if (contender.step.noises === 0 || evaluations <= MOST_STOCHASTIC)
        onReading(await reading(problem, contender, evaluations))
}

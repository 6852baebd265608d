/** Exact errors on Gaussian problems: E13, by kind of step and evaluations, and by iterations of MMPS. */
import { exponentialSchedule, gaussianDenoiser } from '../../src/diffusion/index.ts'
import { isotropicNoise, projection } from '../../src/operators/index.ts'
import { mmps } from '../../src/posterior/index.ts'
import { constant, ndarray, type Tensor } from '../../src/tensor/index.ts'
import { prior, problems, SIZE } from '../../test/exact/circulant.ts'
import { samplerMoments } from '../../test/exact/sampler-moments.ts'
import { guided, relativeDistance, varianceRatio } from '../../test/exact/sampling.ts'
import { type Contender, stepsOf } from './contenders.ts'

/** Bures error relative to the posterior's spread, and the ratio of variances. */
export interface GaussianReading {
  readonly problem: string
  readonly step: string
  readonly start: string
  readonly iterations: number | 'exact'
  readonly evaluations: number
  readonly distance: number
  readonly ratio: number
}

const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 50 })

/** Stochastic samplers take a batch that grows with the steps. */
const MOST_STOCHASTIC = 64

type Problem = ReturnType<typeof problems>[number]

const guideOf = (problem: Problem, iterations: number | 'exact') => {
  if (iterations === 'exact') return guided(problem)
  const { A, noise } = problem
  return (y: Tensor) => {
    const matrix = constant(ndarray(A.to1DArray(), [1, A.rows, A.columns], 'float64'))
    const observation = { y, A: projection(matrix), noise: isotropicNoise(noise) }
    return mmps({ iterations })(gaussianDenoiser(prior()), observation)
  }
}

const reading = async (
  problem: Problem,
  contender: Contender,
  evaluations: number,
  iterations: number | 'exact',
): Promise<GaussianReading> => {
  const { step, start, text } = contender
  const output = await samplerMoments(
    guideOf(problem, iterations),
    { n: SIZE, m: problem.A.rows },
    { schedule, step, start, steps: stepsOf(contender, evaluations) },
  )
  return {
    problem: problem.name,
    step: text,
    start,
    iterations,
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
        onReading(await reading(problem, contender, evaluations, 'exact'))
}

/** One kind of step on every problem, by the iterations of MMPS's solver. */
export const byIterations = async (
  contender: Contender,
  evaluations: number,
  onReading: (reading: GaussianReading) => void,
): Promise<void> => {
  for (const problem of problems())
    for (const iterations of [1, 2, 3, 5, 8, 'exact'] as const)
      onReading(await reading(problem, contender, evaluations, iterations))
}

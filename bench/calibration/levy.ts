/** Lévy signals, every entry seen with noise. */
import { coverage, energyScore } from '../../src/diagnose/index.ts'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { identity, isotropicNoise } from '../../src/operators/index.ts'
import { compileMethod } from '../../src/posterior/index.ts'
import { average, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { LENGTH, regionShare } from '../../test/exact/levy/levy.ts'
import { sparseWalks } from '../../test/exact/levy/sparse-levy.ts'
import type { Contender } from './contenders.ts'
import { DRAWS, gaussianWalk, type LevyProblem, sparseWalk } from './levy-problems.ts'
import { failure, type Reading } from './reading.ts'

type Draws = readonly (readonly number[])[]

const stacked = (draws: Draws) => ndarray(draws.flat(), [draws.length, draws[0].length / LENGTH, LENGTH])

const meanOf = (draws: Draws): number[] =>
  Array.from(draws[0], (_, i) => draws.reduce((sum, d) => sum + d[i], 0) / draws.length)

/** Root mean square of the error of the mean of the draws, in posterior standard deviations of exact ones. */
const meanError = ({ mean, gold }: LevyProblem, draws: Draws): number => {
  const centre = meanOf(gold)
  const squares = gold.reduce((sum, d) => sum + d.reduce((s, v, i) => s + (v - centre[i]) ** 2, 0), 0)
  const variance = squares / (DRAWS - 1) / mean.length
  return Math.sqrt(average(meanOf(draws).map((v, i) => (v - mean[i]) ** 2)) / variance)
}

/** How much worse the mean of the draws is than E[x | y]: mean over signals of the ratio of MSEs, in dB. */
const optimalityGap = ({ mean, x }: LevyProblem, draws: Draws): number => {
  const errors = (estimate: readonly number[]): number[] =>
    Array.from({ length: x.length / LENGTH }, (_, s) => {
      let sum = 0
      for (let i = s * LENGTH; i < (s + 1) * LENGTH; i++) sum += (estimate[i] - x[i]) ** 2
      return sum
    })
  const best = errors(mean)
  return average(errors(meanOf(draws)).map((own, s) => 10 * Math.log10(own / best[s])))
}

/** What is read off draws. */
const judged = (problem: LevyProblem, draws: Draws) => {
  const { x, y, gold, energy, resolution } = problem
  const truth = ndarray([...x], [x.length / LENGTH, LENGTH])
  const all = stacked(draws)
  const [half, most] = coverage(all, truth, { resolution }).map((c) => c.observed)
  return {
    distance: meanError(problem, draws),
    ...{ half, most },
    region: regionShare(energy, draws, x, y),
    score: average(energyScore(all, truth)) / average(energyScore(stacked(gold), truth)) - 1,
    gap: optimalityGap(problem, draws),
  }
}

/** Draws of a contender. */
const drawn = async ({ prior, noise, y }: LevyProblem, { method, options }: Contender) => {
  const observationOf = (o: { y: Tensor }) => ({
    y: o.y,
    A: identity([LENGTH]),
    noise: isotropicNoise(noise),
  })
  const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 100 })
  const draw = compileMethod(method, prior, observationOf, { schedule, ...options })
  const shape = [y.length / LENGTH, LENGTH]
  const from = performance.now()
  const draws: number[][] = []
  for (let k = 0; k < DRAWS; k++) {
    draws.push(toNumbers(await draw({ y: ndarray([...y], shape) }, { shape, seed: 1, draw: k })))
  }
  const milliseconds = (performance.now() - from) / (DRAWS * shape[0])
  await draw.release()
  return { draws, milliseconds }
}

const onProblem = async (
  problem: LevyProblem,
  evaluations: number,
  onReading: (reading: Reading) => void,
): Promise<void> => {
  const exactly = judged(problem, problem.gold)
  const shared = { problem: problem.name, floor: exactly.distance }
  onReading({
    ...shared,
    ...exactly,
    ...{ method: 'exact draws', evaluations: 0, milliseconds: problem.goldMilliseconds },
  })
  for (const contender of problem.contenders(evaluations)) {
    const base = { ...shared, method: contender.name, evaluations: contender.evaluations }
    try {
      const { draws, milliseconds } = await drawn(problem, contender)
      onReading({ ...base, ...judged(problem, draws), milliseconds })
    } catch (error) {
      onReading(failure(base, error))
    }
  }
}

/** A part of the bench: a problem, every contender. */
const part =
  (problem: () => Promise<LevyProblem>) =>
  async (evaluations: number, onReading: (reading: Reading) => void): Promise<void> =>
    onProblem(await problem(), evaluations, onReading)

export const onWalks = part(gaussianWalk)

const [laplace, bernoulliLaplace] = sparseWalks
export const onLaplaceWalks = part(() => sparseWalk(laplace))
export const onBernoulliLaplaceWalks = part(() => sparseWalk(bernoulliLaplace))

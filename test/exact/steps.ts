/** E13: samplers by evaluations; what users get by default keeps the spread. E15: density regions. */
import {
  adams,
  exponentialSchedule,
  gaussianDenoiser,
  type SamplerOptions,
  startEvaluations,
} from '../../src/diffusion/index.ts'
import { identity, isotropicNoise } from '../../src/operators/index.ts'
import { compileMethod, mmps } from '../../src/posterior/index.ts'
import { ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { type Problem, problems, SIZE } from './circulant.ts'
import { atMost, between, type Gate } from './gate.ts'
import { LENGTH, NOISE, regionShare, walkEnergy, walkPrior, walks } from './levy/levy.ts'
import { samplerMoments } from './sampler-moments.ts'
import { guided, relativeDistance, varianceRatio } from './sampling.ts'

const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 50 })

/** Distance and ratio of variances of a sampler on a problem, with an exact solve. */
export const errorsOf = async (
  problem: Problem,
  options: SamplerOptions & Required<Pick<SamplerOptions, 'step' | 'steps'>>,
) => {
  const output = await samplerMoments(
    guided(problem),
    { n: SIZE, m: problem.A.rows },
    { schedule, ...options },
  )
  return { distance: relativeDistance(problem, output), ratio: varianceRatio(problem, output) }
}

/** Steps of the default kind in so many evaluations: some make the start, one the last denoise. */
const stepsIn = (evaluations: number): number => evaluations - 1 - startEvaluations('informed')

const [SIGNALS, DRAWS] = [400, 39] as const

/** Share of the truths in the 90 % highest-density region of the default sampler's draws. */
const regionCoverage = async (): Promise<number> => {
  const { x, y } = walks(SIGNALS)
  const draw = compileMethod(
    mmps(),
    gaussianDenoiser(walkPrior()),
    (o: { y: Tensor }) => ({ y: o.y, A: identity([LENGTH]), noise: isotropicNoise(NOISE) }),
    { schedule: exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 100 }) },
  )
  const draws: number[][] = []
  for (let k = 0; k < DRAWS; k++) {
    const given = { y: ndarray(y, [SIGNALS, LENGTH]) }
    draws.push(toNumbers(await draw(given, { shape: [SIGNALS, LENGTH], seed: 1, draw: k })))
  }
  await draw.release()
  return regionShare(walkEnergy, draws, x, y)
}

/** E13 and E15 for the default sampler. */
export const stepGates = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const problem of problems()) {
    for (const [evaluations, limit] of [
      [32, 0.02],
      [128, 0.005],
    ] as const) {
      const { distance, ratio } = await errorsOf(problem, { step: adams(), steps: stepsIn(evaluations) })
      gates.push(atMost(`E13 adams, ${evaluations} evaluations, ${problem.name}`, distance, limit))
      gates.push(between(`E13 variance, ${evaluations} evaluations, ${problem.name}`, ratio, 0.97, 1.03))
    }
    const flow = { step: adams({ stochasticity: 0 }), steps: 125 }
    const plain = await errorsOf(problem, { ...flow, start: 'plain' })
    const informed = await errorsOf(problem, flow)
    gates.push(
      atMost(
        `E13 floor of the start, informed over plain, ${problem.name}`,
        informed.distance,
        0.2 * plain.distance,
      ),
    )
  }
  gates.push(between('E15 Levy signals, 90 % density region', await regionCoverage(), 0.85, 0.95))
  return gates
}

/** Sliced Wasserstein distance on mixtures, by kind of step, evaluations and method. */
import { exponentialSchedule, sampler } from '../../src/diffusion/index.ts'
import { cg } from '../../src/linalg/index.ts'
import { exact, mmps } from '../../src/posterior/index.ts'
import { mixtureProblems, noiseOf } from '../../test/exact/mixtures.ts'
import { exactDraws, expressed, type MixtureProblem, matrixOf, slicedDistance } from '../../test/exact/smc.ts'
import { type Contender, stepsOf } from './contenders.ts'

/** Sliced W1 to the exact posterior, and that of another exact sample. */
export interface CloudReading {
  readonly problem: string
  readonly method: 'exact' | 'mmps'
  readonly step: string
  readonly start: string
  readonly evaluations: number
  readonly distance: number
  readonly floor: number
}

const POINTS = 4096

const schedule = exponentialSchedule({ sigmaMin: 1e-2, sigmaMax: 20 })

const cloud = async (
  problem: MixtureProblem,
  method: CloudReading['method'],
  contender: Contender,
  evaluations: number,
) => {
  const { mixture, prior, observationOf, y } = expressed(problem)
  const guide = method === 'exact' ? exact(mixture) : mmps({ solve: cg({ iterations: problem.A.rows }) })
  const draw = sampler((o: Parameters<typeof observationOf>[0]) => guide(prior, observationOf(o)), {
    schedule,
    step: contender.step,
    start: contender.start,
    steps: stepsOf(contender, evaluations),
  })
  const shape = [POINTS, problem.A.columns] as const
  const x = await draw({ y: y(POINTS) }, { shape, noise: noiseOf(1, shape) })
  await draw.release()
  return { x: matrixOf(x) }
}

/** Both methods on both mixtures. */
export const onMixtures = async (
  contenders: readonly Contender[],
  counts: readonly number[],
  onReading: (reading: CloudReading) => void,
): Promise<void> => {
  for (const problem of mixtureProblems()) {
    const truth = { x: exactDraws(problem, POINTS, 1) }
    const floor = slicedDistance({ x: exactDraws(problem, POINTS, 2) }, truth)
    for (const method of ['exact', 'mmps'] as const)
      for (const contender of contenders)
        for (const evaluations of counts) {
          const distance = slicedDistance(await cloud(problem, method, contender, evaluations), truth)
          const { text: step, start } = contender
          onReading({ problem: problem.name, method, step, start, evaluations, distance, floor })
        }
  }
}

/**
 * What the iterations of MMPS's solver leave out, on Gaussian problems. A solver that stops early is not
 * linear in y, so unit vectors do not tell what a sampler draws: observations are drawn from the model, and
 * each draw is held against that of an exact solve with the same noise.
 */
import { exponentialSchedule, gaussianDenoiser, sampler } from '../../src/diffusion/index.ts'
import { exactSolve, type Solver } from '../../src/linalg/index.ts'
import { isotropicNoise, separable } from '../../src/operators/index.ts'
import { mmps, solverOf } from '../../src/posterior/index.ts'
import { ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { drawn, type Problem, posterior, prior, problems, SIZE } from '../../test/exact/circulant.ts'
import { type Contender, stepsOf } from './contenders.ts'

/** What so many iterations leave out. */
export interface SolverReading {
  readonly problem: string
  readonly iterations: number
  /** Root mean square distance to the draws of an exact solve, in units of the posterior's spread √tr C. */
  readonly distance: number
  /** The same without the preconditioner. */
  readonly plain: number
}

const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 50 })

const DRAWS = 512

/** One draw for each of many y. */
const drawsBy = async (
  problem: Problem,
  contender: Contender,
  evaluations: number,
  options: { readonly solve?: Solver; readonly iterations?: number },
): Promise<number[]> => {
  const { A: matrix, noise } = problem
  const A = separable(problem.name, [ndarray(matrix.to1DArray(), [matrix.rows, SIZE], 'float64')], [1, SIZE])
  const y = Array.from({ length: DRAWS }, (_, i) => drawn(problem, i)).flat()
  const { step, start } = contender
  const draw = sampler(
    (o: { y: Tensor }) =>
      mmps(options)(gaussianDenoiser(prior()), { y: o.y, A, noise: isotropicNoise(noise) }),
    { schedule, step, start, steps: stepsOf(contender, evaluations) },
  )
  const shape = [DRAWS, 1, SIZE]
  const x = await draw({ y: ndarray(y, [DRAWS, 1, matrix.rows], 'float32') }, { shape, seed: 0 })
  await draw.release()
  return toNumbers(x)
}

/** One kind of step on every problem, by the iterations of MMPS's solver. */
export const byIterations = async (
  contender: Contender,
  evaluations: number,
  onReading: (reading: SolverReading) => void,
): Promise<void> => {
  for (const problem of problems()) {
    const exact = await drawsBy(problem, contender, evaluations, { solve: exactSolve() })
    const spread = Math.sqrt(DRAWS * posterior(problem).C.trace())
    const distance = async (options: Parameters<typeof drawsBy>[3]): Promise<number> => {
      const x = await drawsBy(problem, contender, evaluations, options)
      return Math.hypot(...x.map((v, i) => v - exact[i])) / spread
    }
    for (const iterations of [1, 2, 3, 5, 8])
      onReading({
        ...{ problem: problem.name, iterations },
        distance: await distance({ iterations }),
        plain: await distance({ solve: solverOf(Math.min(iterations, problem.A.rows)) }),
      })
  }
}

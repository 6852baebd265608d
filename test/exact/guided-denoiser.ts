/** The guided denoiser itself: E[x | xt, y] of a Gaussian prior at every noise level. */
import { Matrix } from 'ml-matrix'
import { exact } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { full, jit, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { drawn, guidedTruth, type Problem, prior, problems, SIZE } from './circulant.ts'
import { atMost, type Gate } from './gate.ts'
import { type Guide, guided } from './sampling.ts'

/** From σ_min to twice the σ_max of the gates. */
const levels = [1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10, 30, 100] as const

const DRAWS = 4

/** Largest |D_y − E[x | xt, y]| over draws of (xt, y), for each noise level. */
export const guidedErrors = async (problem: Problem, guide?: Guide): Promise<number[]> => {
  const program = jit((x: Tensor, s: Tensor, y: Tensor) => guided(problem, guide)(y)(x, s))
  const y = Array.from({ length: DRAWS }, (_, i) => drawn(problem, i))
  const errors: number[] = []
  for (const [step, sigma] of levels.entries()) {
    const z = Matrix.from1DArray(DRAWS, SIZE, toNumbers(normal(stream(7, 'xt'), [DRAWS, SIZE], { step })))
    const x = z.mul(Math.hypot(sigma, 0.3))
    const truth = guidedTruth(problem, sigma)
    const want = truth.ofX
      .mmul(x.transpose())
      .add(truth.ofY.mmul(new Matrix(y).transpose()))
      .transpose()
    const got = await program(
      ndarray(x.to1DArray(), [DRAWS, SIZE], 'float64'),
      full([DRAWS], sigma, 'float64'),
      ndarray(y.flat(), [DRAWS, problem.A.rows], 'float64'),
    )
    errors.push(Matrix.from1DArray(DRAWS, SIZE, toNumbers(got)).sub(want).abs().max())
  }
  await program.release()
  return errors
}

/** E4 on the Gaussian problems, and E14: `exact` without an iterative solver. */
export const guidedDenoiser = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const problem of problems()) {
    gates.push(atMost(`E4 guided denoiser ${problem.name}`, Math.max(...(await guidedErrors(problem))), 1e-6))
    const exactly = Math.max(...(await guidedErrors(problem, exact(prior()))))
    gates.push(atMost(`E14 exact() ${problem.name}`, exactly, 1e-9))
  }
  return gates
}

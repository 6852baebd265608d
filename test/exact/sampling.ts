/** MMPS on a Gaussian prior against the exact posterior: distance, order of convergence, variance. */
import { Matrix } from 'ml-matrix'
import { buresWasserstein } from '../../src/diagnose/index.ts'
import {
  type Denoiser,
  ddim,
  ddpm,
  exponentialSchedule,
  gaussianDenoiser,
  sampler,
  sigmaGrid,
} from '../../src/diffusion/index.ts'
import { cg } from '../../src/linalg/index.ts'
import { isotropicNoise, type Observation, projection } from '../../src/operators/index.ts'
import { mmps, onesCovariance, pigdm } from '../../src/posterior/index.ts'
import { constant, ndarray, type Tensor, toNumbers, zeros } from '../../src/tensor/index.ts'
import { type Output, sampledMoments } from './affine.ts'
import { type Problem, posterior, prior, problems, SIZE } from './circulant.ts'
import { atMost, between, type Gate, shown, within } from './gate.ts'

/** The noise levels of these gates. */
const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 50 })

/**
 * The spectrum has 17 values, so C has at most 17 and CG needs no more iterations; some more for rounding.
 */
const exactly = (m: number) => cg({ iterations: Math.min(m, 17) + 2, tolerance: 1e-13 })

/** A prior and an observation give a posterior denoiser. */
export type Guide = (prior: Denoiser, observation: Observation) => Denoiser

/** The posterior denoiser of a problem, given y [B, m]; MMPS with an exact solve by default. */
export const guided =
  ({ A, noise }: Problem, guide: Guide = mmps({ solve: exactly(A.rows) })) =>
  (y: Tensor): Denoiser => {
    const matrix = constant(ndarray(A.to1DArray(), [1, A.rows, A.columns], 'float64'))
    return guide(gaussianDenoiser(prior()), { y, A: projection(matrix), noise: isotropicNoise(noise) })
  }

/** Both samplers' output on a problem: they share every evaluation of the denoiser. */
export const outputs = (problem: Problem, steps: number, guide?: Guide): Promise<Record<string, Output>> =>
  sampledMoments({ ddpm: ddpm(), ddim: ddim() }, guided(problem, guide), {
    n: SIZE,
    m: problem.A.rows,
    grid: sigmaGrid(schedule, steps),
  })

const asArray = (matrix: Matrix) => ndarray(matrix.to1DArray(), [matrix.rows, matrix.columns], 'float64')

/**
 * Root mean square over y ~ p(y) of the Bures–Wasserstein-2 distance between what is sampled given y and
 * p(x | y), in units of √tr C.
 */
export const relativeDistance = (problem: Problem, { K, covariance }: Output): number => {
  const truth = posterior(problem)
  const centre = zeros([SIZE], 'float64')
  const spread = buresWasserstein(
    { mean: centre, covariance: asArray(covariance) },
    { mean: centre, covariance: asArray(truth.C) },
  )
  const gap = Matrix.sub(K, truth.K)
  const shift = gap.mmul(truth.Y).mmul(gap.transpose()).trace()
  return Math.sqrt((spread ** 2 + shift) / truth.C.trace())
}

/** tr(sampled covariance)/tr C. */
export const varianceRatio = (problem: Problem, { covariance }: Output): number =>
  covariance.trace() / posterior(problem).C.trace()

/** Largest difference between the sampler's own answer to unit observations and the propagated mean map. */
export const samplerGap = async (problem: Problem, steps: number, { K }: Output): Promise<number> => {
  const m = problem.A.rows
  const still = zeros([m, SIZE], 'float64')
  const draw = sampler((o: { y: Tensor }) => guided(problem)(o.y), {
    schedule,
    steps,
    step: ddpm(),
    start: 'plain',
  })
  const x = await draw({ y: asArray(Matrix.eye(m)) }, { shape: [m, SIZE], noise: () => still })
  await draw.release()
  const rows = K.transpose().to1DArray()
  return toNumbers(x).reduce((worst, v, i) => Math.max(worst, Math.abs(v - rows[i])), 0)
}

const published = { 64: 0.846, 256: 0.959, 1000: 0.989 } as const
const counts = [64, 256, 1000] as const

/** E2 and E3 for one problem. */
const samplingGates = async (problem: Problem): Promise<Gate[]> => {
  const gates: Gate[] = []
  const errors: Record<string, number> = {}
  for (const steps of counts) {
    const out = await outputs(problem, steps)
    for (const kind of ['ddpm', 'ddim']) {
      const error = relativeDistance(problem, out[kind])
      errors[`${kind} ${steps}`] = error
      const name = `E2 mmps-${steps} ${kind} ${problem.name}`
      gates.push(steps === 256 ? atMost(name, error, 0.03) : shown(name, error))
    }
    const ratio = varianceRatio(problem, out.ddpm)
    gates.push(within(`E3 variance ratio ddpm ${steps} ${problem.name}`, ratio, published[steps], 0.01))
    if (steps === 64) {
      gates.push(
        atMost(`E2 sampler itself ${problem.name}`, await samplerGap(problem, steps, out.ddpm), 1e-9),
      )
    }
  }
  // Both forms of pseudo-inverse guidance: the published shift of the state, and the same
  // Gaussian in the denoiser.
  const rivals: Record<string, Guide> = {
    pigdm: pigdm(),
    'pigdm in the denoiser': mmps({ solve: exactly(problem.A.rows), covariance: onesCovariance }),
  }
  for (const [name, guide] of Object.entries(rivals)) {
    const error = relativeDistance(problem, (await outputs(problem, 256, guide)).ddpm)
    gates.push(shown(`E2 ${name}-256 ddpm ${problem.name}`, error))
    gates.push(atMost(`E2 mmps over ${name}, 256 ddpm ${problem.name}`, errors['ddpm 256'] / error, 0.25))
  }
  const decay = errors['ddpm 256'] / errors['ddpm 1000']
  gates.push(between(`E2 order of ddpm, error 256/1000 ${problem.name}`, decay, 3, 5))
  return gates
}

/** E2 and E3. */
export const sampling = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const problem of problems()) gates.push(...(await samplingGates(problem)))
  return gates
}

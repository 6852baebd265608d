/**
 * Likelihoods under a Gaussian prior, whose score and log-density are known: the probability-flow ODE, with
 * the exact trace and with Hutchinson's, its gradient, and the evidence lower bound.
 */
import { EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix'
import {
  type ElboNoise,
  gaussianDenoiser,
  type LikelihoodOptions,
  likelihood,
  negativeElbo,
} from '../../src/diffusion/index.ts'
import { normalBatch, stream, uniformBatch } from '../../src/random/index.ts'
import { jit, type NdArray, ndarray, type Shape, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { covariance, prior, SIZE } from './circulant.ts'
import { atMost, type Gate, shown } from './gate.ts'

const S = covariance()
const precision = inverse(S)
const eigen = new EigenvalueDecomposition(S)

/** Draws from N(0, S), [count, 32]. */
const draws = (count: number): Matrix => {
  const root = eigen.eigenvectorMatrix.mmul(Matrix.diag(eigen.realEigenvalues.map(Math.sqrt)))
  const observation = Array.from({ length: count }, (_, i) => i)
  const z = toNumbers(normalBatch(stream(5, 'draws'), { observation }, [SIZE]))
  return Matrix.from1DArray(count, SIZE, z).mmul(root.transpose())
}

/** log N(x; 0, S) of each row. */
const truth = (x: Matrix): number[] => {
  const logDet = eigen.realEigenvalues.reduce((sum, v) => sum + Math.log(v), 0)
  return x.to2DArray().map((row) => {
    const v = Matrix.columnVector(row)
    return -(v.transpose().mmul(precision).mmul(v).get(0, 0) + logDet + SIZE * Math.log(2 * Math.PI)) / 2
  })
}

const asArray = (x: Matrix): NdArray => ndarray(x.to1DArray(), [x.rows, x.columns], 'float64')

/** The same row many times. */
const repeated = (row: number[], count: number): Matrix =>
  new Matrix(Array.from({ length: count }, () => row))

const worst = (got: readonly number[], want: readonly number[]): number =>
  Math.max(...got.map((v, i) => (Number.isFinite(v) ? Math.abs(v - want[i]) : Infinity)))

const logDensities = async (x: Matrix, options: LikelihoodOptions): Promise<number[]> => {
  const { logDensity, release } = likelihood(gaussianDenoiser(prior()), options)
  const values = toNumbers(await logDensity(asArray(x)))
  await release()
  return values
}

/** max |log p − truth| in nats per dimension, with the exact trace. */
export const odeError = async (options: LikelihoodOptions = {}): Promise<number> => {
  const x = draws(8)
  return worst(await logDensities(x, { trace: { kind: 'exact' }, ...options }), truth(x)) / SIZE
}

/** max ‖∇ log p + S⁻¹ x‖/‖S⁻¹ x‖. */
export const gradientError = async (options: LikelihoodOptions = {}): Promise<number> => {
  const x = draws(4)
  const compiled = likelihood(gaussianDenoiser(prior()), { trace: { kind: 'exact' }, ...options })
  const { gradient } = await compiled.withGradient(asArray(x))
  await compiled.release()
  const got = Matrix.from1DArray(x.rows, SIZE, toNumbers(gradient))
  const want = x.mmul(precision).neg()
  return Math.max(
    ...got.to2DArray().map((row, i) => {
      const exact = want.getRow(i)
      return Math.hypot(...row.map((v, j) => v - exact[j])) / Math.hypot(...exact)
    }),
  )
}

/** Mean and standard error. */
const summary = (values: readonly number[]): { mean: number; error: number } => {
  const mean = values.reduce((a, b) => a + b) / values.length
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)
  return { mean, error: Math.sqrt(variance / values.length) }
}

/** (mean − truth) in standard errors over many single probes for one x, beside what the ODE itself is off. */
export const hutchinsonScore = async (count = 256): Promise<number> => {
  const one = draws(1)
  const [exact] = await logDensities(one, { trace: { kind: 'exact' } })
  const x = repeated(one.getRow(0), count)
  const { mean, error } = summary(await logDensities(x, { trace: { kind: 'hutchinson', probes: 1 } }))
  return (mean - exact) / error
}

const noiseOf = (count: number): ElboNoise<NdArray> => {
  const observation = Array.from({ length: count }, (_, i) => i)
  const as = (array: NdArray, shape: Shape) => ndarray(toNumbers(array), shape, 'float64')
  const normals = (name: string) => as(normalBatch(stream(6, name), { observation }, [SIZE]), [count, SIZE])
  return {
    time: as(uniformBatch(stream(6, 'time'), { observation }, []), [count]),
    noise: normals('noise'),
    first: normals('first'),
    last: normals('last'),
  }
}

/** The bound's mean less the truth, and its standard error, in nats. */
export const elboGap = async (count = 40000, start = 1e-3): Promise<{ gap: number; error: number }> => {
  const one = draws(1)
  const program = jit((x: Tensor, noise: ElboNoise) =>
    negativeElbo(gaussianDenoiser(prior()), x, noise, { start }),
  )
  const values = toNumbers(await program(asArray(repeated(one.getRow(0), count)), noiseOf(count)))
  await program.release()
  const { mean, error } = summary(values)
  return { gap: -mean - truth(one)[0], error }
}

/** E8. */
export const likelihoods = async (): Promise<Gate[]> => {
  const { gap, error } = await elboGap()
  // What the times before 1e-3 hold, beyond Jensen's correction: O(level²/λ), 1.1e-4 against
  // eigenvalues down to 3.5e-3.
  const rest = 0.5
  return [
    atMost('E8 ODE, exact trace, from level 1e-3, nats per dimension', await odeError(), 1e-3),
    shown('E8 ODE, exact trace, from level 1e-2, nats per dimension', await odeError({ start: 1e-3 })),
    atMost('E8 gradient by the adjoint, relative', await gradientError(), 1e-2),
    atMost('E8 ODE, single probes, |mean - exact|/standard error', Math.abs(await hutchinsonScore()), 3),
    shown('E8 ELBO, mean - log-density, nats', gap),
    shown('E8 ELBO, standard error, nats', error),
    atMost('E8 ELBO, |gap| beyond 3 standard errors, nats', Math.abs(gap) - 3 * error, rest),
    atMost('E8 ELBO, above the log-density by standard errors', gap / error, 3),
  ]
}

/**
 * EM on a Gaussian: latents N(μ, Σ) in 5 dimensions, each seen through two random unit projections with noise
 * 1e-2. The fit is compared with the truth; on clean latents it would reach about 0.004.
 */
import { Matrix } from 'ml-matrix'
import { buresWasserstein } from '../../src/diagnose/index.ts'
import type { Gaussian } from '../../src/diffusion/index.ts'
import { gaussianStart } from '../../src/em/index.ts'
import { type ObservationSet, projectedBy } from '../../src/observations/index.ts'
import { normal, normalBatch, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'
import { atMost, type Gate, shown } from './gate.ts'

const SIZE = 5
const SEEN = 2
const NOISE = 0.01

/** The latent Gaussian of a seed: Σ = G Gᵀ/5 + I/10 for a matrix G of normals. */
const latent = (seed: number): { mu: number[]; Sigma: Matrix; root: Matrix } => {
  const G = Matrix.from1DArray(SIZE, SIZE, toNumbers(normal(stream(seed, 'covariance'), [SIZE, SIZE])))
  const parts = [G.clone().div(Math.sqrt(SIZE)), Matrix.eye(SIZE).mul(Math.sqrt(0.1))]
  const root = Matrix.zeros(SIZE, 2 * SIZE)
  for (const [i, part] of parts.entries()) root.setSubMatrix(part, 0, i * SIZE)
  return { mu: toNumbers(normal(stream(seed, 'mean'), [SIZE])), Sigma: root.mmul(root.transpose()), root }
}

/** y_i = A_i x_i + n_i, rows of A_i uniform on the sphere. */
export const observed = (seed: number, count: number): ObservationSet => {
  const { mu, root } = latent(seed)
  const observation = Array.from({ length: count }, (_, i) => i)
  const draw = (name: string, event: number[]) => normalBatch(stream(seed, name), { observation }, event).data
  const [g, e, z] = [draw('rows', [SEEN, SIZE]), draw('noise', [SEEN]), draw('latents', [2 * SIZE])]
  const y = new Float32Array(count * SEEN)
  const matrix = new Float32Array(count * SEEN * SIZE)
  for (let i = 0; i < count; i++) {
    const x = root.mmul(Matrix.columnVector(Array.from(z.subarray(2 * SIZE * i, 2 * SIZE * (i + 1)))))
    for (let m = i * SEEN; m < (i + 1) * SEEN; m++) {
      const row = g.subarray(m * SIZE, (m + 1) * SIZE)
      const norm = Math.hypot(...row)
      for (let d = 0; d < SIZE; d++) {
        matrix[m * SIZE + d] = row[d] / norm
        y[m] += matrix[m * SIZE + d] * (mu[d] + x.get(d, 0))
      }
      y[m] += NOISE * e[m]
    }
  }
  return {
    y: new NdArray('float32', [count, SEEN], y),
    operator: projectedBy(new NdArray('float32', [count, SEEN, SIZE], matrix)),
    noise: NOISE,
    range: [-2, 2],
  }
}

const written = ({ mean, covariance }: Gaussian): { mu: number[]; Sigma: Matrix } => {
  if (covariance.kind !== 'lowRank' || typeof covariance.variance !== 'number')
    throw new Error(`expected a covariance d I + U Uᵀ, got ${covariance.kind}`)
  const U = Matrix.from1DArray(SIZE, covariance.factor.shape[1], toNumbers(covariance.factor))
  return { mu: toNumbers(mean), Sigma: U.mmul(U.transpose()).add(Matrix.eye(SIZE).mul(covariance.variance)) }
}

const asMoments = (mu: number[], Sigma: Matrix) => ({
  mean: ndarray(mu, [SIZE], 'float64'),
  covariance: ndarray(Sigma.to1DArray(), [SIZE, SIZE], 'float64'),
})

/** Bures–Wasserstein-2 distance of a fit to the truth, in units of √tr Σ. */
export const fitError = (fit: Gaussian, seed: number): number => {
  const truth = latent(seed)
  const { mu, Sigma } = written(fit)
  const distance = buresWasserstein(asMoments(mu, Sigma), asMoments(truth.mu, truth.Sigma))
  return distance / Math.sqrt(truth.Sigma.trace())
}

/** Mean over observations of log N(y; A μ, A Σ Aᵀ + s²), two-dimensional, written out. */
export const logLikelihood = (fit: Gaussian, { y, operator, noise }: ObservationSet): number => {
  const { matrix } = operator.parameters
  const { mu, Sigma } = written(fit)
  const S = Sigma.to2DArray()
  const count = y.shape[0]
  const entry = (p: Float32Array, q: Float32Array): number => {
    let sum = 0
    for (let i = 0; i < SIZE; i++) for (let j = 0; j < SIZE; j++) sum += p[i] * S[i][j] * q[j]
    return sum
  }
  let total = 0
  for (let i = 0; i < count; i++) {
    const [p, q] = [0, 1].map((m) => matrix.data.subarray((2 * i + m) * SIZE, (2 * i + m + 1) * SIZE))
    const [u, v] = [p, q].map((row, m) => y.data[2 * i + m] - mu.reduce((sum, x, d) => sum + row[d] * x, 0))
    const [a, b, c] = [entry(p, p) + noise ** 2, entry(p, q), entry(q, q) + noise ** 2]
    const det = a * c - b * b
    total -= Math.log(2 * Math.PI) + Math.log(det) / 2 + (c * u * u - 2 * b * u * v + a * v * v) / (2 * det)
  }
  return total / count
}

/** Errors after each EM step, and the log-likelihood per observation before the first and after each. */
export const emPath = async (
  seed: number,
  { count, steps, watched = 8192 }: { count: number; steps: number; watched?: number },
): Promise<{ errors: number[]; likelihoods: number[] }> => {
  const set = observed(seed, count)
  const part = { ...set, y: new NdArray('float32', [watched, SEEN], set.y.data.subarray(0, watched * SEEN)) }
  const errors: number[] = []
  const likelihoods: number[] = []
  await gaussianStart(set, {
    rank: SIZE,
    iterations: steps,
    batch: 8192,
    seed,
    eStep: { kind: 'exact', iterations: 4, tolerance: 1e-6 },
    onIteration: (_done, _total, fit) => {
      errors.push(fitError(fit, seed))
      likelihoods.push(logLikelihood(fit, part))
    },
  })
  return { errors, likelihoods }
}

/** The largest fall of a sequence from one entry to the next. */
export const largestFall = (values: readonly number[]): number =>
  Math.max(0, ...values.slice(1).map((v, i) => values[i] - v))

/** E7. */
export const em = async (): Promise<Gate[]> => {
  const { errors, likelihoods } = await emPath(0, { count: 65536, steps: 64 })
  return [
    shown('E7 EM on a Gaussian, 4 steps', errors[3]),
    shown('E7 EM on a Gaussian, 16 steps', errors[15]),
    atMost('E7 EM on a Gaussian, 64 steps', errors[63], 0.02),
    atMost('E7 largest fall of the log-likelihood, nats', largestFall(likelihoods), 1e-3),
  ]
}

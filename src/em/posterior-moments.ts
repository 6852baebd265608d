/**
 * Closed-form E-step: the mean and covariance of x averaged over the posteriors of all observations, small N.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { covarianceMatrix, covarianceTimes } from '../linalg/index.ts'
import { batchedObservations, type ObservationBatch, type ObservationSet } from '../observations/index.ts'
import type { Domain } from '../operators/index.ts'
import {
  broadcastTo,
  cast,
  constant,
  eachBatch,
  fullLike,
  jit,
  mapTensors,
  NdArray,
  ndarray,
  reshape,
  sizeOf,
  stack,
  type Tensor,
  toNumbers,
} from '../tensor/index.ts'

const dense = ({ mean, covariance }: Gaussian): Matrix =>
  Matrix.from1DArray(mean.size, mean.size, toNumbers(covarianceMatrix(covariance, mean.size)))

/** Without the rounding by which a product misses being symmetric, over which Cholesky stumbles. */
const symmetric = (m: Matrix): Matrix => Matrix.add(m, m.transpose()).div(2)

/** Unit vector j of an event, [1, ...event], float64. */
const unit = (j: number, event: readonly number[]): Tensor =>
  constant(
    ndarray(
      Array.from({ length: sizeOf(event) }, (_, i) => (i === j ? 1 : 0)),
      [1, ...event],
      'float64',
    ),
  )

/** Observations at once. */
const BATCH = 256

/**
 * y, the matrix of A and the variances of the noise of every observation: [N, M], [N, M, D], [N, M], in prior
 * units.
 */
const systems = (set: ObservationSet) => {
  const batched = batchedObservations(set)
  return {
    ...batched,
    program: jit((batch: ObservationBatch<Tensor>) => {
      const { y, A, noise } = batched.observation(mapTensors((t) => cast(t, 'float64'), batch))
      if (!A.linear)
        throw new TweedieError('input', `the closed-form E-step needs a linear operator, '${A.name}' is none`)
      const [count, ...shape] = y.shape
      const column = (j: number) => A.apply(broadcastTo(unit(j, A.inShape), [count, ...A.inShape]))
      const columns = Array.from({ length: sizeOf(A.inShape) }, (_, j) =>
        reshape(column(j), [count, sizeOf(shape)]),
      )
      return { y, A: stack(columns, 2), variance: covarianceTimes(noise, fullLike(y, 1)) }
    }),
  }
}

/** Outside a domain x is one known number: that is its mean, and it has no variance. */
const keepToDomain = (domain: Domain | undefined, mean: Matrix, covariance: Matrix): void => {
  if (!domain) return
  const { inside, value } = domain
  for (let i = 0; i < mean.rows; i++) {
    if (inside.data[i % inside.size] !== 0) continue
    mean.set(i, 0, value)
    for (let j = 0; j < mean.rows; j++) {
      covariance.set(i, j, 0)
      covariance.set(j, i, 0)
    }
  }
}

/**
 * Mean and covariance of the mixture of posteriors p(x | y_i), i < count: with K = Σ Aᵀ (A Σ Aᵀ + Σy)⁻¹, each
 * posterior is N(μ + K (y − A μ), Σ − K A Σ). In the units of the prior.
 *
 * @throws TweedieError `input` for operators that are not linear
 */
export const posteriorMoments = async (
  prior: Gaussian,
  set: ObservationSet,
  count: number,
): Promise<{ mean: NdArray<'float64'>; covariance: NdArray<'float64'> }> => {
  const n = prior.mean.size
  const mu = Matrix.columnVector(toNumbers(prior.mean))
  const S = dense(prior)
  const first = Matrix.zeros(n, 1)
  const second = Matrix.zeros(n, n)
  const { program, batch, domain } = systems(set)
  const done = new Set<number>() // rows of the last batch that the one before it had already
  const add = (A: Matrix, y: Matrix, variance: readonly number[]): void => {
    const SAt = S.mmul(A.transpose())
    const G = symmetric(A.mmul(SAt)).add(Matrix.diag([...variance]))
    const Kt = new CholeskyDecomposition(G).solve(SAt.transpose())
    const m = Matrix.add(mu, Kt.transpose().mmul(Matrix.sub(y, A.mmul(mu))))
    first.add(m)
    second.add(m.mmul(m.transpose())).add(Matrix.sub(S, Kt.transpose().mmul(SAt.transpose())))
  }
  try {
    await eachBatch(count, BATCH, async (from, to) => {
      const made = await program(batch(from, to))
      const [y, A, variance] = [made.y, made.A, made.variance].map(toNumbers)
      const m = y.length / (to - from)
      for (let i = from; i < to; i++) {
        if (done.has(i)) continue
        done.add(i)
        const row = (values: readonly number[], size: number) =>
          values.slice((i - from) * size, (i - from + 1) * size)
        add(Matrix.from1DArray(m, n, row(A, m * n)), Matrix.columnVector(row(y, m)), row(variance, m))
      }
    })
  } finally {
    await program.release()
  }
  first.div(count)
  second.div(count).sub(first.mmul(first.transpose()))
  keepToDomain(domain, first, second)
  return {
    mean: new NdArray('float64', [n], Float64Array.from(first.to1DArray())),
    covariance: new NdArray('float64', [n, n], Float64Array.from(second.to1DArray())),
  }
}

/** Flows of one measurement: with a Gaussian prior their optimum is the posterior N(m, C), known in closed form. */
import { EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { type DistilOptions, distiller, initDistilState } from '../../src/amortize/index.ts'
import { gaussianDenoiser } from '../../src/diffusion/index.ts'
import { type Flow, type FlowParams, realNvp } from '../../src/flows/index.ts'
import { exponentialRate } from '../../src/nn/index.ts'
import { isotropicNoise, mask } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { constant, frozen, jit, ndarray, type Tensor, toNumbers, zeros } from '../../src/tensor/index.ts'

const N = 4
const NOISE = 0.3
const KEPT = [1, 0, 1, 0]
const Y = [0.9, 0, -0.6, 0]
const MEAN = [0.2, -0.1, 0.3, 0]
const S = new Matrix(
  Array.from({ length: N }, (_, i) => Array.from({ length: N }, (_, j) => Math.exp(-Math.abs(i - j) / 2))),
)

/** m + K (y − A m) and S − K A S. */
const posterior = (() => {
  const A = new Matrix([
    [1, 0, 0, 0],
    [0, 0, 1, 0],
  ])
  const K = S.mmul(A.transpose()).mmul(
    inverse(
      A.mmul(S)
        .mmul(A.transpose())
        .add(Matrix.eye(2).mul(NOISE ** 2)),
    ),
  )
  const m = Matrix.columnVector(MEAN)
  const residual = Matrix.columnVector([Y[0], Y[2]]).sub(A.mmul(m))
  return { mean: m.add(K.mmul(residual)), covariance: Matrix.sub(S, K.mmul(A).mmul(S)) }
})()

const prior = (() => {
  const { eigenvectorMatrix: Q, realEigenvalues: values } = new EigenvalueDecomposition(S)
  const floor = Math.min(...values)
  const factor = Q.mmul(Matrix.diag(values.map((v) => Math.sqrt(Math.max(0, v - floor)))))
  return gaussianDenoiser({
    mean: ndarray(MEAN),
    covariance: { kind: 'ppca', variance: floor, factor: ndarray(factor.to1DArray(), [N, N]) },
  })
})()

const flow: Flow = realNvp({ size: N, condition: 1, steps: 2, hidden: 16 })
const measurement = {
  arrays: { y: ndarray(Y, [1, N]) },
  observe: ({ y }: { y: Tensor }) => ({
    y,
    A: mask(constant(ndarray(KEPT, [1, N]))),
    noise: isotropicNoise(NOISE),
  }),
  condition: ({ y }: { y: Tensor }) => constant(zeros([y.shape[0], 1])), // told nothing
}

const trained = async (steps: number, batch: number, more: Partial<DistilOptions>) => {
  const options = { batch, rate: exponentialRate(2e-2, 2e-4, steps), ...more }
  const { step, release } = distiller(flow, prior, measurement, options, (p) => stream(0, p))
  let state = initDistilState(flow.init(0))
  for (let i = 0; i < steps; i++) state = (await step(state, i)).state
  await release()
  return state
}

/** Moments of 8192 draws against the posterior's: the largest error of the mean, the relative one of the covariance. */
const errorsOf = async (params: FlowParams<ReturnType<typeof ndarray>>) => {
  const count = 8192
  const draw = jit((z: Tensor) => flow.sample(frozen(params), constant(zeros([count, 1])), z).x)
  const x = Matrix.from1DArray(count, N, toNumbers(await draw(normal(stream(5, 'z'), [count, N]))))
  await draw.release()
  const mean = Matrix.columnVector(x.mean('column'))
  const centred = x.subRowVector(mean.to1DArray())
  const covariance = centred.transpose().mmul(centred).div(count)
  const gap = Matrix.sub(mean, posterior.mean).to1DArray()
  return {
    mean: Math.max(...gap.map(Math.abs)),
    covariance: Matrix.sub(covariance, posterior.covariance).norm() / posterior.covariance.norm(),
  }
}

describe('a flow of one measurement', () => {
  it('finds the posterior by the bound', async () => {
    const { mean, covariance } = await errorsOf(await trained(600, 128, {}))
    expect(mean).toBeLessThan(0.05) // standard deviations are 0.29 … 0.81
    expect(covariance).toBeLessThan(0.05)
  }, 120_000)

  it('finds it by the exact log-density with fixed probes', async () => {
    const exact = { trace: { kind: 'hutchinson', probes: 2 }, start: 1e-3 } as const
    const { mean, covariance } = await errorsOf(await trained(120, 64, { exact }))
    expect(mean).toBeLessThan(0.05)
    expect(covariance).toBeLessThan(0.06)
  }, 120_000)
})

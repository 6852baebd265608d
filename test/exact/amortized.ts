/**
 * An amortized posterior with an exact answer: Gaussian prior with its exact score, four of eight
 * entries observed with noise 0.2, an affine conditional flow. The optimum of the reverse KL is the
 * posterior itself, N(K y, C).
 */
import { EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix'
import {
  boundNegLogPrior,
  flowParamsOf,
  forwardObjective,
  initFlowState,
  reverseObjective,
} from '../../src/amortize/index.ts'
import { gaussianDenoiser } from '../../src/diffusion/index.ts'
import { type Flow, type FlowParams, gaussianFlow, logq } from '../../src/flows/index.ts'
import { lowRank } from '../../src/linalg/index.ts'
import { exponentialRate } from '../../src/nn/index.ts'
import { isotropicNoise, mask } from '../../src/operators/index.ts'
import { normalBatch, stream } from '../../src/random/index.ts'
import {
  add,
  constant,
  jit,
  mul,
  type NdArray,
  ndarray,
  type Tensor,
  take,
  toNumbers,
  zeros,
} from '../../src/tensor/index.ts'
import { trainer } from '../../src/training/index.ts'
import { atMost, type Gate, shown } from './gate.ts'

const SIZE = 8
const SEEN = [0, 2, 5, 7]
const NOISE = 0.2

/** S: smooth along the index, S_ij = exp(−|i − j|/3). */
const S = new Matrix(
  Array.from({ length: SIZE }, (_, i) =>
    Array.from({ length: SIZE }, (_, j) => Math.exp(-Math.abs(i - j) / 3)),
  ),
)

const A = new Matrix(SEEN.map((i) => Array.from({ length: SIZE }, (_, j) => (i === j ? 1 : 0))))

/** Covariance of y, the mean map K and the covariance C of the posterior. */
const exact = (() => {
  const Y = A.mmul(S)
    .mmul(A.transpose())
    .add(Matrix.eye(SEEN.length).mul(NOISE ** 2))
  const K = S.mmul(A.transpose()).mmul(inverse(Y))
  return { Y, K, C: Matrix.sub(S, K.mmul(A).mmul(S)) }
})()

/** Lower triangular L with L Lᵀ = M. */
const cholesky = (M: Matrix): Matrix => {
  const L = Matrix.zeros(M.rows, M.rows)
  for (let i = 0; i < M.rows; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = M.get(i, j)
      for (let k = 0; k < j; k++) rest -= L.get(i, k) * L.get(j, k)
      L.set(i, j, i === j ? Math.sqrt(rest) : rest / L.get(j, j))
    }
  }
  return L
}

/** Measurements y ~ N(0, Y), [count, 4]. */
const measured = (name: string, count: number): NdArray<'float32'> => {
  const observation = Array.from({ length: count }, (_, i) => i)
  const z = toNumbers(normalBatch(stream(9, name), { observation }, [SEEN.length]))
  const y = Matrix.from1DArray(count, SEEN.length, z).mmul(cholesky(exact.Y).transpose())
  return ndarray(y.to1DArray(), [count, SEEN.length])
}

/** N(0, S) in the form that its denoiser takes: a floor times I, plus the rest along the eigenvectors. */
const prior = () => {
  const { eigenvectorMatrix: Q, realEigenvalues: values } = new EigenvalueDecomposition(S)
  const floor = Math.min(...values)
  const factor = Q.mmul(Matrix.diag(values.map((v) => Math.sqrt(v - floor))))
  return gaussianDenoiser({
    mean: zeros([SIZE]),
    covariance: lowRank(floor, ndarray(factor.to1DArray(), [SIZE, SIZE])),
  })
}

const flow: Flow = gaussianFlow({ size: SIZE, condition: SEEN.length })

const relative = (got: Matrix, want: Matrix): number => Matrix.sub(got, want).norm() / want.norm()

/** x = L z + M y + centre of what the flow draws, by its response to z and y. */
const responseOf = async (params: FlowParams<NdArray>) => {
  const unit = (n: number, at: number): number[] => Array.from({ length: n }, (_, i) => (i === at ? 1 : 0))
  const rows = 1 + SEEN.length + SIZE
  const y = Array.from({ length: rows }, (_, r) => unit(SEEN.length, r - 1)).flat()
  const z = Array.from({ length: rows }, (_, r) => unit(SIZE, r - 1 - SEEN.length)).flat()
  const draw = jit((p: FlowParams<Tensor>, y: Tensor, z: Tensor) => flow.sample(p, y, z).x)
  const drawn = await draw(params, ndarray(y, [rows, SEEN.length]), ndarray(z, [rows, SIZE]))
  await draw.release()
  const x = Matrix.from1DArray(rows, SIZE, toNumbers(drawn))
  const centre = x.getRow(0)
  const response = (from: number, to: number): Matrix =>
    x
      .subMatrix(from, to, 0, SIZE - 1)
      .subRowVector(centre)
      .transpose()
  return { M: response(1, SEEN.length), L: response(1 + SEEN.length, rows - 1), centre }
}

/** Relative errors of the mean map and of the covariance. */
export const errorsOf = async (
  params: FlowParams<NdArray>,
): Promise<{ mean: number; covariance: number }> => {
  const { M, L } = await responseOf(params)
  return { mean: relative(M, exact.K), covariance: relative(L.mmul(L.transpose()), exact.C) }
}

/** log N(x; m, V) of each row. */
const logNormal = (x: Matrix, m: Matrix, V: Matrix): number[] => {
  const L = cholesky(V)
  const z = inverse(L).mmul(Matrix.sub(x, m).transpose())
  const logDet = L.diagonal().reduce((sum, v) => sum + 2 * Math.log(v), 0)
  return Array.from({ length: x.rows }, (_, r) => {
    const square = z.getColumn(r).reduce((sum, v) => sum + v * v, 0)
    return -(square + logDet + x.columns * Math.log(2 * Math.PI)) / 2
  })
}

/**
 * max |log q(x | y) − log N| at draws of the posterior for measurements that were not trained on: N of the
 * moments that the flow itself has, and of the posterior.
 */
const logqErrors = async (params: FlowParams<NdArray>): Promise<{ own: number; posterior: number }> => {
  const rows = 64
  const y = measured('unseen', rows)
  const Y = Matrix.from1DArray(rows, SEEN.length, toNumbers(y))
  const observation = Array.from({ length: rows }, (_, i) => i)
  const normals = toNumbers(normalBatch(stream(9, 'posterior'), { observation }, [SIZE]))
  const z = Matrix.from1DArray(rows, SIZE, normals)
  const x = Y.mmul(exact.K.transpose()).add(z.mmul(cholesky(exact.C).transpose()))
  const density = jit((p: FlowParams<Tensor>, x: Tensor, y: Tensor) => logq(flow, p, x, y))
  const got = toNumbers(await density(params, ndarray(x.to1DArray(), [rows, SIZE]), y))
  await density.release()
  const { M, L, centre } = await responseOf(params)
  const mean = Y.mmul(M.transpose()).addRowVector(centre)
  const gap = (want: number[]): number => Math.max(...got.map((v, r) => Math.abs(v - want[r])))
  return {
    own: gap(logNormal(x, mean, L.mmul(L.transpose()))),
    posterior: gap(logNormal(x, Y.mmul(exact.K.transpose()), exact.C)),
  }
}

/** [count, 4] → [count, 8] with 0 where nothing was seen. */
const spreadOut = (y: NdArray): NdArray<'float32'> => {
  const rows = Matrix.from1DArray(y.shape[0], SEEN.length, toNumbers(y))
  return ndarray(rows.mmul(A).to1DArray(), [y.shape[0], SIZE])
}

/** Draws of the prior, [count, 8]. */
const priorDraws = (count: number): NdArray<'float32'> => {
  const observation = Array.from({ length: count }, (_, i) => i)
  const z = toNumbers(normalBatch(stream(9, 'prior'), { observation }, [SIZE]))
  const x = Matrix.from1DArray(count, SIZE, z).mmul(cholesky(S).transpose())
  return ndarray(x.to1DArray(), [count, SIZE])
}

/**
 * How long to train, and on what: measurements by the reverse divergence, or simulations by the forward one.
 */
export interface AmortizedOptions {
  readonly steps: number
  readonly batch?: number
  readonly from?: 'measurements' | 'simulations'
}

/** The flow after training, without any truth. */
export const trained = async ({
  steps,
  batch = 256,
  from = 'measurements',
}: AmortizedOptions): Promise<FlowParams<NdArray>> => {
  const keep = constant(
    ndarray(
      Array.from({ length: SIZE }, (_, i) => (SEEN.includes(i) ? 1 : 0)),
      [1, SIZE],
    ),
  )
  const measurements = {
    arrays: { y: spreadOut(measured('train', 16384)) },
    observe: ({ y }: { y: Tensor }) => ({ y, A: mask(keep), noise: isotropicNoise(NOISE) }),
    condition: ({ y }: { y: Tensor }) => take(y, SEEN, 1),
    simulate: (_: { y: Tensor }, x: Tensor, e: Tensor) => take(add(x, mul(e, NOISE)), SEEN, 1),
  }
  const options = { batch, rate: exponentialRate(5e-2, 2e-5, steps), adam: { clip: Infinity } }
  const streamOf = (purpose: string) => stream(0, purpose)
  const order = streamOf('rows')
  const { step, release } =
    from === 'simulations'
      ? trainer(forwardObjective(flow, priorDraws(16384), measurements, streamOf), options, order)
      : trainer(
          reverseObjective(flow, boundNegLogPrior(prior(), streamOf), measurements, {}, streamOf),
          options,
          order,
        )
  let state = initFlowState(flow.init(0))
  for (let i = 0; i < steps; i++) {
    state = (await step(state, { step: i })).state
  }
  await release()
  return flowParamsOf(state)
}

/** E9. */
export const amortized = async (steps = 4000): Promise<Gate[]> => {
  const params = await trained({ steps })
  const { mean, covariance } = await errorsOf(params)
  const { own, posterior } = await logqErrors(params)
  const simulated = await errorsOf(await trained({ steps: steps / 2, from: 'simulations' }))
  return [
    atMost('E9 from simulations, mean map', simulated.mean, 0.02),
    atMost('E9 from simulations, covariance', simulated.covariance, 0.05),
    atMost('E9 amortized Gaussian posterior, mean map', mean, 0.02),
    atMost('E9 amortized Gaussian posterior, covariance', covariance, 0.05),
    atMost('E9 log q against the density of its moments, nats', own, 1e-3),
    shown('E9 log q against the posterior, nats', posterior),
  ]
}

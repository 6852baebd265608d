import { CholeskyDecomposition, determinant, inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  type Denoiser,
  gaussianCovariance,
  gaussianDenoiser,
  mixtureDenoiser,
  preconditioned,
} from '../../src/diffusion/index.ts'
import {
  type Covariance,
  covarianceTimes,
  diagonal,
  fullRank,
  isotropic,
  lowRank,
} from '../../src/linalg/index.ts'
import { mlp, unet } from '../../src/nn/index.ts'
import {
  frozen,
  full,
  jit,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { expectClose, wave } from '../numbers.ts'

type Float = 'float32' | 'float64'

/** A denoiser and what is known about it. A new kind joins the list. */
interface Listed {
  name: string
  event: Shape
  build: (dtype: Float) => Denoiser
  /** Element types it can be built in. */
  dtypes: readonly Float[]
  /** E[x | xt] in float64 by other means, for one xt. */
  exact?: (xt: number[], sigma: number) => number[]
  /** Where it goes as sigma grows. */
  far?: number[]
}

const levels = [1e-3, 1e-2, 0.1, 0.5, 1, 3, 10, 100]
const n = 6
const mean = wave(n, 2)
const variances = [0.5, 1, 2, 0.01, 0.3, 1.5]

/** Columns [n, 2], orthogonal, of different lengths. */
const orthogonal = [1, 0, 1, 0, 0, 0.3, 0, -0.3, 0.5, 0, -0.5, 0].map((v, i) => (i % 2 ? v : v * 0.9))
const oblique = wave(2 * n, 4)

/** U Uᵀ of columns [n, 2]. */
const outer = (u: number[]) => Matrix.from1DArray(n, 2, u).mmul(Matrix.from1DArray(n, 2, u).transpose())

const cholesky = (S: Matrix): Matrix => new CholeskyDecomposition(S).lowerTriangularMatrix

/** A dense Σ [n, n]. */
const full6 = outer(oblique).add(Matrix.diag(variances))

const both: readonly Float[] = ['float32', 'float64']

/** Each form of a covariance, and Σ written out. */
const covariances: { name: string; of: (dtype: Float) => Covariance; dense: Matrix }[] = [
  {
    name: 'isotropic',
    of: () => isotropic(0.7),
    dense: Matrix.eye(n).mul(0.7),
  },
  {
    name: 'diagonal',
    of: (dtype) => diagonal(ndarray(variances, [n], dtype)),
    dense: Matrix.diag(variances),
  },
  {
    name: 'ppca',
    of: (dtype) => lowRank(0.04, ndarray(orthogonal, [n, 2], dtype)),
    dense: Matrix.eye(n)
      .mul(0.04)
      .add(Matrix.from1DArray(n, 2, orthogonal).mmul(Matrix.from1DArray(n, 2, orthogonal).transpose())),
  },
  {
    name: 'ppca on an almost flat manifold',
    of: (dtype) => lowRank(1e-6, ndarray(orthogonal, [n, 2], dtype)),
    dense: Matrix.eye(n)
      .mul(1e-6)
      .add(Matrix.from1DArray(n, 2, orthogonal).mmul(Matrix.from1DArray(n, 2, orthogonal).transpose())),
  },
  {
    name: 'lowRank',
    of: (dtype) => lowRank(ndarray(variances, [n], dtype), ndarray(oblique, [n, 2], dtype)),
    dense: Matrix.diag(variances).add(
      Matrix.from1DArray(n, 2, oblique).mmul(Matrix.from1DArray(n, 2, oblique).transpose()),
    ),
  },
]

covariances.push(
  {
    name: 'one variance and columns that are not orthogonal',
    of: (dtype) => lowRank(0.04, ndarray(oblique, [n, 2], dtype)),
    dense: Matrix.eye(n).mul(0.04).add(outer(oblique)),
  },
  {
    name: 'a Cholesky factor, almost without noise',
    of: (dtype) => lowRank(1e-4, ndarray(cholesky(full6).to1DArray(), [n, n], dtype)),
    dense: Matrix.add(full6, Matrix.eye(n).mul(1e-4)),
  },
  {
    name: 'written out',
    of: (dtype) => fullRank(ndarray(full6.to1DArray(), [n, n], dtype)),
    dense: full6,
  },
)

/** Σ (Σ + σ²I)⁻¹. */
const gain = (sigma: number, dense: Matrix): Matrix =>
  dense.mmul(inverse(Matrix.add(dense, Matrix.eye(n).mul(sigma ** 2))))

const gaussians: Listed[] = covariances.map(({ name, of, dense }) => ({
  name: `Gaussian, ${name}`,
  event: [2, 3],
  dtypes: both,
  build: (dtype) => gaussianDenoiser({ mean: ndarray(mean, [n], dtype), covariance: of(dtype) }),
  exact: (xt, sigma) => {
    const centred = Matrix.columnVector(xt.map((v, i) => v - mean[i]))
    return gain(sigma, dense)
      .mmul(centred)
      .to1DArray()
      .map((v, i) => v + mean[i])
  },
  far: mean,
}))

const mixture = {
  weights: [0.2, 0.5, 0.3],
  means: wave(9, 1).map((v) => 2 * v),
  variances: [0.04, 0.3, 1],
}

const mixtureMean = (xt: number[], sigma: number): number[] => {
  const components = mixture.weights.map((weight, k) => {
    const mu = mixture.means.slice(3 * k, 3 * k + 3)
    const total = mixture.variances[k] + sigma ** 2
    const distance = xt.reduce((sum, v, i) => sum + (v - mu[i]) ** 2, 0)
    const share = mixture.variances[k] / total
    return {
      log: Math.log(weight) - distance / (2 * total) - 1.5 * Math.log(total),
      mean: xt.map((v, i) => mu[i] + share * (v - mu[i])),
    }
  })
  const top = Math.max(...components.map((c) => c.log))
  const total = components.reduce((sum, c) => sum + Math.exp(c.log - top), 0)
  return xt.map((_, i) => components.reduce((sum, c) => sum + (Math.exp(c.log - top) / total) * c.mean[i], 0))
}

/** Components of three kinds of covariance, and Σ_k written out. */
const skewed = {
  weights: [0.2, 0.5, 0.3],
  means: wave(9, 3).map((v) => 2 * v),
  covariances: (dtype: Float): Covariance[] => [
    fullRank(ndarray(dense3.to1DArray(), [3, 3], dtype)),
    lowRank(0.1, ndarray([0.5, 0.8, -0.4], [3, 1], dtype)),
    isotropic(0.3),
  ],
}
const dense3 = new Matrix([
  [1, 0.6, -0.2],
  [0.6, 0.5, 0],
  [-0.2, 0, 0.3],
])
const column3 = Matrix.columnVector([0.5, 0.8, -0.4])
const skewedDense = [
  dense3,
  column3.mmul(column3.transpose()).add(Matrix.eye(3).mul(0.1)),
  Matrix.eye(3).mul(0.3),
]

const skewedMean = (xt: number[], sigma: number): number[] => {
  const components = skewedDense.map((S, k) => {
    const mu = Matrix.columnVector(skewed.means.slice(3 * k, 3 * k + 3))
    const total = Matrix.add(S, Matrix.eye(3).mul(sigma ** 2))
    const gap = Matrix.columnVector(xt).sub(mu)
    const energy = gap.transpose().mmul(inverse(total)).mmul(gap).get(0, 0)
    return {
      log: Math.log(skewed.weights[k]) - (energy + Math.log(determinant(total))) / 2,
      mean: Matrix.add(mu, S.mmul(inverse(total)).mmul(gap)),
    }
  })
  const top = Math.max(...components.map((c) => c.log))
  const raw = components.map((c) => Math.exp(c.log - top))
  const sum = raw.reduce((a, b) => a + b)
  return components
    .reduce((total, { mean }, k) => total.add(Matrix.mul(mean, raw[k] / sum)), Matrix.zeros(3, 1))
    .to1DArray()
}

const net = mlp({ features: 4, hidden: [8, 8], emb: 8 })
const imageNet = unet({ io: 2, channels: [4, 8], blocks: [1, 1], heads: [0, 2], emb: 8 })

const list: Listed[] = [
  ...gaussians,
  {
    name: 'mixture',
    event: [3],
    dtypes: both,
    build: (dtype) =>
      mixtureDenoiser({
        weights: ndarray(mixture.weights, [3], dtype),
        means: ndarray(mixture.means, [3, 3], dtype),
        variances: ndarray(mixture.variances, [3], dtype),
      }),
    exact: mixtureMean,
    far: [0, 1, 2].map((i) => mixture.weights.reduce((sum, w, k) => sum + w * mixture.means[3 * k + i], 0)),
  },
  {
    name: 'mixture of any covariances',
    event: [3],
    dtypes: both,
    build: (dtype) =>
      mixtureDenoiser({
        weights: ndarray(skewed.weights, [3], dtype),
        means: ndarray(skewed.means, [3, 3], dtype),
        covariances: skewed.covariances(dtype),
      }),
    exact: skewedMean,
    far: [0, 1, 2].map((i) => skewed.weights.reduce((sum, w, k) => sum + w * skewed.means[3 * k + i], 0)),
  },
  {
    name: 'preconditioned MLP',
    event: [4],
    dtypes: ['float32'],
    build: () => preconditioned(net, frozen(net.init(1))),
  },
  {
    name: 'preconditioned U-Net',
    event: [2, 4, 6],
    dtypes: ['float32'],
    build: () => preconditioned(imageNet, frozen(imageNet.init(1))),
  },
]

const evaluate = (denoiser: Denoiser) => {
  const program = jit((x: Tensor, s: Tensor) => denoiser(x, s))
  return (x: NdArray, sigma: number) => program(x, full([x.shape[0]], sigma, x.dtype))
}

/** Two noisy events at a level. */
const noisy = (event: Shape, sigma: number, dtype: Float): NdArray => {
  const scale = Math.hypot(1, sigma)
  const values = wave(2 * sizeOf(event), sigma).map((v) => scale * v)
  return ndarray(values, [2, ...event], dtype)
}

describe.each(list)('$name', ({ event, build, dtypes, exact, far }) => {
  const size = sizeOf(event)

  it.each([...dtypes])('keeps shape and dtype, is finite at every level (%s)', async (dtype) => {
    const run = evaluate(build(dtype))
    for (const sigma of levels) {
      const out = await run(noisy(event, sigma, dtype), sigma)
      expect(out.shape).toEqual([2, ...event])
      expect(out.dtype).toBe(dtype)
      expect(toNumbers(out).every(Number.isFinite)).toBe(true)
    }
  })

  it.each([...dtypes])('a sample does not depend on its batch (%s)', async (dtype) => {
    const run = evaluate(build(dtype))
    const x = noisy(event, 0.5, dtype)
    const values = toNumbers(x)
    const together = toNumbers(await run(x, 0.5))
    for (const i of [0, 1]) {
      const alone = await run(ndarray(values.slice(i * size, (i + 1) * size), [1, ...event], dtype), 0.5)
      expectClose(
        toNumbers(alone),
        together.slice(i * size, (i + 1) * size),
        dtype === 'float64' ? 1e-13 : 1e-5,
      )
    }
  })

  it.each([...dtypes])('is the identity as sigma goes to 0 (%s)', async (dtype) => {
    const x = noisy(event, 0, dtype)
    const tolerance = dtype === 'float64' ? 1e-6 : 1e-5
    expectClose(toNumbers(await evaluate(build(dtype))(x, 1e-7)), toNumbers(x), tolerance)
  })

  it.runIf(exact).each([...dtypes])('equals the dense formula at every level (%s)', async (dtype) => {
    const run = evaluate(build(dtype))
    for (const sigma of levels) {
      const x = noisy(event, sigma, dtype)
      const values = toNumbers(x)
      const want = [0, 1].flatMap((i) => exact?.(values.slice(i * size, (i + 1) * size), sigma) ?? [])
      const got = toNumbers(await run(x, sigma))
      expectClose(got, want, dtype === 'float64' ? 1e-10 : 2e-5, `sigma ${sigma}:`)
    }
  })

  it.runIf(far).each([...dtypes])('goes to the prior mean as sigma grows (%s)', async (dtype) => {
    const x = noisy(event, 1, dtype)
    const want = [...(far ?? []), ...(far ?? [])]
    expectClose(toNumbers(await evaluate(build(dtype))(x, 1e4)), want, 1e-5)
  })

  it.runIf(exact)('is a gradient field: its Jacobian is symmetric and non-negative', async () => {
    const denoiser = build('float64')
    const program = jit((x: Tensor, s: Tensor, v: Tensor) => vjp(denoiser(x, s), x, v))
    for (const sigma of [0.05, 0.7, 4]) {
      const point = toNumbers(noisy(event, sigma, 'float64')).slice(0, size)
      const x = ndarray(Array.from({ length: size }, () => point).flat(), [size, ...event], 'float64')
      const eye = ndarray(Matrix.eye(size).to1DArray(), [size, ...event], 'float64')
      const out = await program(x, full([size], sigma, 'float64'), eye)
      const jacobian = Matrix.from1DArray(size, size, toNumbers(out))
      expect(Matrix.sub(jacobian, jacobian.transpose()).abs().max()).toBeLessThan(1e-12)
      for (const v of [wave(size), wave(size, 3)]) {
        const column = Matrix.columnVector(v)
        expect(column.transpose().mmul(jacobian).mmul(column).get(0, 0)).toBeGreaterThan(0)
      }
    }
  })
})

describe.each(covariances)('posterior covariance, $name', ({ of, dense }) => {
  const v = wave(2 * n, 8)
  const times = (matrix: Matrix) =>
    [0, 1].flatMap((i) => matrix.mmul(Matrix.columnVector(v.slice(i * n, (i + 1) * n))).to1DArray())

  it.each([...both])(
    'V v = σ² Σ (Σ + σ²I)⁻¹ v without cancellation from σ = 1e-3 to 1e2 (%s)',
    async (dtype) => {
      const program = jit((s: Tensor, v: Tensor) => gaussianCovariance(of(dtype), s, v))
      for (const sigma of levels) {
        const want = times(gain(sigma, dense).mul(sigma ** 2))
        const scale = Math.max(...want.map(Math.abs))
        const got = await program(full([2], sigma, dtype), ndarray(v, [2, 2, 3], dtype))
        expect(got.shape).toEqual([2, 2, 3])
        expectClose(
          toNumbers(got).map((x) => x / scale),
          want.map((x) => x / scale),
          dtype === 'float64' ? 1e-10 : 1e-5,
          `sigma ${sigma}:`,
        )
      }
    },
  )

  it('Σ v', async () => {
    const got = await jit((v: Tensor) => covarianceTimes(of('float64'), v))(ndarray(v, [2, n], 'float64'))
    expectClose(toNumbers(got), times(dense), 1e-12)
  })
})

it('a Gaussian denoiser names the size of an event that does not fit', () => {
  const denoiser = gaussianDenoiser({
    mean: ndarray(mean),
    covariance: { kind: 'isotropic', variance: 1 },
  })
  const program = jit(denoiser)
  return expect(program(ndarray([1, 2], [1, 2]), ndarray([1]))).rejects.toThrow(/6 entries.*\[2\]/)
})

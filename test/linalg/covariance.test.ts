/** Covariances in every form against dense matrices. */
import { CholeskyDecomposition, determinant, EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  asLowRank,
  type Covariance,
  cosine,
  covarianceFactor,
  covarianceInverse,
  covarianceLogDet,
  covarianceMatrix,
  covarianceTimes,
  diagonal,
  fullRank,
  isotropic,
  lowRank,
} from '../../src/linalg/index.ts'
import { constant, jit, mul, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../numbers.ts'

const n = 6
const event = [2, 3] as const
const variances = [0.5, 1, 2, 0.01, 0.3, 1.5]
const oblique = wave(2 * n, 4)
const U = Matrix.from1DArray(n, 2, oblique)
const outer = U.mmul(U.transpose())
const full = Matrix.diag(variances).add(outer)

/** The cosine basis of [2, 3], each of its vectors in a row. */
const cosines = (size: number): Matrix =>
  new Matrix(
    Array.from({ length: size }, (_, k) =>
      Array.from(
        { length: size },
        (_, i) => Math.sqrt((k ? 2 : 1) / size) * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * size)),
      ),
    ),
  )
const basis = cosines(2).kroneckerProduct(cosines(3))
const inBasis = (within: Matrix): Matrix => {
  const M = basis.transpose().mmul(within).mmul(basis)
  return Matrix.add(M, M.transpose()).div(2) // without the rounding that is not symmetric
}

type Float = 'float32' | 'float64'

const forms: readonly { name: string; of: (dtype: Float) => Covariance; dense: Matrix }[] = [
  { name: 'isotropic', of: () => isotropic(0.09), dense: Matrix.eye(n).mul(0.09) },
  {
    name: 'diagonal',
    of: (dtype) => diagonal(ndarray(variances, event, dtype)),
    dense: Matrix.diag(variances),
  },
  {
    name: 'one variance and columns that are not orthogonal',
    of: (dtype) => lowRank(0.2, ndarray(oblique, [n, 2], dtype)),
    dense: Matrix.eye(n).mul(0.2).add(outer),
  },
  {
    name: 'a diagonal and columns that are not orthogonal',
    of: (dtype) => lowRank(ndarray(variances, [n], dtype), ndarray(oblique, [n, 2], dtype)),
    dense: full,
  },
  { name: 'written out', of: (dtype) => fullRank(ndarray(full.to1DArray(), [n, n], dtype)), dense: full },
  {
    name: 'cosines',
    of: (dtype) => cosine(event, diagonal(ndarray(variances, [n], dtype))),
    dense: inBasis(Matrix.diag(variances)),
  },
  {
    name: 'cosines and columns',
    of: (dtype) => cosine(event, lowRank(ndarray(variances, [n], dtype), ndarray(oblique, [n, 2], dtype))),
    dense: inBasis(full),
  },
  {
    name: 'known by its products',
    of: () => ({
      kind: 'custom',
      apply: (v) => mul(v, 4),
      factor: (z) => mul(z, 2),
      inverse: (v) => mul(v, 0.25),
      logDet: () => n * Math.log(4),
    }),
    dense: Matrix.eye(n).mul(4),
  },
]

/** The matrix of a linear map of events, from its columns. */
const matrixOf = async (map: (v: Tensor) => Tensor, dtype: Float = 'float64'): Promise<Matrix> => {
  const program = jit(map)
  const out = await program(ndarray(Matrix.eye(n).to1DArray(), [n, ...event], dtype))
  await program.release()
  return Matrix.from1DArray(n, n, toNumbers(out)).transpose()
}

describe.each(forms)('$name', ({ of, dense }) => {
  it('multiplies, and divides', async () => {
    for (const [dtype, tolerance] of [
      ['float64', 1e-11],
      ['float32', 2e-5],
    ] as const) {
      const times = await matrixOf((v) => covarianceTimes(of(dtype), v), dtype)
      expectClose(times.to1DArray(), dense.to1DArray(), tolerance)
      const inverse = await matrixOf((v) => covarianceInverse(of(dtype), v), dtype)
      const want = new CholeskyDecomposition(dense).solve(Matrix.eye(n))
      expectClose(inverse.to1DArray(), want.to1DArray(), tolerance)
    }
  })

  it('has a factor L with L Lᵀ = Σ', async () => {
    const L = await matrixOf((z) => covarianceFactor(of('float64'), z))
    expectClose(L.mmul(L.transpose()).to1DArray(), dense.to1DArray(), 1e-12)
  })

  it('knows its determinant', async () => {
    const v = f64(wave(n), [1, ...event])
    const logDet = covarianceLogDet(of('float64'), constant(v))
    const value = typeof logDet === 'number' ? logDet : toNumbers(await jit((_: Tensor) => logDet)(v))[0]
    expect(value).toBeCloseTo(Math.log(determinant(dense)), 10)
  })

  it('arrays of one dtype serve programs in the other', async () => {
    const times = await matrixOf((v) => covarianceTimes(of('float32'), v), 'float64')
    expectClose(times.to1DArray(), dense.to1DArray(), 1e-6)
  })
})

it.each(forms.slice(0, -1))('written out outside programs: $name', ({ of, dense }) => {
  expectClose(toNumbers(covarianceMatrix(of('float64'), n)), dense.to1DArray(), 1e-14)
})

it('what is not known outside programs cannot be written out', () => {
  const ofProgram = diagonal(mul(constant(f64(variances)), 2))
  expect(() => covarianceMatrix(ofProgram, n)).toThrow(
    'a diagonal covariance has no numbers outside a program',
  )
})

it('the factor of a low-rank covariance on normals of its columns: L = [D^½ U]', async () => {
  const covariance = lowRank(f64(variances), f64(oblique, [n, 2]))
  const program = jit((z: Tensor, shared: Tensor) => covarianceFactor(covariance, z, shared))
  const [own, shared] = [Matrix.zeros(n + 2, n), Matrix.zeros(n + 2, 2)]
  for (let i = 0; i < n; i++) own.set(i, i, 1)
  for (let j = 0; j < 2; j++) shared.set(n + j, j, 1)
  const out = await program(f64(own.to1DArray(), [n + 2, n]), f64(shared.to1DArray(), [n + 2, 2]))
  await program.release()
  const L = Matrix.from1DArray(n + 2, n, toNumbers(out)).transpose()
  expectClose(L.mmul(L.transpose()).to1DArray(), full.to1DArray(), 1e-12)
})

it('a diagonal with a row for each of a batch', async () => {
  const rows = f64([1, 2, 3, 4, 5, 6], [2, 3])
  const program = jit((v: Tensor, d: Tensor) => {
    const covariance = diagonal(d)
    const logDet = covarianceLogDet(covariance, v)
    if (typeof logDet === 'number') throw new Error('differs between rows')
    return { times: covarianceTimes(covariance, v), logDet }
  })
  const { times, logDet } = await program(f64([1, 1, 1, 2, 2, 2], [2, 3]), rows)
  await program.release()
  expect(toNumbers(times)).toEqual([1, 2, 3, 8, 10, 12])
  expectClose(toNumbers(logDet), [Math.log(6), Math.log(120)], 1e-14)
})

describe('what is no covariance is refused', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a variance of %s', (variance) => {
    expect(() => isotropic(variance)).toThrow(`isotropic: the variance must be positive, got ${variance}`)
    expect(() => diagonal(f64([1, variance]))).toThrow(`must be positive, got ${variance} at entry 1`)
    expect(() => diagonal(constant(f64([1, variance])))).toThrow(
      `must be positive, got ${variance} at entry 1`,
    )
    expect(() => lowRank(variance, f64([1, 1], [2, 1]))).toThrow(`must be positive, got ${variance}`)
  })

  it('a factor that does not fit', () => {
    expect(() => lowRank(f64([1, 2]), f64([1, 2, 3], [3, 1]))).toThrow(
      'lowRank: expected U [N, r] with N = 2, got [3,1]',
    )
    expect(() => lowRank(1, f64([1, 2, 3]))).toThrow('lowRank: expected U [N, r], got [3]')
  })

  it('a matrix that is not square, not symmetric, not positive definite', async () => {
    expect(() => fullRank(f64([1, 2], [1, 2]))).toThrow('fullRank: expected Σ [N, N], got [1,2]')
    expect(() => fullRank(f64([1, 0.5, 0.2, 1], [2, 2]))).toThrow(
      'fullRank: Σ must be symmetric, got 0.5 at 0, 1 and 0.2 at 1, 0',
    )
    const indefinite = fullRank(f64([1, 2, 2, 1], [2, 2]))
    await expect(jit((v: Tensor) => covarianceInverse(indefinite, v))(f64([1, 1], [1, 2]))).rejects.toThrow(
      'fullRank: Σ must be positive definite, its smallest eigenvalue is -1.00',
    )
  })
})

describe('a covariance for those who know s² I + U Uᵀ alone', () => {
  it('is itself, or of cosines the closest', () => {
    for (const one of [isotropic(2), lowRank(0.2, ndarray(oblique, [n, 2]))]) expect(asLowRank(one)).toBe(one)
    const within = lowRank(ndarray(variances, [n]), ndarray(oblique, [n, 2]))
    const simple = asLowRank(cosine(event, within))
    if (!simple) throw new Error('cosines have one')
    expectClose(toNumbers(covarianceMatrix(simple, n)), inBasis(full).to1DArray(), 1e-5)
    const many = 100
    const decays = Array.from({ length: many }, (_, k) => 1 / (1 + k))
    const cut = asLowRank(cosine([many], diagonal(ndarray(decays, [many]))))
    if (cut?.kind !== 'lowRank') throw new Error('64 columns')
    expect(cut.factor.shape).toEqual([many, 64])
    const tail = decays.slice(64).reduce((a, b) => a + b) / 36
    expect(cut.variance).toBeCloseTo(tail, 6)
    const values = new EigenvalueDecomposition(
      Matrix.from1DArray(many, many, toNumbers(covarianceMatrix(cut, many))),
    ).realEigenvalues.sort((a, b) => b - a)
    expectClose(values.slice(0, 64), decays.slice(0, 64), 1e-5)
    expect(asLowRank(diagonal(ndarray(variances, [n])))).toBeUndefined()
  })
})

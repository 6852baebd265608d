/**
 * Each method's step, written in variance-preserving coordinates as it is published, in plain numbers,
 * against our step with the denoiser form. The prior is a small network of the VP state u: x̂ = B tanh(C u),
 * so that J is neither symmetric nor constant.
 */
import { inverse, Matrix, pseudoInverse, SingularValueDecomposition } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { type Denoiser, ddpm, gaussianDenoiser, standardGaussian } from '../../src/diffusion/index.ts'
import { gmres } from '../../src/linalg/index.ts'
import {
  identity,
  isotropicNoise,
  type LinearOperator,
  type Observation,
  type Operator,
  projection,
} from '../../src/operators/index.ts'
import { ddnm, diffpir, dps, mcg, mmps, onesCovariance, pigdm, tmpd } from '../../src/posterior/index.ts'
import {
  alignTo,
  constant,
  div,
  jit,
  matmul,
  add as plus,
  slice,
  sqrt,
  square,
  type Tensor,
  tanh,
  toNumbers,
} from '../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../numbers.ts'

const [n, m] = [4, 3]
const C = Matrix.from1DArray(n, n, wave(n * n, 1))
const B = Matrix.from1DArray(n, n, wave(n * n, 5))
const A = Matrix.from1DArray(m, n, wave(m * n, 10))
const pinvA = pseudoInverse(A)
const noise = 0.3
const y = Matrix.columnVector(wave(m, 20))
const z = Matrix.columnVector(wave(n, 21))
const [sigmaT, sigmaS] = [0.8, 0.5]

const table = (M: Matrix) => constant(f64(M.to1DArray(), [M.rows, M.columns]))

const prior: Denoiser = (xt, sigma) => {
  const u = div(xt, sqrt(plus(square(alignTo(sigma, xt)), 1)))
  return matmul(tanh(matmul(u, table(C), { transB: true })), table(B), { transB: true })
}

const operator = (): LinearOperator => ({
  ...projection(constant(f64(A.to1DArray(), [1, m, n]))),
  pinv: (v) => matmul(v, table(pinvA), { transB: true }),
})

/** VP quantities at the two levels. */
const [abarT, abarS] = [sigmaT, sigmaS].map((s) => 1 / (1 + s ** 2))
const ut = Matrix.columnVector(wave(n, 22))
const hidden = C.mmul(ut).to1DArray().map(Math.tanh)
const xhat = B.mmul(Matrix.columnVector(hidden))
/** (∂x̂/∂ut)ᵀ v. */
const g = (v: Matrix) =>
  C.transpose()
    .mmul(Matrix.diag(hidden.map((h) => 1 - h ** 2)))
    .mmul(B.transpose())
    .mmul(v)
const e = Matrix.sub(y, A.mmul(xhat))
const At = A.transpose()
const eye = (size: number) => Matrix.eye(size)
const scaled = (M: Matrix, by: number) => Matrix.mul(M, by)

/** The published ancestral step without guidance, and its sensitivity to x̂. */
const plain = (): { us: Matrix; kappa: number } => {
  const sg = Math.sqrt((1 - abarS) / (1 - abarT)) * Math.sqrt(1 - abarT / abarS)
  const rest = Math.sqrt(1 - abarS - sg ** 2)
  const eps = Matrix.sub(ut, scaled(xhat, Math.sqrt(abarT))).div(Math.sqrt(1 - abarT))
  const us = scaled(xhat, Math.sqrt(abarS)).add(scaled(eps, rest)).add(scaled(z, sg))
  return { us, kappa: Math.sqrt(abarS) - (rest * Math.sqrt(abarT)) / Math.sqrt(1 - abarT) }
}
const { us, kappa } = plain()
const c = (1 - abarT) / Math.sqrt(abarT)
const shift = (by: Matrix, weight: number) => Matrix.add(us, scaled(by, weight))
const solve = (M: Matrix, b: Matrix) => inverse(M).mmul(b)
const Sy = scaled(eye(m), noise ** 2)
/** A c gᵀ Aᵀ as a matrix, and Σ_j g(e_j) as a vector. */
const dense = (fn: (v: Matrix) => Matrix, size: number) =>
  new Matrix(Array.from({ length: size }, (_, j) => fn(eye(size).getColumnVector(j)).to1DArray())).transpose()

const dpsStep = (zeta: number) => shift(g(At.mmul(e)).div(e.norm()), zeta)
const pigdmShift = () => {
  const r = 1 - abarT
  return scaled(g(At.mmul(solve(Matrix.add(Sy, scaled(A.mmul(At), r)), e))), r)
}

const published: { name: string; guide: (o: Observation) => Denoiser; want: () => Matrix }[] = [
  {
    name: 'mmps',
    guide: (o) => mmps({ solve: gmres({ iterations: m, ridge: 0 }) })(prior, o),
    want: () => {
      const u = solve(
        Matrix.add(
          Sy,
          dense((v) => scaled(A.mmul(g(At.mmul(v))), c), m),
        ),
        e,
      )
      return shift(g(At.mmul(u)), kappa * c)
    },
  },
  { name: 'dps', guide: (o) => dps({ zeta: 0.7 })(prior, o), want: () => dpsStep(0.7) },
  {
    name: 'pigdm',
    guide: (o) => pigdm()(prior, o),
    want: () => shift(pigdmShift(), Math.sqrt(abarS * abarT)),
  },
  {
    name: 'pigdm, half the weight',
    guide: (o) => pigdm({ weight: 0.5 })(prior, o),
    want: () => shift(pigdmShift(), 0.5 * Math.sqrt(abarS * abarT)),
  },
  {
    name: 'pigdm by pseudo-inverse',
    guide: (o) => pigdm({ form: 'pinv' })(prior, o),
    want: () => shift(g(Matrix.sub(pinvA.mmul(y), pinvA.mmul(A).mmul(xhat))), Math.sqrt(abarS * abarT)),
  },
  {
    name: 'tmpd by row sums',
    guide: (o) => tmpd()(prior, o),
    want: () => {
      const V = Matrix.diag(scaled(g(Matrix.ones(n, 1)), c).to1DArray())
      return shift(g(At.mmul(solve(Matrix.add(Sy, A.mmul(V).mmul(At)), e))), kappa * c)
    },
  },
  {
    name: 'tmpd, diagonal',
    guide: (o) => tmpd({ form: 'diagonal' })(prior, o),
    want: () => {
      const spread = scaled(A.mmul(g(At.mmul(Matrix.ones(m, 1)))), c).to1DArray()
      const u = e.to1DArray().map((v, i) => v / (noise ** 2 + Math.max(0, spread[i])))
      return shift(g(At.mmul(Matrix.columnVector(u))), kappa * c)
    },
  },
  {
    name: 'diffpir',
    guide: (o) => diffpir({ lambda: 3 })(prior, o),
    want: () => {
      const rho = (1 - abarT) / (3 * abarT) / noise ** 2
      const delta = solve(Matrix.add(eye(n), scaled(At.mmul(A), rho)), scaled(At.mmul(e), rho))
      return shift(delta, kappa)
    },
  },
]

const step = async (guide: (o: Observation) => Denoiser, A: Operator = operator()): Promise<number[]> => {
  const program = jit(
    (x: Tensor, z: Tensor, y: Tensor, t: Tensor, s: Tensor) =>
      ddpm().step(guide({ y, A, noise: isotropicNoise(noise) }), { x, memory: [] }, { t, s, before: t }, z).x,
  )
  const xt = scaled(ut, 1 / Math.sqrt(abarT)).to1DArray()
  const out = await program(
    f64(xt, [1, n]),
    f64(z.to1DArray(), [1, 1, n]),
    f64(wave(A.outShape[0], 20), [1, A.outShape[0]]),
    f64([sigmaT], []),
    f64([sigmaS], []),
  )
  await program.release()
  return toNumbers(out)
}

/** An x of our coordinates in variance-preserving ones. */
const inVp = (xs: readonly number[]): number[] => xs.map((v) => v * Math.sqrt(abarS))

describe('one ancestral step from 0.8 to 0.5', () => {
  it.each(published)('$name, as published', async ({ guide, want }) => {
    const wanted = want().to1DArray()
    expectClose(inVp(await step(guide)), wanted, 1e-9)
    expect(Math.hypot(...wanted.map((v, i) => v - us.get(i, 0)))).toBeGreaterThan(1e-3) // there is guidance
  })

  it('mcg: the unobserved part is that of DPS, the observed part y and noise of variance σs²', async () => {
    const hidden = Matrix.sub(eye(n), pinvA.mmul(A))
    const own = new Matrix([inVp(await step((o) => mcg({ zeta: 0.7 })(prior, o)))]).transpose()
    expectClose(hidden.mmul(own).to1DArray(), hidden.mmul(dpsStep(0.7)).to1DArray(), 1e-9)
    const seen = A.mmul(own).div(Math.sqrt(abarS)).to1DArray()
    const keep = (sigmaS / sigmaT) ** 2
    const before = Matrix.sub(A.mmul(ut).div(Math.sqrt(abarT)), y) // A xt − y, of variance σt² A Aᵀ
    const fresh = A.mmul(z).mul(sigmaS * Math.sqrt(1 - keep))
    expectClose(seen, Matrix.add(y, scaled(before, keep)).add(fresh).to1DArray(), 1e-9)
    expect(keep ** 2 * sigmaT ** 2 + sigmaS ** 2 * (1 - keep)).toBeCloseTo(sigmaS ** 2, 12)
  })

  it('mcg without an exact projection: a step along Aᵀ/‖A‖² from the answer of DPS', async () => {
    const { pinv: _, ...plain } = operator()
    const own = inVp(await step((o) => mcg({ zeta: 0.7 })(prior, o), plain))
    const direction = scaled(g(At.mmul(e)).div(e.norm()), 0.7 / kappa)
    const left = Matrix.sub(e, A.mmul(direction)) // y − A D_dps
    const squared = new SingularValueDecomposition(A.transpose()).norm2 ** 2
    const want = Matrix.add(dpsStep(0.7), scaled(At.mmul(left), kappa / squared)).to1DArray()
    expectClose(own, want, 1e-3) // ‖A‖ by power iteration
  })

  it('mcg of noise alone is dps', async () => {
    const [own, plain] = [
      await step((o) => mcg({ zeta: 0.7 })(prior, o), identity([n])),
      await step((o) => dps({ zeta: 0.7 })(prior, o), identity([n])),
    ]
    expect(own).toEqual(plain)
  })

  it('ddnm: the same observed part, the unobserved part of the prior', async () => {
    const hidden = Matrix.sub(eye(n), pinvA.mmul(A))
    const [own, both] = [await step((o) => ddnm()(prior, o)), await step((o) => mcg({ zeta: 0.7 })(prior, o))]
    const column = (v: number[]) => new Matrix([v]).transpose()
    expectClose(hidden.mmul(column(inVp(own))).to1DArray(), hidden.mmul(us).to1DArray(), 1e-9)
    expectClose(A.mmul(column(own)).to1DArray(), A.mmul(column(both)).to1DArray(), 1e-9)
  })

  it('dps through a non-linear operator: the derivative is taken at x̂', async () => {
    const squares: Operator = {
      name: 'squares of the first three',
      linear: false,
      inShape: [n],
      outShape: [m],
      apply: (x) => square(slice(x, [0, 0], [1, m])),
    }
    const seen = xhat.to1DArray().slice(0, m)
    const residual = seen.map((v, i) => y.get(i, 0) - v ** 2)
    const length = Math.hypot(...residual)
    const pulled = [...seen.map((v, i) => (2 * v * residual[i]) / length), 0]
    const want = shift(g(Matrix.columnVector(pulled)), 0.7).to1DArray()
    expectClose(inVp(await step((o) => dps({ zeta: 0.7 })(prior, o), squares)), want, 1e-9)
  })
})

describe('with a prior N(0, I), where V = σ²/(1 + σ²) I is the truth', () => {
  const sigma = 0.6
  const standard = gaussianDenoiser(standardGaussian(n, f64([0, 0, 0, 0])))
  const solve = gmres({ iterations: m, ridge: 0 })
  // ΠGDM moves the next state by r Jᵀ Aᵀ u; a step of this sensitivity makes it σ² Jᵀ Aᵀ u in the denoiser.
  const kappa = 1 / (1 + sigma ** 2)
  const own: { name: string; guide: (o: Observation) => Denoiser }[] = [
    { name: 'mmps', guide: (o) => mmps({ solve })(standard, o) },
    { name: 'mmps by V = r I', guide: (o) => mmps({ solve, covariance: onesCovariance })(standard, o) },
    { name: 'tmpd by row sums', guide: (o) => tmpd({ solve })(standard, o) },
    { name: 'pigdm at the step of sensitivity 1/(1 + σ²)', guide: (o) => pigdm({ solve })(standard, o) },
  ]

  it.each(own)('$name is E[x | xt, y]', async ({ guide }) => {
    const program = jit((x: Tensor, s: Tensor, y: Tensor, next: Tensor, sensitivity: Tensor) =>
      guide({ y, A: operator(), noise: isotropicNoise(noise) })(x, s, { sigma: next, sensitivity }),
    )
    const xt = wave(n, 30)
    const got = await program(
      f64(xt, [1, n]),
      f64([sigma]),
      f64(y.to1DArray(), [1, m]),
      f64([0.5], []),
      f64([kappa], []),
    )
    await program.release()
    const precision = eye(n)
      .mul(1 + 1 / sigma ** 2)
      .add(At.mmul(A).div(noise ** 2))
    const information = At.mmul(y)
      .div(noise ** 2)
      .add(Matrix.columnVector(xt).div(sigma ** 2))
    expectClose(toNumbers(got), inverse(precision).mmul(information).to1DArray(), 1e-9)
  })
})

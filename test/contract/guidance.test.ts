import { Matrix, pseudoInverse } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { gaussianDenoiser, type Move, preconditioned } from '../../src/diffusion/index.ts'
import { mlp } from '../../src/nn/index.ts'
import { diagonalNoise, isotropicNoise, mask, projection } from '../../src/operators/index.ts'
import { gaussianPosteriorCovariance, mmps } from '../../src/posterior/index.ts'
import {
  constant,
  frozen,
  full,
  fullLike,
  jit,
  matmul,
  mean,
  mul,
  ndarray,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { drawn, guidedTruth, type Problem, prior, problems, SIZE } from '../exact/circulant.ts'
import { guidedErrors } from '../exact/guided-denoiser.ts'
import { distance, expectClose, f64, wave } from '../numbers.ts'
import { enough, guidanceMethods, type ListedGuidance, registered } from './lists/guidance.ts'

it('the list holds every method that makes a denoiser', () => {
  const names = registered.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['mmps', 'dps', 'pigdm', 'tmpd', 'diffpir', 'mcg', 'ddnm']))
})

/** Where a sampler would go from σ: methods that shift the next state need to know. */
const moveFrom = (sigma: Tensor): Move => {
  const level = mean(sigma)
  return { sigma: mul(level, 0.8), sensitivity: fullLike(level, 1 - 0.8 ** 2) }
}

const levels = [1e-3, 0.03, 0.3, 1, 10, 100]

/** Largest |D_y − E[x | xt, y]| over the levels, relative to the posterior's scale. */
const worst = async (guide: ListedGuidance['guide'], problem: Problem): Promise<number> => {
  const { A, noise } = problem
  const back = pseudoInverse(A)
  const pinv = (v: Tensor) => matmul(v, constant(f64(back.to1DArray(), [SIZE, A.rows])), { transB: true })
  const program = jit((x: Tensor, s: Tensor, y: Tensor) => {
    const matrix = constant(f64(A.to1DArray(), [1, A.rows, SIZE]))
    const seen = { y, A: { ...projection(matrix), pinv }, noise: isotropicNoise(noise) }
    return guide(gaussianDenoiser(prior()), seen)(x, s, moveFrom(s))
  })
  const y = drawn(problem, 5)
  const errors: number[] = []
  for (const sigma of levels) {
    const x = wave(SIZE, sigma).map((v) => v * Math.hypot(0.4, sigma))
    const { ofX, ofY } = guidedTruth(problem, sigma)
    const want = ofX
      .mmul(Matrix.columnVector(x))
      .add(ofY.mmul(Matrix.columnVector(y)))
      .to1DArray()
    const got = await program(f64(x, [1, SIZE]), f64([sigma]), f64(y, [1, A.rows]))
    errors.push(distance(toNumbers(got), want))
  }
  await program.release()
  return Math.max(...errors)
}

const net = mlp({ features: 4, hidden: [16], emb: 8 })
const networkPrior = preconditioned(net, frozen(net.init(3)))

/** What every guidance method must do; the list is in lists/guidance.ts. */
describe.each([...guidanceMethods])('$name', ({ guide, exact, noiseless }) => {
  it.runIf(exact).each(problems())(
    'gives E[x | xt, y] of a Gaussian prior at every level, $name',
    async (problem) => {
      expect(await worst(guide, problem)).toBeLessThan(1e-6)
    },
  )

  it.runIf(!exact)('is not exact, and the test can tell', async () => {
    expect(await worst(guide, problems()[1])).toBeGreaterThan(1e-3)
  })

  it.runIf(!noiseless)('ignores an observation without information', async () => {
    const program = jit((x: Tensor, s: Tensor, y: Tensor) => {
      const seen = { y, A: mask(constant(full([1, 4], 1))), noise: isotropicNoise(1e6) }
      return { guided: guide(networkPrior, seen)(x, s, moveFrom(s)), prior: networkPrior(x, s) }
    })
    const x = ndarray(wave(4), [1, 4])
    const { guided, prior } = await program(x, ndarray([0.5]), ndarray([1, 2, 3, 4], [1, 4]))
    expectClose(toNumbers(guided), toNumbers(prior), 1e-6)
  })

  it('with a network: shape, finite at every level, each sample alone', async () => {
    const program = jit((x: Tensor, s: Tensor, y: Tensor, m: Tensor) =>
      guide(networkPrior, { y, A: mask(m), noise: diagonalNoise(ndarray([0.1, 0.2, 0.1, 0.3])) })(
        x,
        s,
        moveFrom(s),
      ),
    )
    for (const sigma of levels) {
      const x = wave(8, 1).map((v) => v * Math.hypot(1, sigma))
      const y = [0.5, 0, -1, 0, 0, 0.2, 0, 1]
      const m = [1, 0, 1, 0, 0, 1, 0, 1]
      const batch = (v: number[]) => ndarray(v, [2, 4])
      const both = await program(batch(x), full([2], sigma), batch(y), batch(m))
      expect(both.shape).toEqual([2, 4])
      const values = toNumbers(both)
      expect(values.every(Number.isFinite)).toBe(true)
      for (const i of [0, 1]) {
        const own = (v: number[]) => ndarray(v.slice(4 * i, 4 * i + 4), [1, 4])
        const alone = toNumbers(await program(own(x), full([1], sigma), own(y), own(m)))
        const size = Math.max(1, ...alone.map(Math.abs))
        expectClose(
          alone.map((v) => v / size),
          values.slice(4 * i, 4 * i + 4).map((v) => v / size),
          1e-4,
        )
      }
    }
  })
})

it.each(problems())(
  "mmps with the prior's own covariance in the system is exact too, $name",
  async (problem) => {
    const covariance = gaussianPosteriorCovariance(prior().covariance)
    expect(await worst(mmps({ solve: enough.cg, covariance }), problem)).toBeLessThan(1e-6)
  },
)

it.each(problems())('the gate of the guided denoiser holds, $name', async (problem) => {
  expect(Math.max(...(await guidedErrors(problem)))).toBeLessThan(1e-6)
})

it('in float32 the guided denoiser keeps four digits from σ = 1e-3 to 1e2', async () => {
  const problem = problems()[1]
  const { A, noise } = problem
  const { mean: centre, covariance } = prior()
  if (covariance.kind !== 'lowRank') throw new Error('the prior of this test is low rank plus diagonal')
  const narrow = {
    mean: ndarray(toNumbers(centre)),
    covariance: { ...covariance, factor: ndarray(toNumbers(covariance.factor), covariance.factor.shape) },
  }
  const program = jit((x: Tensor, s: Tensor, y: Tensor) => {
    const matrix = constant(ndarray(A.to1DArray(), [1, A.rows, SIZE]))
    const seen = { y, A: projection(matrix), noise: isotropicNoise(noise) }
    return mmps({ solve: enough.cg })(gaussianDenoiser(narrow), seen)(x, s)
  })
  const y = drawn(problem, 5)
  for (const sigma of levels) {
    const x = wave(SIZE, sigma).map((v) => v * Math.hypot(0.4, sigma))
    const { ofX, ofY } = guidedTruth(problem, sigma)
    const want = ofX
      .mmul(Matrix.columnVector(x))
      .add(ofY.mmul(Matrix.columnVector(y)))
      .to1DArray()
    const got = await program(ndarray(x, [1, SIZE]), ndarray([sigma]), ndarray(y, [1, A.rows]))
    expectClose(toNumbers(got), want, 1e-4, `sigma ${sigma}:`)
  }
})

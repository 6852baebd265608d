/** conditional(): E[x | xt, y] = E[x | m], against exact() and against draws of an exact posterior. */
import { describe, expect, it } from 'vitest'
import { slicedWasserstein } from '../../../src/diagnose/index.ts'
import {
  type AnisotropicDenoiser,
  dpmSolver,
  exponentialSchedule,
  type Gaussian,
  gaussianAnisotropic,
  gaussianDenoiser,
  type Mixture,
  mixtureDenoiser,
} from '../../../src/diffusion/index.ts'
import { constantLike, exactSolve, fullRank, isotropic, lowRank } from '../../../src/linalg/index.ts'
import {
  averagePool,
  clipping,
  fourier,
  gaussianBlur,
  identity,
  isotropicNoise,
  type LinearOperator,
  lowRankNoise,
  mask,
  projection,
  scaled,
} from '../../../src/operators/index.ts'
import { compileMethod, conditional, exact, mmps } from '../../../src/posterior/index.ts'
import { normal, stream, uniform } from '../../../src/random/index.ts'
import {
  add,
  constant,
  div,
  expandDims,
  full,
  jit,
  log,
  mul,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  toNumbers,
  transpose,
} from '../../../src/tensor/index.ts'
import { expectClose, f64 } from '../../numbers.ts'

const B = 5
const sigmas = [0.02, 0.3, 1, 4, 60]
const NOISE = 0.3

const normals = (name: string, shape: Shape): NdArray => f64(toNumbers(normal(stream(3, name), shape)), shape)

/** N(μ, L Lᵀ) over n entries, with strong correlations. */
const gaussianOf = (n: number): Gaussian => {
  const L = toNumbers(normals('factor', [n, n]))
  const entry = (i: number, j: number): number => {
    const along = Array.from({ length: n }, (_, k) => L[i * n + k] * L[j * n + k])
    return along.reduce((a, b) => a + b, 0) / n + (i === j ? 0.05 : 0)
  }
  const matrix = Array.from({ length: n * n }, (_, i) => entry(Math.floor(i / n), i % n))
  return { mean: normals('mean', [n]), covariance: fullRank(f64(matrix, [n, n])) }
}

/** The Gaussian of the coefficients in an operator's basis, of which D is the denoiser. */
const inBasis = async ({ mean, covariance }: Gaussian, A: LinearOperator): Promise<Gaussian> => {
  const { forward, shape } = A.eigenbasis ?? { forward: (x: Tensor) => x, shape: A.inShape }
  if (covariance.kind !== 'fullRank') throw new Error('this one is written out')
  const n = mean.size
  const program = jit((mu: Tensor, S: Tensor) => ({ mu: forward(mu), rows: forward(S) }))
  const shaped = (a: NdArray, rows: number) => f64(toNumbers(a), [rows, ...A.inShape])
  const once = await program(shaped(mean, 1), shaped(covariance.matrix, n))
  const half = toNumbers(once.rows) // Σ Q, by rows of Σ
  const turned = f64(
    Array.from({ length: n * n }, (_, i) => half[(i % n) * n + Math.floor(i / n)]),
    [n, n],
  )
  const twice = await program(shaped(mean, 1), shaped(turned, n))
  await program.release()
  const matrix = toNumbers(twice.rows)
  const even = matrix.map((v, i) => (v + matrix[(i % n) * n + Math.floor(i / n)]) / 2)
  return { mean: f64(toNumbers(once.mu), [sizeOf(shape)]), covariance: fullRank(f64(even, [n, n])) }
}

const bits = constant(f64(toNumbers(uniform(stream(3, 'mask'), [B, 8])).map(Math.round), [B, 8]))
const frequencies = constant(f64([1, 0, 1, 0, 0, 1, 1, 0], [1, 1, 2, 4]))

const operators: readonly [string, LinearOperator][] = [
  ['a mask of each observation', mask(bits, [8])],
  ['noise alone', identity([8])],
  ['twice a mask', scaled(mask(bits, [8]), 2)],
  ['means of pairs', averagePool([1, 8], 2)],
  ['means of 2×2 pixels', averagePool([1, 2, 4], 2)],
  ['a blur', gaussianBlur([1, 8], { sigma: 1, size: 5 })],
  ['frequencies', fourier(frequencies, [1, 2, 4])],
]

describe('conditional() with the denoiser of a Gaussian is the exact posterior denoiser', () => {
  it.each(operators)('of %s', async (_, A) => {
    const gaussian = gaussianOf(8)
    const D = gaussianAnisotropic(await inBasis(gaussian, A), exactSolve())
    const [xt, y] = [normals('xt', [B, ...A.inShape]), normals('y', [B, ...A.outShape])]
    const program = jit((x: Tensor, s: Tensor, v: Tensor) => {
      const observation = { y: v, A, noise: isotropicNoise(NOISE) }
      const prior = gaussianDenoiser(gaussian)
      return {
        got: conditional(D)(prior, observation)(x, s),
        want: exact(gaussian)(prior, observation)(x, s),
      }
    })
    const { got, want } = await program(xt, f64(sigmas, [B]), y)
    await program.release()
    expectClose(toNumbers(got), toNumbers(want), 1e-9)
  })

  it('by its own conjugate gradients in the ranks of a fit, and by a formula without ranks', async () => {
    const factor = normals('factor', [8, 3])
    const [tau, m] = [uniform(stream(3, 'tau'), [B, 8]), normals('m', [B, 8])]
    for (const covariance of [lowRank(0.1, factor), isotropic(0.4)]) {
      const gaussian = { mean: normals('mean', [8]), covariance }
      const program = jit((m: Tensor, tau: Tensor, s: Tensor) => [
        gaussianAnisotropic(gaussian)(m, tau, s),
        gaussianAnisotropic(gaussian, exactSolve())(m, tau, s),
      ])
      const [got, want] = await program(m, f64(toNumbers(tau), [B, 8]), f64(sigmas, [B]))
      await program.release()
      expectClose(toNumbers(got), toNumbers(want), 1e-9)
    }
  })
})

describe('conditional() refuses', () => {
  const D = gaussianAnisotropic({ mean: f64(Array(8).fill(0), [8]), covariance: isotropic(1) })
  const y = constant(f64([0, 0], [1, 2]))
  const P = projection(constant(normals('P', [1, 2, 8])))
  const at = (A: Parameters<ReturnType<typeof conditional>>[1]['A'], noise = isotropicNoise(1)) =>
    conditional(D)(gaussianDenoiser({ mean: f64([0]), covariance: isotropic(1) }), { y, A, noise })

  it('operators without a known basis, non-linear ones, and noise that entries share', () => {
    expect(() => at(P)).toThrow("conditional: no basis is known in which 'projection' is diagonal")
    expect(() => at(clipping([8], { gain: 2, low: -1, high: 1 }))).toThrow(/needs a linear operator/)
    const shared = lowRankNoise(full([8], 1), ndarray(Array(8).fill(1), [1, 8]))
    expect(() => at(identity([8]), shared)).toThrow(
      /same noise on all entries of an observation, got lowRank/,
    )
  })
})

describe('a mixture of three in the plane, its first entry seen with noise 0.5', () => {
  const [means, v, s, seen] = [[1.5, 0, -1.5, 1, 0.5, -1.2], 0.04, 0.5, 0.4]
  const mixture: Mixture = {
    weights: f64([0.3, 0.3, 0.4]),
    means: f64(means, [3, 2]),
    variances: f64([v, v, v]),
  }
  /** E[x | m] of the mixture: every component has its own variance and τ² in each entry. */
  const D: AnisotropicDenoiser = (m, tau) => {
    const mu = expandDims(constantLike(mixture.means, m), 1) // [3, 1, 2]
    const total = expandDims(add(square(tau), v), 0)
    const e = sub(expandDims(m, 0), mu)
    const energy = sum(add(div(square(e), total), log(total)), { axes: 2 })
    const logs = sub(log(constantLike(mixture.weights, m)), mul(transpose(energy, [1, 0]), 0.5))
    const w = expandDims(transpose(softmax(logs), [1, 0]), 2)
    return sum(mul(w, add(mu, div(mul(e, v), total))), { axes: 0 })
  }
  const N = 4000

  /** Draws of p(x | y): a component by its evidence, then its own posterior in the entry that was seen. */
  const posterior = (name: string): NdArray => {
    const z = toNumbers(normal(stream(4, name), [N, 2]))
    const u = toNumbers(uniform(stream(5, name), [N]))
    const evidence = [0.3, 0.3, 0.4].map(
      (p, k) => p * Math.exp(-0.5 * ((seen - means[2 * k]) ** 2 / (v + s * s))),
    )
    const total = evidence.reduce((a, b) => a + b)
    const gain = v / (v + s * s)
    return ndarray(
      u.flatMap((at, i) => {
        const k = at * total < evidence[0] ? 0 : at * total < evidence[0] + evidence[1] ? 1 : 2
        const first = means[2 * k] + gain * (seen - means[2 * k])
        return [first + Math.sqrt(v * (1 - gain)) * z[2 * i], means[2 * k + 1] + Math.sqrt(v) * z[2 * i + 1]]
      }),
      [N, 2],
    )
  }

  const distanceOf = async (method: ReturnType<typeof conditional>): Promise<number> => {
    const A = mask(constant(f64([1, 0], [1, 2])))
    const draw = compileMethod(
      method,
      mixtureDenoiser(mixture),
      ({ y }: { y: Tensor }) => ({ y, A, noise: isotropicNoise(s) }),
      { step: dpmSolver(), steps: 64, schedule: exponentialSchedule({ sigmaMax: 50 }) },
    )
    const y = f64(Array.from({ length: N }, () => [seen, 0]).flat(), [N, 2])
    const x = await draw({ y }, { shape: [N, 2], seed: 0 })
    await draw.release()
    return slicedWasserstein(ndarray(toNumbers(x), [N, 2]), posterior('truth'))
  }

  it('is drawn from as well as exact draws do, where MMPS is not near', async () => {
    const floor = slicedWasserstein(posterior('other'), posterior('truth'))
    expect(floor).toBeLessThan(0.04)
    expect(await distanceOf(conditional(D))).toBeLessThan(2 * floor)
    expect(await distanceOf(mmps())).toBeGreaterThan(5 * floor)
  })
})

import { type Mixture, mixtureDenoiser, mixtureWeights } from '../../src/diffusion/index.ts'
import { isotropicNoise, projection } from '../../src/operators/index.ts'
import {
  type ConditionalCovariance,
  gaussianPosteriorCovariance,
  mmps,
  onesCovariance,
  timeCovariance,
  tweedieCovariance,
  zeroCovariance,
} from '../../src/posterior/index.ts'
import { jit, ndarray, type Shape, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { atMost, type Gate } from './gate.ts'

const f64 = (values: readonly number[], shape?: Shape) => ndarray(values, shape, 'float64')

const means = [1, 0, -1, 0.5, 0.3, -1.2]

/** Three narrow Gaussians in the plane, seen through A = [1, 2]/√5 with noise 0.01, at σ = 0.5. */
export const threeComponents = {
  mixture: {
    weights: f64([1 / 3, 1 / 3, 1 / 3]),
    means: f64(means, [3, 2]),
    variances: f64([0.01, 0.01, 0.01]),
  } satisfies Mixture,
  xt: f64([0.4, -0.3], [1, 2]),
  sigma: f64([0.5]),
  matrix: f64([1 / Math.sqrt(5), 2 / Math.sqrt(5)], [1, 1, 2]),
  y: f64([0.3], [1, 1]),
  noise: 0.01,
  /** ConditionalCovariance of the whole mixture as 0.01 I + U Uᵀ: U holds the centred means/√3. */
  moments: {
    kind: 'lowRank' as const,
    variance: f64([0.01, 0.01]),
    factor: f64(
      [0, 1].flatMap((axis) => {
        const column = [0, 1, 2].map((k) => means[2 * k + axis])
        const centre = column.reduce((a, b) => a + b) / 3
        return column.map((v) => (v - centre) / Math.sqrt(3))
      }),
      [2, 3],
    ),
  },
}

/** D_y for a choice of V in the linear system. */
export const guidedMean = async (covariance: ConditionalCovariance): Promise<number[]> => {
  const { mixture, xt, sigma, y, matrix, noise } = threeComponents
  const program = jit((x: Tensor, s: Tensor, y: Tensor, A: Tensor) => {
    const seen = { y, A: projection(A), noise: isotropicNoise(noise) }
    return mmps({ covariance })(mixtureDenoiser(mixture), seen)(x, s)
  })
  const out = toNumbers(await program(xt, sigma, y, matrix))
  await program.release()
  return out
}

/** Each choice of V and the D_y it leads to, computed once in NumPy float64. */
export const published: readonly {
  name: string
  covariance: ConditionalCovariance
  mean: readonly number[]
}[] = [
  { name: 'Tweedie', covariance: tweedieCovariance, mean: [0.8942903101, -0.1118226746] },
  { name: 'ones', covariance: onesCovariance, mean: [1.0496171802, 0.1556794967] },
  { name: 'cov_t', covariance: timeCovariance, mean: [0.9871648554, 0.0481248123] },
  {
    name: 'cov_x',
    covariance: gaussianPosteriorCovariance(threeComponents.moments),
    mean: [1.1724206927, 0.367170311],
  },
  { name: 'zeros', covariance: zeroCovariance, mean: [625.82, 1076.13] },
]

/** Largest difference, relative above 1. */
const gap = (got: readonly number[], want: readonly number[]): number =>
  Math.max(...want.map((v, i) => Math.abs(got[i] - v) / Math.max(1, Math.abs(v))))

/** E4 on the mixture. */
export const mixtureGates = async (): Promise<Gate[]> => {
  const { mixture, xt, sigma } = threeComponents
  const program = jit((x: Tensor, s: Tensor) => ({
    weights: mixtureWeights(mixture, x, s),
    mean: mixtureDenoiser(mixture)(x, s),
  }))
  const { weights, mean } = await program(xt, sigma)
  await program.release()
  const gates = [
    atMost('E4 mixture, weights', gap(toNumbers(weights), [0.6636152644, 0.0106236981, 0.3257610375]), 1e-6),
    atMost('E4 mixture, mean', gap(toNumbers(mean), [0.7372306515, -0.3823090346]), 1e-6),
  ]
  for (const { name, covariance, mean } of published) {
    // V = 0 divides by Σy alone: its numbers are published with two decimals.
    const limit = name === 'zeros' ? 1e-5 : 1e-6
    gates.push(atMost(`E4 mixture, mmps by ${name}`, gap(await guidedMean(covariance), mean), limit))
  }
  return gates
}

import type { Mixture } from '../../src/diffusion/index.ts'
import { f64 } from '../numbers.ts'

const means = [1, 0, -1, 0.5, 0.3, -1.2]

/** The published example of ALGORITHMS section 11: three narrow Gaussians in the plane, seen through A = [1, 2]/√5. */
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
  /** Covariance of the whole mixture as 0.01 I + U Uᵀ: U holds the centred means/√3. */
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

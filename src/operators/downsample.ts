/** Smaller images and signals: the mean of each block, or antialiased bicubic interpolation. */
import { requireInteger } from '../checks.ts'
import { TweedieError } from '../error.ts'
import { matrixOf } from '../linalg/index.ts'
import { mul, type NdArray, type Shape } from '../tensor/index.ts'
import { mirroredPixel } from './boundary.ts'
import { gridOf } from './image.ts'
import type { LinearOperator } from './operator.ts'
import { separable } from './separable.ts'

/**
 * The mean of each block of factor × factor pixels, or of `factor` values of a signal. With k pixels in a
 * block, A Aᵀ = I/k, so A⁺ = k Aᵀ.
 *
 * @param event - [C, H, W] → [C, H/factor, W/factor], or [C, V] → [C, V/factor]
 * @param factor - an integer ≥ 1 that divides H and W, or V
 * @throws TweedieError `input` when it does not, or the event is neither an image nor a signal
 *
 * @example
 * ```ts
 * averagePool([3, 64, 64], 4).outShape // [3, 16, 16]
 * ```
 */
export const averagePool = (event: Shape, factor: number): LinearOperator => {
  const grid = gridOf(event, 'average-pool')
  requireInteger(factor, 1, 'average-pool: factor')
  if (grid.some((n) => n % factor)) {
    const size = `${grid.length === 2 ? 'images' : 'signals'} of ${grid.join('×')}`
    throw new TweedieError('input', `average-pool: factor ${factor} does not divide ${size}`)
  }
  const blocks = (n: number) =>
    matrixOf(n / factor, n, (i, j) => (Math.floor(j / factor) === i ? 1 / factor : 0))
  const A = separable('average-pool', grid.map(blocks), event)
  return { ...A, pinv: (y) => mul(A.adjoint(y), factor ** grid.length) }
}

/** Keys' cubic (1981) with a = −1/2. */
const cubic = (t: number): number => {
  const u = Math.abs(t)
  if (u <= 1) return 1.5 * u ** 3 - 2.5 * u ** 2 + 1
  return u < 2 ? -0.5 * u ** 3 + 2.5 * u ** 2 - 4 * u + 2 : 0
}

/**
 * Weights [⌈n/f⌉, n]: the cubic stretched by f around the centre of each output pixel, mirrored at the edges.
 */
const bicubicWeights = (n: number, factor: number): NdArray<'float64'> => {
  const size = Math.ceil(n / factor)
  const weights = matrixOf(size, n, () => 0)
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * factor - 0.5
    const row = weights.data.subarray(i * n, (i + 1) * n)
    for (let j = Math.ceil(centre - 2 * factor); j <= centre + 2 * factor; j++) {
      row[mirroredPixel(j, n)] += cubic((centre - j) / factor)
    }
    const total = row.reduce((a, b) => a + b, 0)
    for (let j = 0; j < n; j++) row[j] /= total
  }
  return weights
}

/**
 * Bicubic downsampling (a = −1/2) with antialiasing, as Matlab's imresize: the kernel is stretched by the
 * factor, the edges are mirrored, the weights sum to 1.
 *
 * @param event - [C, H, W] → [C, ⌈H/factor⌉, ⌈W/factor⌉], or [C, V] → [C, ⌈V/factor⌉]
 * @param factor - any integer ≥ 1
 * @throws TweedieError `input` for other factors, and events that are neither images nor signals
 *
 * @example
 * ```ts
 * bicubic([3, 256, 256], 4).outShape // [3, 64, 64]
 * ```
 */
export const bicubic = (event: Shape, factor: number): LinearOperator => {
  const grid = gridOf(event, 'bicubic')
  requireInteger(factor, 1, 'bicubic: factor')
  return separable(
    'bicubic',
    grid.map((n) => bicubicWeights(n, factor)),
    event,
  )
}

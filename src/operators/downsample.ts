/** Smaller images and signals: the mean of each block, or antialiased bicubic interpolation. */
import { requireInteger } from '../checks.ts'
import { TweedieError } from '../error.ts'
import { cosineBasis, dense, matrixOf } from '../linalg/index.ts'
import {
  matmul,
  mul,
  type NdArray,
  ndarray,
  reshape,
  type Shape,
  sizeOf,
  transpose,
} from '../tensor/index.ts'
import { mirroredPixel } from './boundary.ts'
import { gridOf } from './image.ts'
import type { Eigenbasis, LinearOperator } from './operator.ts'
import { separable } from './separable.ts'

/** A ⊗ B of square matrices. */
const kronecker = (A: NdArray<'float64'>, B: NdArray<'float64'>): NdArray<'float64'> => {
  const [[n], [m]] = [A.shape, B.shape]
  return matrixOf(n * m, n * m, (i, j) => {
    const a = A.data[Math.floor(i / m) * n + Math.floor(j / m)]
    return a * B.data[(i % m) * m + (j % m)]
  })
}

/**
 * The cosines of each block as channels, [C · k, ...blocks] for blocks of k pixels. A sees the first of each
 * block alone, its mean times √k, so that λ is 1/k there and 0 elsewhere.
 */
const blockCosines = (event: Shape, grid: readonly number[], factor: number): Eigenbasis => {
  const [channels] = event
  const blocks = grid.map((n) => n / factor)
  const split = [channels, ...blocks.flatMap((n) => [n, factor])]
  // [B, C, H, f, W, f] to [B, C, f, f, H, W], and back.
  const within = grid.map((_, i) => 2 * i + 3)
  const order = [0, 1, ...within, ...within.map((axis) => axis - 1)]
  const back = order.map((_, axis) => order.indexOf(axis))
  const k = factor ** grid.length
  const axis = cosineBasis(factor)
  const Q = dense(grid.length === 2 ? kronecker(axis, axis) : axis)
  const shape = [channels * k, ...blocks]
  const flat = [channels, k, sizeOf(blocks)]
  const first = dense(
    ndarray(
      Array.from({ length: channels * k }, (_, i) => (i % k === 0 ? 1 / k : 0)),
      [channels * k, ...blocks.map(() => 1)],
      'float64',
    ),
  )
  return {
    shape,
    local: true,
    deletes: false,
    forward: (x) => {
      const [B] = x.shape
      const cells = reshape(transpose(reshape(x, [B, ...split]), order), [B, ...flat])
      return reshape(matmul(Q(x), cells), [B, ...shape])
    },
    inverse: (c) => {
      const [B] = c.shape
      const cells = matmul(Q(c), reshape(c, [B, ...flat]), { transA: true })
      const apart = reshape(cells, [B, channels, ...grid.map(() => factor), ...blocks])
      return reshape(transpose(apart, back), [B, ...event])
    },
    eigenvalues: first,
  }
}

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
  const pixels = factor ** grid.length
  return { ...A, pinv: (y) => mul(A.adjoint(y), pixels), eigenbasis: blockCosines(event, grid, factor) }
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

import { requireInteger } from '../checks.ts'
import { TweedieError } from '../error.ts'
import { matrixOf } from '../linalg/index.ts'
import type { NdArray, Shape } from '../tensor/index.ts'
import { type Boundary, pixelAt } from './boundary.ts'
import { gridOf } from './image.ts'
import type { LinearOperator } from './operator.ts'
import { separable } from './separable.ts'

/** Options of {@link gaussianBlur}. */
export interface GaussianBlurOptions {
  /** Standard deviation in pixels, > 0. */
  readonly sigma: number
  /** Taps of the kernel, odd; default 2⌈4σ⌉ + 1. */
  readonly size?: number
  /** Default `reflect`. */
  readonly boundary?: Boundary
  /** Share of the largest singular value below which they count as 0 in A⁺, default 1e-6. */
  readonly cutoff?: number
}

/**
 * exp(−j²/2σ²) for j = −r … r, normalised.
 *
 * @throws TweedieError `input` for σ ≤ 0 and an even size
 */
export const gaussianTaps = (sigma: number, size = 2 * Math.ceil(4 * sigma) + 1): number[] => {
  if (!(sigma > 0 && Number.isFinite(sigma)))
    throw new TweedieError('input', `gaussian-blur: sigma must be positive, got ${sigma}`)
  requireInteger(size, 1, 'gaussian-blur: size')
  if (size % 2 === 0) throw new TweedieError('input', `gaussian-blur: size must be odd, got ${size}`)
  const taps = Array.from({ length: size }, (_, j) =>
    Math.exp(-((j - (size - 1) / 2) ** 2) / (2 * sigma ** 2)),
  )
  const total = taps.reduce((a, b) => a + b, 0)
  return taps.map((tap) => tap / total)
}

/** The matrix [n, n] of a convolution with symmetric taps. */
const convolution = (n: number, taps: readonly number[], boundary: Boundary): NdArray<'float64'> => {
  const matrix = matrixOf(n, n, () => 0)
  const r = (taps.length - 1) / 2
  for (let i = 0; i < n; i++) {
    for (const [j, tap] of taps.entries()) {
      const pixel = pixelAt(i + j - r, n, boundary)
      if (pixel !== undefined) matrix.data[i * n + pixel] += tap
    }
  }
  return matrix
}

/**
 * Blur by one Gaussian kernel for all observations; it is separable, which makes it cheap and gives it a
 * pseudo-inverse for every boundary. For a kernel per observation see `blur`.
 *
 * @param event - [C, H, W] or [C, V]
 * @throws TweedieError `input` for σ ≤ 0, an even size, or events that are neither images nor signals
 *
 * @example
 * ```ts
 * const A = gaussianBlur([3, 256, 256], { sigma: 3, size: 61 })
 * ```
 */
export const gaussianBlur = (
  event: Shape,
  { sigma, size, boundary = 'reflect', cutoff }: GaussianBlurOptions,
): LinearOperator => {
  const taps = gaussianTaps(sigma, size)
  const matrices = gridOf(event, 'gaussian-blur').map((n) => convolution(n, taps, boundary))
  return separable('gaussian-blur', matrices, event, cutoff)
}

/**
 * Phase retrieval: the magnitudes of an oversampled Fourier transform (Fienup 1982; as a benchmark
 * in Chung et al. 2023, DPS),
 *
 *     y = |F pad x|,
 *
 * with the centred orthonormal F of the image surrounded by zeros. x and its mirror image have the
 * same y, wherever they lie.
 */
import { TweedieError } from '../error.ts'
import { add, type Shape, sqrt, square, type Tensor } from '../tensor/index.ts'
import { leftProduct, polarMatrix, realRightProduct } from './complex.ts'
import { imageShape } from './image.ts'
import type { NonlinearOperator } from './operator.ts'

/** Keeps the derivative of the magnitude finite at 0. */
const SOFTENING = 1e-12

/** The transform of n pixels in the middle of m. */
const paddedDft = (n: number, m: number) => {
  const [c, before] = [Math.floor(m / 2), Math.floor(m / 2) - Math.floor(n / 2)]
  return polarMatrix(
    m,
    n,
    () => 1 / Math.sqrt(m),
    (k, j) => (-2 * Math.PI * (((k - c) * (j + before - c)) % m)) / m,
  )
}

/**
 * [C, H, W] → [C, ⌈oversampling · H⌉, ⌈oversampling · W⌉].
 *
 * @param oversampling - ≥ 1, default 2: below, x is not determined even up to its symmetries
 * @throws TweedieError `input` when the event is no image or the oversampling below 1
 *
 * @example
 * ```ts
 * phaseRetrieval([1, 32, 32]).outShape // [1, 64, 64]
 * ```
 */
export const phaseRetrieval = (event: Shape, oversampling = 2): NonlinearOperator => {
  const [c, h, w] = imageShape(event, 'phase')
  if (!(oversampling >= 1 && Number.isFinite(oversampling)))
    throw new TweedieError('input', `phase: oversampling must be at least 1, got ${oversampling}`)
  const [mh, mw] = [Math.ceil(oversampling * h), Math.ceil(oversampling * w)]
  const [rows, columns] = [paddedDft(h, mh), paddedDft(w, mw)]
  return {
    name: 'phase retrieval',
    linear: false,
    inShape: event,
    outShape: [c, mh, mw],
    apply: (x: Tensor) => {
      const { re, im } = leftProduct(rows, realRightProduct(x, columns))
      return sqrt(add(add(square(re), square(im)), SOFTENING))
    },
  }
}

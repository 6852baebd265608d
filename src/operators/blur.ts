/**
 * Convolution with a kernel per observation, as products in the Fourier plane of the padded image:
 *
 *     y = crop F⁻¹ (k̂ ∘ F pad x),    y[i] = Σ_j k[j] x[i − (j − c)],    c = ⌊K/2⌋.
 *
 * Pad and crop are folded into the matrices of the transforms, so every boundary costs the same few products.
 * A signal is an image of one row.
 */

import { dense, matrixOf } from '../linalg/index.ts'
import {
  add,
  alignTo,
  expandDims,
  greater,
  matmul,
  max,
  mul,
  reciprocal,
  reshape,
  type Shape,
  square,
  sub,
  type Tensor,
  where,
} from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'
import { type Boundary, pixelAt } from './boundary.ts'
import {
  type Complex,
  type ComplexDense,
  conjugate,
  leftProduct,
  polarMatrix,
  realRightProduct,
  scaleBy,
  times,
} from './complex.ts'
import { gridOf } from './image.ts'
import type { LinearOperator } from './operator.ts'
import { transposeOf } from './transpose.ts'

/** Options of {@link blur}. */
export interface BlurOptions {
  /** Default `reflect`. */
  readonly boundary?: Boundary
  /**
   * Pseudo-inverse (circular only): frequencies with |k̂| below this share of the largest
   * are left out; default 1e-6.
   */
  readonly cutoff?: number
}

/** One axis: pixels to frequencies and back, and the kernel to frequencies. */
interface Axis {
  readonly forward: ComplexDense
  readonly back: ComplexDense
  readonly kernel: ComplexDense
}

/** An axis as it is padded: m positions from −before on, after which it repeats. */
interface Padding {
  readonly boundary: Boundary
  readonly m: number
  readonly before: number
}

/** The padding of n pixels for a kernel of k taps. */
const paddingFor = (n: number, k: number, boundary: Boundary): Padding => {
  const before = k - 1 - Math.floor(k / 2)
  return boundary === 'circular' ? { boundary, m: n, before: 0 } : { boundary, m: n + k - 1, before }
}

/** The padding after which n pixels repeat by themselves, as far as filters of any length see. */
const periodOf = (n: number, boundary: Boundary): Padding =>
  boundary === 'circular' || n === 1
    ? { boundary, m: n, before: 0 }
    : { boundary: 'reflect', m: 2 * n - 2, before: 0 }

/** @param frequencies - how many of the m frequencies are kept: of real images the first half says it all */
const axisOf = (
  n: number,
  k: number,
  { boundary, m, before }: Padding,
  frequencies: (m: number) => number,
): Axis => {
  const c = Math.floor(k / 2)
  const kept = frequencies(m)
  const angle = (f: number, t: number) => (2 * Math.PI * ((f * t) % m)) / m
  const positions = Array.from({ length: n }, (): number[] => [])
  for (let t = 0; t < m; t++) {
    const pixel = pixelAt(t - before, n, boundary)
    if (pixel !== undefined) positions[pixel].push(t)
  }
  const padded = (part: (angle: number) => number) =>
    dense(matrixOf(kept, n, (f, i) => positions[i].reduce((total, t) => total + part(angle(f, t)), 0)))
  const double = (f: number) => (kept === m || f === 0 || 2 * f === m ? 1 : 2)
  return {
    forward: { re: padded(Math.cos), im: padded((a) => -Math.sin(a)) },
    back: polarMatrix(
      n,
      kept,
      (_, f) => double(f) / m,
      (i, f) => angle(f, i + before),
    ),
    kernel: polarMatrix(
      kept,
      k,
      () => 1,
      (f, j) => -angle(f, j - c),
    ),
  }
}

/** Re(z Rᵀ): back to pixels along the halved axis. */
const realPart = ({ re, im }: Complex, R: ComplexDense): Tensor => {
  const by = (a: Tensor, b: Tensor) => matmul(a, b, { transB: true })
  return sub(by(re, R.re(re)), by(im, R.im(im)))
}

/**
 * Blur by a kernel per observation: y = k ∗ x, the same size.
 *
 * @param kernel - [B, 1, K, L] for images and [B, 1, L] for signals, or C instead of 1 for a
 *   kernel per channel; B may be 1
 * @param event - [C, H, W] or [C, V]
 * @throws TweedieError `input` when the event is neither an image nor a signal, `shape`
 *   when the kernel does not fit
 *
 * @example
 * ```ts
 * const A = blur(constant(motionKernels(8, { size: 61, seed: 0 })), [3, 256, 256], { boundary: 'reflect' })
 * const echo = blur(constant(ndarray([0, 0, 0, 1, 0, 0.5, 0], [1, 1, 7])), [1, 512]) // of signals [1, 512]
 * ```
 */
export const blur = (
  kernel: Tensor,
  event: Shape,
  { boundary = 'reflect', cutoff = 1e-6 }: BlurOptions = {},
): LinearOperator => {
  const isSignal = gridOf(event, 'blur').length === 1
  const [, channels, ...taps] = kernel.shape
  if (kernel.shape.length !== event.length + 1 || ![1, event[0]].includes(channels)) {
    const [what, want] = isSignal ? ['signals', '[B, 1, L]'] : ['images', '[B, 1, K, L]']
    shapeError('blur', `kernels [${kernel.shape}] do not fit ${what} [${event}]: they must be ${want}`)
  }
  const [h, w] = isSignal ? [1, event[1]] : event.slice(1)
  const [kh, kw] = isSignal ? [1, ...taps] : taps
  const asImages = (x: Tensor): Tensor => (isSignal ? expandDims(x, 2) : x)
  const asEvents = (x: Tensor): Tensor => (isSignal ? reshape(x, [x.shape[0], ...event]) : x)
  /** k̂ and filters in the Fourier plane of an image that is padded so. */
  const planeOf = (ofRows: Padding, ofColumns: Padding) => {
    const rows = axisOf(h, kh, ofRows, (m) => m)
    const columns = axisOf(w, kw, ofColumns, (m) => Math.floor(m / 2) + 1)
    const filtered = (x: Tensor, filter: (z: Complex) => Complex): Tensor => {
      const z = leftProduct(rows.forward, realRightProduct(asImages(x), columns.forward))
      return asEvents(realPart(leftProduct(rows.back, filter(z)), columns.back))
    }
    return {
      spectrum: leftProduct(rows.kernel, realRightProduct(asImages(kernel), columns.kernel)),
      filtered,
    }
  }
  const { spectrum, filtered } = planeOf(paddingFor(h, kh, boundary), paddingFor(w, kw, boundary))
  let known: ReturnType<typeof planeOf> | undefined
  const periodic = () => {
    known ??= planeOf(periodOf(h, boundary), periodOf(w, boundary)) // made when it is asked for
    return known
  }
  const apply = (x: Tensor) => filtered(x, (z) => times(spectrum, z))
  const operator: LinearOperator = {
    name: 'blur',
    linear: true,
    inShape: event,
    outShape: event,
    apply,
    adjoint: transposeOf(apply, event),
    // Exact where the boundary is circular; elsewhere y is mirrored, and the edges are not quite right.
    resolvent: (y, ridge) => {
      const plane = periodic()
      const power = powerOf(plane.spectrum)
      return plane.filtered(y, (z) => scaleBy(reciprocal(add(power, alignTo(ridge, power))), z))
    },
  }
  if (boundary !== 'circular') return operator
  return {
    ...operator,
    adjoint: (y) => filtered(y, (z) => times(conjugate(spectrum), z)),
    pinv: (y) => filtered(y, (z) => times(inverted(spectrum, cutoff), z)),
  }
}

/** |k̂|². */
const powerOf = ({ re, im }: Complex): Tensor => add(square(re), square(im))

/** 1/k̂ where it is not small, else 0. */
const inverted = (spectrum: Complex, cutoff: number): Complex => {
  const power = powerOf(spectrum)
  const largest = max(power, { axes: [1, 2, 3], keepdims: true })
  const kept = greater(power, mul(largest, cutoff * cutoff))
  return scaleBy(where(kept, reciprocal(where(kept, power, 1)), 0), conjugate(spectrum))
}

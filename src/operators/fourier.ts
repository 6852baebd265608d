/**
 * Sampling in the Fourier plane, as magnetic resonance imaging does:
 *
 *     y_k = m_k F(s x),    y = (Re y_k, Im y_k) on the channel axis,
 *
 * with the centred orthonormal transform F (Rozet et al. 2024, 5.3), a mask m of the sampled frequencies,
 * and a complex factor s: 1, a smooth phase e^{iφ}, or the sensitivities of several coils (Pruessmann et
 * al. 1999, SENSE). x is real.
 */
import {
  add,
  concat,
  cos,
  greater,
  mul,
  reciprocal,
  type Shape,
  sin,
  split,
  sub,
  sumTo,
  type Tensor,
  take,
  where,
} from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'
import {
  type Complex,
  type ComplexDense,
  conjugate,
  leftProduct,
  polarMatrix,
  realRightProduct,
  rightProduct,
  scaleBy,
  times,
} from './complex.ts'
import { imageShape } from './image.ts'
import type { Eigenbasis, LinearOperator } from './operator.ts'

/** F[k, j] = exp(∓2πi (k − c)(j − c)/n)/√n with c = ⌊n/2⌋: fftshift ∘ fft ∘ ifftshift; symmetric. */
const centredDft = (n: number, sign: -1 | 1): ComplexDense => {
  const c = Math.floor(n / 2)
  // The product of the indices is reduced modulo n first: exact, where the angle of a large product is not.
  const turns = (k: number, j: number) => (((k - c) * (j - c)) % n) / n
  return polarMatrix(
    n,
    n,
    () => 1 / Math.sqrt(n),
    (k, j) => sign * 2 * Math.PI * turns(k, j),
  )
}

/** The transform pair of images of one size. */
export const transforms = (h: number, w: number) => {
  const [rows, columns] = [centredDft(h, -1), centredDft(w, -1)]
  const [rowsBack, columnsBack] = [centredDft(h, 1), centredDft(w, 1)]
  return {
    ofReal: (x: Tensor): Complex => leftProduct(rows, realRightProduct(x, columns)),
    of: (z: Complex): Complex => leftProduct(rows, rightProduct(z, columns)),
    back: (z: Complex): Complex => leftProduct(rowsBack, rightProduct(z, columnsBack)),
  }
}

/** Real parts, then imaginary parts, on the channel axis. */
export const joined = ({ re, im }: Complex): Tensor => concat([re, im], 1)

/** The complex numbers of which {@link joined} made channels. */
export const parted = (y: Tensor): Complex => {
  const [re, im] = split(y, 2, 1)
  return { re, im }
}

/** (m_k + m_{−k})/2: the mask of a real image, whose frequencies k and −k are conjugate. */
const symmetrised = (m: Tensor): Tensor => {
  const mirror = (t: Tensor, axis: number) => {
    const n = t.shape[axis]
    const c = Math.floor(n / 2)
    return take(
      t,
      Array.from({ length: n }, (_, k) => (2 * c - k + n) % n),
      axis,
    )
  }
  return mul(add(m, mirror(mirror(m, 2), 3)), 0.5)
}

/**
 * The basis of Hartley (1942), H = Re F − Im F: real, orthonormal and its own inverse. It makes every
 * F⁻¹ s F with s_k = s_{−k} diagonal.
 */
const hartley = (
  F: (x: Tensor) => Complex,
  shape: Shape,
  eigenvalues: Eigenbasis['eigenvalues'],
): Eigenbasis => {
  const H = (x: Tensor): Tensor => {
    const { re, im } = F(x)
    return sub(re, im)
  }
  return { shape, local: false, deletes: true, forward: H, inverse: H, eigenvalues }
}

const checkMask = (m: Tensor, h: number, w: number): void => {
  const [, channels, rows, columns] = m.shape
  if (m.shape.length !== 4 || channels !== 1 || ![1, h].includes(rows) || columns !== w) {
    shapeError(
      'fourier',
      `a mask [${m.shape}] does not fit frequencies of ${h}×${w}: it must be [B, 1, H|1, W]`,
    )
  }
}

/**
 * Single coil: y = m ∘ F(e^{iφ} x), [C, H, W] → [2C, H, W], all real parts first.
 *
 * @param m - sampled frequencies, 0 or 1, [B, 1, H, W], or columns [B, 1, 1, W]; B may be 1
 * @param event - [C, H, W]
 * @param phase - φ in radians, [B, 1, H, W]; none by default, and only then there is a pseudo-inverse
 * @throws TweedieError `input` when the event is no image, `shape` when the mask does not fit
 *
 * @example
 * ```ts
 * const columns = constant(columnMasks(8, { width: 320, acceleration: 6, seed: 0 }))
 * const A = fourier(columns, [1, 320, 320])
 * const zeroFilled = jit((y: Tensor) => A.adjoint(y))
 * ```
 */
export const fourier = (m: Tensor, event: Shape, { phase }: { phase?: Tensor } = {}): LinearOperator => {
  const [c, h, w] = imageShape(event, 'fourier')
  checkMask(m, h, w)
  const F = transforms(h, w)
  const shapes = { name: 'fourier', linear: true, inShape: event, outShape: [2 * c, h, w] } as const
  if (phase) {
    const turn = { re: cos(phase), im: sin(phase) }
    return {
      ...shapes,
      apply: (x) => joined(scaleBy(m, F.of(scaleBy(x, turn)))),
      adjoint: (y) => times(conjugate(turn), F.back(scaleBy(m, parted(y)))).re,
    }
  }
  const adjoint = (y: Tensor) => F.back(scaleBy(m, parted(y))).re
  return {
    ...shapes,
    apply: (x) => joined(scaleBy(m, F.ofReal(x))),
    adjoint,
    eigenbasis: hartley(F.ofReal, event, () => symmetrised(m)),
    // AᵀA = F⁻¹ s F with s the symmetrised mask, so A⁺ = F⁻¹ s⁺ F Aᵀ.
    pinv: (y) => {
      const s = symmetrised(m)
      const sampled = greater(s, 0)
      return F.back(scaleBy(where(sampled, reciprocal(where(sampled, s, 1)), 0), F.ofReal(adjoint(y)))).re
    },
  }
}

/**
 * Several coils: y_c = m ∘ F(s_c x), [1, H, W] → [2K, H, W], the real parts of all K coils first.
 *
 * @param m - as in {@link fourier}
 * @param sensitivities - s_c, [B, 2K, H, W], real parts first; B may be 1
 * @throws TweedieError `input` when the event is no image, `shape` when mask or sensitivities do not fit
 */
export const multiCoilFourier = (m: Tensor, sensitivities: Tensor, event: Shape): LinearOperator => {
  const [c, h, w] = imageShape(event, 'multi-coil fourier')
  checkMask(m, h, w)
  const [, channels, ...size] = sensitivities.shape
  if (c !== 1 || channels % 2 !== 0 || String(size) !== String([h, w])) {
    const fault = `sensitivities [${sensitivities.shape}] do not fit images [${event}]`
    shapeError('multi-coil fourier', `${fault}: they must be [B, 2K, H, W] for [1, H, W]`)
  }
  const F = transforms(h, w)
  const s = parted(sensitivities)
  return {
    name: 'multi-coil fourier',
    linear: true,
    inShape: event,
    outShape: [channels, h, w],
    apply: (x) => joined(scaleBy(m, F.of(scaleBy(x, s)))),
    adjoint: (y) => sumTo(times(conjugate(s), F.back(scaleBy(m, parted(y)))).re, [y.shape[0], ...event]),
  }
}

/**
 * Convolutions next to a twofold nearest upsampling, without computing four equal pixels. A 3×3
 * convolution of an upsampled image is, for each of the four phases of its output, a 2×2 convolution of
 * the small image, whose taps are sums of the nine: along one axis (w₀, w₁ + w₂) for even and (w₀ + w₁,
 * w₂) for odd positions. Its transpose followed by the transpose of upsampling is one 4×4 convolution of
 * stride 2. Both need 4/9 of the products.
 */
import { type NdArray, ndarray } from '../ndarray.ts'
import { reshape, slice } from '../ops/layout.ts'
import { matmul } from '../ops/matmul.ts'
import { type Constant, constant, type Tensor } from '../tensor.ts'

/** Three taps along one axis → new taps, as rows of weights. */
type Mix = readonly (readonly [number, number, number])[]

const EVEN: Mix = [
  [1, 0, 0],
  [0, 1, 1],
]
const ODD: Mix = [
  [1, 1, 0],
  [0, 0, 1],
]
/** Reversed, as the kernel of a transpose is. */
const POOLED: Mix = [
  [1, 0, 0],
  [1, 1, 0],
  [0, 1, 1],
  [0, 0, 1],
]

/** [9, rows·columns]: the product of a mix along h and one along w. */
const product = (rows: Mix, columns: Mix): Constant => {
  const taps = Array.from({ length: 9 }, (_, t) =>
    rows.flatMap((r) => columns.map((c) => r[Math.floor(t / 3)] * c[t % 3])),
  )
  return constant(ndarray(taps.flat(), [9, rows.length * columns.length]))
}

const BOTH = [EVEN, ODD]
const PHASES = BOTH.flatMap((rows) => BOTH.map((columns) => product(rows, columns)))
const POOL = product(POOLED, POOLED)

const mixed = (w: Tensor, mix: Constant, k: number): Tensor => {
  const [o, i] = w.shape
  return reshape(matmul(reshape(w, [o * i, 9]), mix), [o, i, k, k])
}

/** Weights [O, I, 2, 2] of the phases (even, even), (even, odd), (odd, even), (odd, odd) of [O, I, 3, 3]. */
export const phaseTaps = (w: Tensor): Tensor[] => PHASES.map((mix) => mixed(w, mix, 2))

/** Weights [O, I, 4, 4] whose stride-2 transpose is that of upsampling and convolving with [O, I, 3, 3]. */
export const pooledTaps = (w: Tensor): Tensor => mixed(w, POOL, 4)

/**
 * [16, 9]: gradients of the taps of the four phases → gradient of the nine taps; the
 * transpose of {@link phaseTaps}.
 */
export const phaseGradient = (): NdArray => {
  const rows = PHASES.flatMap(({ value }) =>
    [0, 1, 2, 3].map((tap) => Array.from({ length: 9 }, (_, t) => Number(value.data[4 * t + tap]))),
  )
  return ndarray(rows.flat(), [16, 9])
}

/** The weights of some of the input channels. */
export const inputsOf = (w: Tensor, from: number, size: number): Tensor =>
  slice(w, [0, from], [w.shape[0], from + size])

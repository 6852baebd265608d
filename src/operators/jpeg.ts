/**
 * JPEG-like compression of each channel: the discrete cosine transform of blocks of 8×8 pixels,
 * quantised with the luminance table of the standard (ITU-T T.81, table K.1) at a quality of 1 … 100,
 * and transformed back. No chroma subsampling, no colours transform: a surrogate with the blocks and
 * the rings of the original.
 *
 * Rounding is replaced by ⌊t⌉ + (t − ⌊t⌉)³ (Shin & Song 2017), which has a derivative.
 */
import { TweedieError } from '../error.ts'
import { dense, matrixOf } from '../linalg/index.ts'
import {
  add,
  clip,
  div,
  matmul,
  mul,
  type NdArray,
  round,
  type Shape,
  square,
  sub,
  type Tensor,
} from '../tensor/index.ts'
import { imageShape } from './image.ts'
import type { NonlinearOperator } from './operator.ts'

const BLOCK = 8

/** Table K.1. */
const LUMINANCE = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
] as const

/** Steps of quantisation at a quality, by the rule of the Independent JPEG Group. */
export const quantisationStep = (quality: number, row: number, column: number): number => {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
  const step = Math.floor((LUMINANCE[row][column] * scale + 50) / 100)
  return Math.min(255, Math.max(1, step))
}

/**
 * Orthonormal cosines of each block, of the n pixels continued by the last one to whole blocks: [⌈n/8⌉ 8, n].
 */
const blockCosines = (n: number): NdArray<'float64'> => {
  const size = Math.ceil(n / BLOCK) * BLOCK
  const cosine = (k: number, t: number) =>
    Math.sqrt((k === 0 ? 1 : 2) / BLOCK) * Math.cos((Math.PI * (2 * t + 1) * k) / (2 * BLOCK))
  const matrix = matrixOf(size, n, () => 0)
  for (let row = 0; row < size; row++) {
    const start = Math.floor(row / BLOCK) * BLOCK
    for (let t = 0; t < BLOCK; t++) {
      matrix.data[row * n + Math.min(start + t, n - 1)] += cosine(row % BLOCK, t)
    }
  }
  return matrix
}

/** Back from the cosines, without the continuation: [n, ⌈n/8⌉ 8]. */
const backFromCosines = (n: number): NdArray<'float64'> => {
  const size = Math.ceil(n / BLOCK) * BLOCK
  const whole = blockCosines(size)
  return matrixOf(n, size, (i, j) => whole.data[j * size + i])
}

const softRound = (t: Tensor): Tensor => {
  const nearest = round(t)
  const rest = sub(t, nearest)
  return add(nearest, mul(square(rest), rest))
}

/** Options of {@link jpeg}. */
export interface JpegOptions {
  /** 1 (worst) … 100, default 10. */
  readonly quality?: number
  /** Units of x: black and white, default [0, 1]. */
  readonly low?: number
  readonly high?: number
}

/**
 * y = the image after compression, of the shape and units of x.
 *
 * @param event - [C, H, W], any size
 * @throws TweedieError `input` when the event is no image, the quality is outside 1 … 100 or low ≥ high
 *
 * @example
 * ```ts
 * const A = jpeg([3, 64, 64], { quality: 10 })
 * ```
 */
export const jpeg = (
  event: Shape,
  { quality = 10, low = 0, high = 1 }: JpegOptions = {},
): NonlinearOperator => {
  const [, h, w] = imageShape(event, 'jpeg')
  if (!(quality >= 1 && quality <= 100 && low < high))
    throw new TweedieError(
      'input',
      `jpeg: needs a quality of 1 … 100 and low < high, got quality ${quality}, low ${low} and high ${high}`,
    )
  const [rows, columns] = [dense(blockCosines(h)), dense(blockCosines(w))]
  const [rowsBack, columnsBack] = [dense(backFromCosines(h)), dense(backFromCosines(w))]
  const padded = (n: number) => Math.ceil(n / BLOCK) * BLOCK
  const steps = dense(
    matrixOf(padded(h), padded(w), (i, j) => quantisationStep(quality, i % BLOCK, j % BLOCK)),
  )
  const scale = 255 / (high - low)
  const along = (L: Tensor, x: Tensor, R: Tensor) => matmul(matmul(L, x), R, { transB: true })
  return {
    name: 'jpeg',
    linear: false,
    inShape: event,
    outShape: event,
    apply: (x) => {
      const levels = sub(mul(sub(x, low), scale), 128)
      const q = steps(x)
      const rounded = mul(softRound(div(along(rows(x), levels, columns(x)), q)), q)
      const back = add(along(rowsBack(x), rounded, columnsBack(x)), 128)
      return add(mul(clip(back, 0, 255), 1 / scale), low)
    },
  }
}

/**
 * Parallel-beam tomography: integrals along lines at angles θ_k, kπ/K where they are not given,
 *
 *     y[k, j] = ∫ x(t_j cos θ_k − s sin θ_k, t_j sin θ_k + s cos θ_k) ds / n,
 *
 * by Joseph's method (1982): one sample per row or column that the line crosses, interpolated between two
 * pixels. The origin is the centre of the image, pixels have side 1, detectors distance 1; n, the larger
 * side, makes y of the order of x. The first axis of the plane points right, the second down.
 */

import { requireInteger } from '../checks.ts'
import { dense } from '../linalg/index.ts'
import {
  broadcastTo,
  constant,
  expandDims,
  mul,
  NdArray,
  ndarray,
  reshape,
  type Shape,
  scatterAdd,
  sum,
  type Tensor,
  take,
  transpose,
} from '../tensor/index.ts'
import { imageShape } from './image.ts'
import type { LinearOperator } from './operator.ts'

/**
 * The pixels on each ray, the same number for each: [rays, samples], with weights that are 0 outside the
 * image.
 */
interface Rays {
  readonly pixels: NdArray<'int64'>
  readonly weights: NdArray<'float64'>
}

const raysOf = (h: number, w: number, angles: readonly number[], detectors: number): Rays => {
  const n = Math.max(h, w)
  const samples = 2 * n
  const rays = angles.length * detectors
  const pixels = new Float64Array(rays * samples)
  const weights = new Float64Array(rays * samples)
  const [cx, cy] = [(w - 1) / 2, (h - 1) / 2]
  const put = (at: number, row: number, column: number, weight: number) => {
    if (row < 0 || row >= h || column < 0 || column >= w) return
    pixels[at] = row * w + column
    weights[at] = weight / n
  }
  for (let ray = 0; ray < rays; ray++) {
    const theta = angles[Math.floor(ray / detectors)]
    const t = (ray % detectors) - (detectors - 1) / 2
    const [cos, sin] = [Math.cos(theta), Math.sin(theta)]
    const byRow = Math.abs(cos) >= Math.abs(sin) // the line crosses each row once
    for (let i = 0; i < (byRow ? h : w); i++) {
      const along = i - (byRow ? cy : cx)
      const across = byRow ? (t - along * sin) / cos + cx : (t - along * cos) / sin + cy
      const below = Math.floor(across)
      const length = 1 / Math.max(Math.abs(cos), Math.abs(sin))
      for (const [side, share] of [1 - (across - below), across - below].entries()) {
        const at = ray * samples + 2 * i + side
        if (byRow) put(at, i, below + side, share * length)
        else put(at, below + side, i, share * length)
      }
    }
  }
  return {
    pixels: ndarray(pixels, [rays, samples], 'int64'),
    weights: new NdArray('float64', [rays, samples, 1], weights),
  }
}

/** The number of detectors that covers the whole image at every angle. */
const detectorsFor = (h: number, w: number): number => Math.ceil(Math.hypot(h, w))

/** Options of {@link radon}. */
export interface RadonOptions {
  /** Number of angles, evenly spaced over half a turn, or the angles themselves, in radians. */
  readonly angles: number | readonly number[]
  /** Detectors, distance 1 pixel; default ⌈√(H² + W²)⌉. */
  readonly detectors?: number
}

/** θ_k, evenly spaced where only their number is given. */
const anglesFrom = (angles: RadonOptions['angles']): readonly number[] => {
  if (typeof angles !== 'number') return angles
  requireInteger(angles, 1, 'radon: angles')
  return Array.from({ length: angles }, (_, k) => (k * Math.PI) / angles)
}

/**
 * [C, H, W] → [C, angles, detectors].
 *
 * @throws TweedieError `input` for events that are no images, and numbers that are no integers above 0
 *
 * @example
 * ```ts
 * radon([1, 64, 64], { angles: 30 }).outShape // [1, 30, 91]
 * ```
 */
export const radon = (event: Shape, { angles, detectors }: RadonOptions): LinearOperator => {
  const [c, h, w] = imageShape(event, 'radon')
  const d = detectors ?? detectorsFor(h, w)
  const turns = anglesFrom(angles)
  const k = turns.length
  requireInteger(k, 1, 'radon: angles')
  requireInteger(d, 1, 'radon: detectors')
  const rays = raysOf(h, w, turns, d)
  const [pixels, weights] = [constant(rays.pixels), dense(rays.weights)]
  /** [B, C, ...] → [size, B C] and back. */
  const columns = (t: Tensor, size: number) => transpose(reshape(t, [-1, size]), [1, 0])
  const events = (t: Tensor, shape: Shape) => reshape(transpose(t, [1, 0]), [-1, c, ...shape])
  return {
    name: 'radon',
    linear: true,
    inShape: event,
    outShape: [c, k, d],
    apply: (x) => {
      const along = mul(take(columns(x, h * w), pixels), weights(x))
      return events(sum(along, { axes: [1] }), [k, d])
    },
    adjoint: (y) => {
      const spread = expandDims(columns(y, k * d), 1)
      const shape = [k * d, rays.pixels.shape[1], spread.shape[2]]
      const weighted = mul(broadcastTo(spread, shape), weights(y))
      return events(scatterAdd(weighted, pixels, [h * w, shape[2]]), [h, w])
    },
  }
}

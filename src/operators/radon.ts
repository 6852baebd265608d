/**
 * Parallel-beam tomography: integrals along lines at angles θ_k, kπ/K where they are not given,
 *
 *     y[k, j] = ∫ x(t_j cos θ_k − s sin θ_k, t_j sin θ_k + s cos θ_k) ds / n,
 *
 * by Joseph's method (1982): one sample per row or column that the line crosses, interpolated between two
 * pixels. The origin is the centre of the image, pixels have side 1, detectors distance 1; n, the larger
 * side, makes y of the order of x. The first axis of the plane points right, the second down.
 *
 * At each angle a ray crosses every row once, or every column, and the rays cross it at least a pixel apart:
 * so between two neighbouring pixels there is one ray at most. Both A and Aᵀ are then gathered, angle by
 * angle, from tables of one entry for each crossing: no program ever holds the samples of all rays.
 */

import { requireInteger } from '../checks.ts'
import { TweedieError } from '../error.ts'
import {
  add,
  concat,
  constant,
  type DType,
  matmul,
  mul,
  NdArray,
  ndarray,
  pad,
  reshape,
  type Shape,
  slice,
  sub,
  sum,
  type Tensor,
  take,
  transpose,
} from '../tensor/index.ts'
import { imageShape } from './image.ts'
import type { LinearOperator } from './operator.ts'

/**
 * The crossings of one angle. Lines are the rows of the image, or its columns; a gap lies between two pixels
 * of a line, or beside the first or the last one: gap g between pixels g − 1 and g.
 */
interface Crossings {
  /** Whether lines are rows. */
  readonly byRow: boolean
  /** Length of a ray between two lines, divided by n. */
  readonly length: number
  /** Of ray and line, [detectors, lines]: the gap, in an image with one pixel more at both ends of lines. */
  readonly gap: NdArray<'int32'>
  /** How far the crossing is from the gap's first pixel, in pixels; 0 outside the image. */
  readonly share: Float64Array
  /** Of line and gap, [lines, gaps]: the ray, or the number of rays where there is none. */
  readonly ray: NdArray<'int32'>
  /** The share of that crossing, else 0. */
  readonly rayShare: Float64Array
}

/** A crossing this near to a pixel goes through it: rounding puts no two rays into one gap. */
const NEAR = 1e-9

const crossingsOf = (h: number, w: number, theta: number, detectors: number): Crossings => {
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)]
  const byRow = Math.abs(cos) >= Math.abs(sin)
  const [lines, pixels] = byRow ? [h, w] : [w, h]
  const [major, minor] = byRow ? [cos, sin] : [sin, cos]
  const gaps = pixels + 1
  const gap = new Int32Array(detectors * lines)
  const share = new Float64Array(detectors * lines)
  const ray = new Int32Array(lines * gaps).fill(detectors)
  const rayShare = new Float64Array(lines * gaps)
  for (let d = 0; d < detectors; d++) {
    const t = d - (detectors - 1) / 2
    for (let line = 0; line < lines; line++) {
      const along = line - (lines - 1) / 2
      const across = (t - along * minor) / major + (pixels - 1) / 2
      const below = Math.floor(across + NEAR)
      const isInside = below >= -1 && below < pixels
      const at = d * lines + line
      gap[at] = line * (pixels + 2) + (isInside ? below + 1 : 0)
      if (!isInside) continue
      share[at] = Math.max(0, across - below)
      const own = line * gaps + below + 1
      ray[own] = d
      rayShare[own] = share[at]
    }
  }
  return {
    byRow,
    length: 1 / (Math.abs(major) * Math.max(h, w)),
    gap: new NdArray('int32', [detectors, lines], gap),
    share,
    ray: new NdArray('int32', [lines, gaps], ray),
    rayShare,
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
  const made = new Map<DType, readonly AngleMaps[]>()
  /** One after the other, and kept: constants are shared by all products of a program. */
  const mapsIn = (dtype: DType): readonly AngleMaps[] => {
    const known = made.get(dtype) ?? turns.map((theta) => mapsOf(h, w, crossingsOf(h, w, theta, d), dtype))
    made.set(dtype, known)
    return known
  }
  return {
    name: 'radon',
    linear: true,
    inShape: event,
    outShape: [c, k, d],
    apply: (x) => {
      const [B] = x.shape
      const columns = transpose(reshape(x, [B * c, h, w]), [1, 2, 0])
      const turned = transpose(columns, [1, 0, 2])
      const rays = mapsIn(x.dtype).map(({ byRow, project }) => project(byRow ? columns : turned))
      return reshape(transpose(concat(rays, 0), [1, 0]), [B, c, k, d])
    },
    adjoint: (y) => {
      const [B] = y.shape
      const rays = transpose(reshape(y, [B * c, k, d]), [1, 2, 0])
      const spread = (isByRow: boolean): Tensor | undefined => {
        const parts = mapsIn(y.dtype).flatMap(({ byRow, spread }, angle) =>
          byRow === isByRow ? [spread(reshape(slice(rays, [angle], [angle + 1]), [d, B * c]))] : [],
        )
        return parts.length > 0 ? parts.reduce(add) : undefined
      }
      const [rows, columns] = [spread(true), spread(false)]
      const turned = columns && transpose(columns, [1, 0, 2])
      const image = rows && turned ? add(rows, turned) : (rows ?? turned)
      if (!image) throw new TweedieError('input', 'radon: there are no angles')
      return reshape(transpose(image, [2, 0, 1]), [B, c, h, w])
    },
  }
}

/** One angle of A and of Aᵀ, on images [lines, pixels, BC] and rays [detectors, BC]. */
interface AngleMaps {
  readonly byRow: boolean
  readonly project: (lines: Tensor) => Tensor
  readonly spread: (rays: Tensor) => Tensor
}

const mapsOf = (
  h: number,
  w: number,
  { byRow, length, gap, share, ray, rayShare }: Crossings,
  dtype: DType,
): AngleMaps => {
  const [lines, pixels] = byRow ? [h, w] : [w, h]
  const [detectors] = gap.shape
  const gaps = pixels + 1
  const [gapOf, rayOf] = [constant(gap), constant(ray)]
  const shareOf = constant(ndarray(share, [detectors, 1, lines], dtype))
  const rayShareOf = constant(ndarray(rayShare, [lines, gaps, 1], dtype))
  return {
    byRow,
    /** Σ over lines of x[g] + share (x[g + 1] − x[g]), times the length. */
    project: (image) => {
      const columns = image.shape[2]
      const wide = reshape(pad(image, [0, 1, 0], [0, 1, 0]), [lines * (pixels + 2), columns])
      const next = pad(slice(wide, [1]), [0, 0], [1, 0])
      const first = sum(take(wide, gapOf), { axes: 1 })
      const rest = matmul(shareOf, take(sub(next, wide), gapOf))
      return mul(add(first, reshape(rest, [detectors, columns])), length)
    },
    /** What each gap's ray gives to the pixel before it and to the one after. */
    spread: (rays) => {
      const columns = rays.shape[1]
      const given = mul(take(pad(rays, [0, 0], [1, 0]), rayOf), length)
      const after = mul(given, rayShareOf)
      const before = sub(given, after)
      return add(
        slice(before, [0, 1, 0], [lines, gaps, columns]),
        slice(after, [0, 0, 0], [lines, pixels, columns]),
      )
    },
  }
}

import { NdArray } from '../tensor/ndarray.ts'
import type { Picture } from './png.ts'

/** A small software rasteriser: which triangle each pixel shows, and where in it. */

/** The visible triangle at each pixel, row by row from the top. */
export interface Visible {
  /** Index of the nearest triangle, −1 where there is none. */
  readonly face: Int32Array
  /** Barycentric coordinates of the pixel's centre for the second and third corner of that triangle. */
  readonly second: Float32Array
  readonly third: Float32Array
}

/**
 * Triangles on a square of pixels, nearest first (z-buffer; J. Pineda, "A parallel algorithm for polygon
 * rasterization", SIGGRAPH 1988). A pixel is covered when its centre is.
 *
 * @param points [V, 3] in pixels: x to the right, y down, z towards the viewer.
 * @param faces [F, 3].
 */
export const visibleFaces = (
  points: Float64Array,
  { data: faces }: NdArray<'int32'>,
  size: number,
): Visible => {
  const face = new Int32Array(size * size).fill(-1)
  const [second, third] = [new Float32Array(size * size), new Float32Array(size * size)]
  const depth = new Float64Array(size * size).fill(Number.NEGATIVE_INFINITY)
  for (let f = 0; f < faces.length / 3; f++) {
    const [a, b, c] = [3 * faces[3 * f], 3 * faces[3 * f + 1], 3 * faces[3 * f + 2]]
    const [bx, by] = [points[b] - points[a], points[b + 1] - points[a + 1]]
    const [cx, cy] = [points[c] - points[a], points[c + 1] - points[a + 1]]
    const area = bx * cy - by * cx
    if (area === 0) continue
    const from = (k: 0 | 1) =>
      Math.max(0, Math.ceil(Math.min(points[a + k], points[b + k], points[c + k]) - 0.5))
    const to = (k: 0 | 1) =>
      Math.min(size - 1, Math.floor(Math.max(points[a + k], points[b + k], points[c + k]) - 0.5))
    for (let i = from(1), last = to(1); i <= last; i++) {
      for (let j = from(0), end = to(0); j <= end; j++) {
        const [px, py] = [j + 0.5 - points[a], i + 0.5 - points[a + 1]]
        const [v, w] = [(px * cy - py * cx) / area, (bx * py - by * px) / area]
        if (v < 0 || w < 0 || v + w > 1) continue
        const z = (1 - v - w) * points[a + 2] + v * points[b + 2] + w * points[c + 2]
        const at = i * size + j
        if (z <= depth[at]) continue
        depth[at] = z
        face[at] = f
        second[at] = v
        third[at] = w
      }
    }
  }
  return { face, second, third }
}

/** Places on each side of a pixel that are averaged: edges are not jagged. */
export const OVERSAMPLING = 2

/** A colour to be overwritten: a picture has a million of them, and no time for as many arrays. */
export type Paint = Float32Array

/**
 * A square picture from the colours of `OVERSAMPLING`² places in each pixel.
 *
 * @param size of the picture.
 * @param colourAt writes the colour of a place, by its row and column among size × OVERSAMPLING.
 */
export const painted = (
  size: number,
  colourAt: (row: number, column: number, paint: Paint) => void,
): Picture => {
  const wide = size * OVERSAMPLING
  const data = new Float32Array(3 * size * size)
  const paint = new Float32Array(3)
  for (let i = 0; i < wide; i++) {
    for (let j = 0; j < wide; j++) {
      colourAt(i, j, paint)
      const at = Math.floor(i / OVERSAMPLING) * size + Math.floor(j / OVERSAMPLING)
      for (let c = 0; c < 3; c++) data[c * size * size + at] += paint[c] / OVERSAMPLING ** 2
    }
  }
  return new NdArray('float32', [3, size, size], data)
}

/**
 * Masks as a brush leaves them: strokes are thick polylines that turn a little at every corner. Pixels are
 * erased along them one by one, until as many are gone as are to go.
 */
import { stream, uniform } from '../../random/index.ts'
import { type PlanePoint, segmentDistance } from './segment.ts'

/** Strokes of one mask at most, and segments of one stroke. */
const STROKES = 64
const SEGMENTS = 6

/** Random numbers of one stroke: width, place, direction, number of segments; length and turn of each. */
const NUMBERS = 5 + 2 * SEGMENTS

/** Width of a brush, length of a segment, in sides of the image. */
const WIDTH = [0.06, 0.2] as const
const LENGTH = [0.1, 0.4] as const
/** Largest turn at a corner, radians. */
const TURN = Math.PI / 3

const between = ([low, high]: readonly [number, number], u: number): number => low + (high - low) * u

/** A polyline with its width, from random numbers. */
const strokeOf = (u: Float32Array, height: number, width: number) => {
  const side = Math.min(height, width)
  const path: PlanePoint[] = [[u[1] * (width - 1), u[2] * (height - 1)]]
  let angle = 2 * Math.PI * u[3]
  const segments = 1 + Math.floor(u[4] * SEGMENTS)
  for (let k = 0; k < segments; k++) {
    const [x, y] = path[k]
    const length = between(LENGTH, u[5 + 2 * k]) * side
    path.push([x + length * Math.cos(angle), y + length * Math.sin(angle)])
    angle += (2 * u[6 + 2 * k] - 1) * TURN
  }
  return { path, radius: Math.max(0.75, between(WIDTH, u[0]) * side * 0.5) }
}

/** Pixels under a segment, row by row, one that is nearer to its start before one that is farther. */
const pixelsUnder = (a: PlanePoint, b: PlanePoint, radius: number, [height, width]: readonly number[]) => {
  const ends = (axis: 0 | 1, size: number): readonly [number, number] => [
    Math.max(0, Math.floor(Math.min(a[axis], b[axis]) - radius)),
    Math.min(size - 1, Math.ceil(Math.max(a[axis], b[axis]) + radius)),
  ]
  const [left, right] = ends(0, width)
  const [top, bottom] = ends(1, height)
  const found: { readonly at: number; readonly far: number }[] = []
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++)
      if (segmentDistance([column, row], a, b) <= radius)
        found.push({ at: row * width + column, far: Math.hypot(column - a[0], row - a[1]) })
  return found.sort((p, q) => p.far - q.far || p.at - q.at).map(({ at }) => at)
}

/**
 * Which pixels strokes erase.
 *
 * @param plane - [height, width]
 * @param missing - pixels to erase; fewer where 64 strokes do not reach so many
 * @param at - seed, and number of the mask
 * @param may - pixels that count (default all): others are erased on the way
 * @returns [height · width], 1 where a pixel is kept
 */
export const strokeMask = (
  plane: readonly [height: number, width: number],
  missing: number,
  { seed, observation }: { readonly seed: number; readonly observation: number },
  may: (at: number) => boolean = () => true,
): Float32Array => {
  const [height, width] = plane
  const mask = new Float32Array(height * width).fill(1)
  let left = missing
  for (let stroke = 0; stroke < STROKES && left > 0; stroke++) {
    const u = uniform(stream(seed, 'observe strokes'), [NUMBERS], { observation, step: stroke }).data
    const { path, radius } = strokeOf(u, height, width)
    for (let k = 1; k < path.length; k++)
      for (const at of pixelsUnder(path[k - 1], path[k], radius, plane)) {
        if (left === 0) return mask
        if (mask[at] === 1 && may(at)) left--
        mask[at] = 0
      }
  }
  return mask
}

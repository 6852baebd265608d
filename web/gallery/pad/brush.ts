/** Painting on a mask. */
import type { Size } from '../masks.ts'

/** A point of an image in pixels; pixel (i, j) is the square from (i, j) to (i + 1, j + 1). */
export interface Place {
  readonly row: number
  readonly column: number
}

/** A brush drawn from one place to another. */
export interface Stroke {
  readonly from: Place
  readonly to: Place
  /** Pixels. */
  readonly radius: number
  /** Whether pixels are restored (seen) or erased. */
  readonly seen: boolean
}

/** Distance of a point from the segment between two. */
const distance = (at: Place, from: Place, to: Place): number => {
  const [dr, dc] = [to.row - from.row, to.column - from.column]
  const squared = dr * dr + dc * dc
  const along = ((at.row - from.row) * dr + (at.column - from.column) * dc) / (squared || 1)
  const t = Math.min(1, Math.max(0, along))
  return Math.hypot(at.row - from.row - t * dr, at.column - from.column - t * dc)
}

/**
 * The mask after a stroke: pixels whose centre the brush covers; the pixel under the brush always.
 *
 * @param mask - [height·width], not changed
 */
export const stroke = (
  mask: Float32Array,
  { height, width }: Size,
  { from, to, radius, seen }: Stroke,
): Float32Array => {
  const painted = Float32Array.from(mask)
  const reach = Math.max(radius, Math.SQRT1_2)
  const rows = [Math.min(from.row, to.row) - reach, Math.max(from.row, to.row) + reach]
  const columns = [Math.min(from.column, to.column) - reach, Math.max(from.column, to.column) + reach]
  for (let row = Math.max(0, Math.floor(rows[0])); row < Math.min(height, rows[1]); row++) {
    for (let column = Math.max(0, Math.floor(columns[0])); column < Math.min(width, columns[1]); column++) {
      if (distance({ row: row + 0.5, column: column + 0.5 }, from, to) <= reach)
        painted[row * width + column] = seen ? 1 : 0
    }
  }
  return painted
}

/** Painting on a mask of points. */

/** A brush that went over points. */
export interface PointStroke {
  /** Points that were under its middle, by index. */
  readonly over: readonly number[]
  /** A straight line, in the units of the coordinates. */
  readonly radius: number
  /** Whether points are restored (seen) or erased. */
  readonly seen: boolean
}

/**
 * The mask after a stroke: the points within the radius of one that the brush went over, and these themselves.
 *
 * @param mask - [N], not changed
 * @param coordinates - [N, 3]
 */
export const pointStroke = (
  mask: Float32Array,
  coordinates: Float32Array,
  { over, radius, seen }: PointStroke,
): Float32Array => {
  const painted = Float32Array.from(mask)
  const [value, reach] = [seen ? 1 : 0, radius * radius]
  for (const centre of over) {
    const [x, y, z] = coordinates.subarray(3 * centre, 3 * centre + 3)
    for (let i = 0, at = 0; i < painted.length; i++, at += 3) {
      const dx = coordinates[at] - x
      const dy = coordinates[at + 1] - y
      const dz = coordinates[at + 2] - z
      if (dx * dx + dy * dy + dz * dz <= reach) painted[i] = value
    }
    painted[centre] = value
  }
  return painted
}

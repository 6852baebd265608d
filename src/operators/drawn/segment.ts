/** A point of the plane. */
export type PlanePoint = readonly [x: number, y: number]

/** Distance of a point from a segment. */
export const segmentDistance = ([px, py]: PlanePoint, [ax, ay]: PlanePoint, [bx, by]: PlanePoint): number => {
  const [dx, dy] = [bx - ax, by - ay]
  const squared = dx * dx + dy * dy
  const t = squared === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / squared))
  return Math.hypot(px - ax - t * dx, py - ay - t * dy)
}

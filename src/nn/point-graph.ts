/** Neighbourhoods of points in space: k nearest neighbours, and coarser sets of the same points. */

/** Coordinates of one point. */
export type Point = readonly number[]

const squaredDistance = (a: Point, b: Point): number => a.reduce((total, v, i) => total + (v - b[i]) ** 2, 0)

/**
 * Indices of the k points of `from` that are nearest to `to`, without those at the index `except`; nearest
 * first.
 */
const nearest = (from: readonly Point[], to: Point, k: number, except = -1): number[] => {
  const best: { index: number; distance: number }[] = []
  for (const [index, p] of from.entries()) {
    if (index === except) continue
    const distance = squaredDistance(p, to)
    if (best.length === k && distance >= best[k - 1].distance) continue
    const at = best.findIndex((b) => b.distance > distance)
    best.splice(at < 0 ? best.length : at, 0, { index, distance })
    if (best.length > k) best.pop()
  }
  return best.map(({ index }) => index)
}

/**
 * Farthest-point sampling (Gonzalez 1985; Eldar et al. 1997): begins with the point farthest from the centre
 * of all, and always adds the point farthest from those it has. Indices, in the order of the points.
 */
export const farthestPoints = (points: readonly Point[], count: number): number[] => {
  const centre = points[0].map((_, i) => points.reduce((total, p) => total + p[i], 0) / points.length)
  const away = points.map((p) => squaredDistance(p, centre))
  const chosen: number[] = []
  for (let n = 0; n < count; n++) {
    const next = away.reduce((best, d, i) => (d > away[best] ? i : best), 0)
    chosen.push(next)
    for (const [i, p] of points.entries()) {
      const d = squaredDistance(p, points[next])
      away[i] = n === 0 ? d : Math.min(away[i], d)
    }
  }
  return chosen.sort((a, b) => a - b)
}

/**
 * How points gather from a set that they are part of: `own[i]` is the index of point i in it, `neighbours`
 * those of its k nearest others, and `basis` the weights of these for the mean and for the slope along each
 * axis of space: 1/k, and √3 (p_j − p_i)/(h_i k) with h_i the root mean square distance of the neighbours:
 * the same under any order of the points.
 */
export interface Stencil {
  readonly own: readonly number[]
  /** [points · k] */
  readonly neighbours: readonly number[]
  /** [points · (1 + dimensions) · k] */
  readonly basis: readonly number[]
}

/** The stencil of the points `own` of a set. */
export const stencil = (points: readonly Point[], own: readonly number[], k: number): Stencil => {
  const rows = own.map((i) => {
    const centre = points[i]
    const neighbours = nearest(points, centre, k, i)
    const squares = neighbours.map((j) => squaredDistance(points[j], centre))
    const h = Math.sqrt(squares.reduce((a, b) => a + b, 0) / k)
    const slopes = centre.map((c, axis) =>
      neighbours.map((j) => (Math.sqrt(3) * (points[j][axis] - c)) / (h * k)),
    )
    return { neighbours, basis: [neighbours.map(() => 1 / k), ...slopes].flat() }
  })
  return {
    own,
    neighbours: rows.flatMap(({ neighbours }) => neighbours),
    basis: rows.flatMap(({ basis }) => basis),
  }
}

/** For each point the number of the nearest of some of them. */
export const nearestOf = (points: readonly Point[], chosen: readonly number[]): number[] => {
  const candidates = chosen.map((i) => points[i])
  return points.map((p) => nearest(candidates, p, 1)[0])
}

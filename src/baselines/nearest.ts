/** Each hidden entry takes the value of the nearest seen one. */

import { type Point, squaredDistance } from '../em/places.ts'
import { baselineEntry } from './baseline.ts'
import { interpolated } from './interpolate.ts'

/** The nearest of some points; of several as near, the first. */
const nearestTo = (point: Point, points: readonly Point[], among: readonly number[]): number => {
  let [best, least] = [among[0], Number.POSITIVE_INFINITY]
  for (const candidate of among) {
    const distance = squaredDistance(point, points[candidate])
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

export const nearestEntry = baselineEntry({
  name: 'nearest',
  title: 'nearest seen entry',
  reference: 'Thiessen 1911',
  needs: 'mask',
  draws: false,
  settings: {},
  make: () =>
    interpolated(
      ({ points }) =>
        ({ at, y }) =>
          Float32Array.from(points, (point) => y[nearestTo(point, points, at)]),
    ),
})

/** Distances to a curve that is known by its points. */
import type { NdArray } from '../../src/tensor/index.ts'

/** Distance of each row of x to the nearest point, ascending. */
export const distances = (x: NdArray, points: NdArray): number[] => {
  const [n] = points.shape.slice(1)
  const all = Array.from({ length: x.shape[0] }, (_, i) => {
    let least = Infinity
    for (let j = 0; j < points.shape[0]; j++) {
      let sum = 0
      for (let d = 0; d < n; d++) sum += (Number(x.data[i * n + d]) - Number(points.data[j * n + d])) ** 2
      least = Math.min(least, sum)
    }
    return Math.sqrt(least)
  })
  return all.sort((a, b) => a - b)
}

/** Median of such distances, and the share of those above 0.3. */
export const summaryOf = (away: readonly number[]): { readonly median: number; readonly far: number } => ({
  median: away[Math.floor(away.length / 2)],
  far: away.filter((d) => d > 0.3).length / away.length,
})

/** Where a truth is known: how far the mean is from it, and whether the intervals hold it. */
import type { Summary } from './summary.ts'

/** Mean − truth, [P]. */
export const errorOf = ({ mean }: Summary, truth: Float32Array): Float32Array =>
  mean.map((m, i) => m - truth[i])

/** (Truth − mean) / standard deviation, [P]; 0 where both are the same, ± ∞ where there is no spread. */
export const zScoreOf = ({ mean, deviation }: Summary, truth: Float32Array): Float32Array =>
  mean.map((m, i) => (truth[i] === m ? 0 : (truth[i] - m) / deviation[i]))

/** −1, 0, 1: the truth is below, inside, above the central 90 % interval, [P]. */
export const sideOf = ({ low, high }: Pick<Summary, 'low' | 'high'>, truth: Float32Array): Float32Array =>
  low.map((l, i) => (truth[i] < l ? -1 : truth[i] > high[i] ? 1 : 0))

/** Share of the places where the interval holds the truth; of those that count. */
export const insideShare = (side: Float32Array, counts: (place: number) => boolean): number => {
  let [inside, all] = [0, 0]
  side.forEach((s, i) => {
    if (!counts(i)) return
    all++
    if (s === 0) inside++
  })
  return inside / all
}

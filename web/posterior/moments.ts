import { type Draws, drawOf } from './draws.ts'

/** Mean and standard deviation of the draws, entry by entry: [D] each. Divides by K − 1; 0 for one draw. */
export const moments = (draws: Draws): { readonly mean: Float32Array; readonly deviation: Float32Array } => {
  const { count, size } = draws
  const mean = new Float64Array(size)
  const squares = new Float64Array(size)
  for (let k = 0; k < count; k++) {
    const draw = drawOf(draws, k)
    for (let i = 0; i < size; i++) {
      // Welford (1962): no difference of large sums.
      const step = draw[i] - mean[i]
      mean[i] += step / (k + 1)
      squares[i] += step * (draw[i] - mean[i])
    }
  }
  return {
    mean: Float32Array.from(mean),
    deviation: squares.length === 0 ? new Float32Array(0) : Float32Array.from(squares, (s) => Math.sqrt(s / Math.max(1, count - 1))),
  }
}

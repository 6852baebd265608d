import type { Draws } from './draws.ts'

/** Mean of the draws, all channels, [D]. */
export const meanOf = ({ values, count, size }: Draws): Float32Array => {
  const sum = new Float64Array(size)
  for (let k = 0, at = 0; k < count; k++) for (let i = 0; i < size; i++, at++) sum[i] += values[at]
  return Float32Array.from(sum, (s) => s / count)
}

/** Largest finite magnitude. */
export const largestMagnitude = (values: Float32Array): number => {
  let most = 0
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value))
  return most
}

import type { Draws } from './draws.ts'

/** P(x > u) at every place, as the share of the draws, [P]. */
export const exceedance = ({ values, count, size }: Draws, u: number): Float32Array => {
  const share = new Float32Array(size)
  for (let k = 0, at = 0; k < count; k++) for (let i = 0; i < size; i++, at++) if (values[at] > u) share[i]++
  for (let i = 0; i < size; i++) share[i] /= count
  return share
}

/** Masks of points that lie somewhere: patches are missing, each of the points nearest to one of them. */
import { stream, uniform } from '../../random/index.ts'

/** Patches of one mask at most. */
const PATCHES = 3

const squaredDistance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0)

/**
 * Which points patches take away: one to three of them, as large as each other. Distances are straight lines:
 * patches on the globe are caps.
 *
 * @param places - of the points, in the plane or in space
 * @param missing - points to take away, exactly
 * @param at - seed, and number of the mask
 * @returns [points], 1 where a point is kept
 */
export const patchMask = (
  places: readonly (readonly number[])[],
  missing: number,
  { seed, observation }: { readonly seed: number; readonly observation: number },
): Float32Array => {
  const u = uniform(stream(seed, 'observe patches'), [1 + PATCHES], { observation }).data
  const mask = new Float32Array(places.length).fill(1)
  const patches = 1 + Math.floor(u[0] * PATCHES)
  let left = missing
  for (let p = 0; p < patches; p++) {
    const there = places.flatMap((_, i) => (mask[i] === 1 ? [i] : []))
    const centre = places[there[Math.floor(u[1 + p] * there.length)]]
    const near = there
      .map((i) => ({ i, far: squaredDistance(places[i], centre) }))
      .sort((a, b) => a.far - b.far || a.i - b.i)
    const size = Math.round(left / (patches - p))
    for (const { i } of near.slice(0, size)) mask[i] = 0
    left -= size
  }
  return mask
}

/** Values of an image beyond its edge. */

/**
 * `circular`: it repeats. `reflect`: it is mirrored at the centre of the edge pixel (as in
 * PyTorch). `zero`: nothing.
 */
export type Boundary = 'circular' | 'reflect' | 'zero'

/** All boundaries, the default first. */
export const BOUNDARIES = ['reflect', 'circular', 'zero'] as const satisfies readonly Boundary[]

const modulo = (i: number, n: number): number => ((i % n) + n) % n

/** The pixel of 0 … n − 1 whose value any integer position i has, or undefined where the value is 0. */
export const pixelAt = (i: number, n: number, boundary: Boundary): number | undefined => {
  if (i >= 0 && i < n) return i
  if (boundary === 'zero') return undefined
  if (boundary === 'circular') return modulo(i, n)
  if (n === 1) return 0
  const folded = modulo(i, 2 * n - 2)
  return folded < n ? folded : 2 * n - 2 - folded
}

/** Mirrored at the edge itself, so that the edge pixel occurs twice (as Matlab's imresize does). */
export const mirroredPixel = (i: number, n: number): number => {
  const folded = modulo(i, 2 * n)
  return folded < n ? folded : 2 * n - 1 - folded
}

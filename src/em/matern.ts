/**
 * Correlations of Matérn's family at a distance d with the range ℓ (Stein 1999, 2.7): exp(−d/ℓ), whose fields
 * are as rough as a random walk (smoothness ½), and (1 + √3 d/ℓ) exp(−√3 d/ℓ), which have a slope (3/2).
 */
import { type Point, squaredDistance } from './places.ts'

/** ρ(d/ℓ). */
export type Kernel = (ratio: number) => number

/** Kernels by name. */
export const kernels = {
  exponential: (ratio: number) => Math.exp(-ratio),
  matern32: (ratio: number) => (1 + Math.sqrt(3) * ratio) * Math.exp(-Math.sqrt(3) * ratio),
} as const satisfies Readonly<Record<string, Kernel>>

/** The correlations of points at a range: [P, P], row-major. */
export const correlations = (points: readonly Point[], kernel: Kernel, range: number): Float64Array => {
  const n = points.length
  const matrix = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const rho = kernel(Math.sqrt(squaredDistance(points[i], points[j])) / range)
      matrix[i * n + j] = rho
      matrix[j * n + i] = rho
    }
  }
  return matrix
}

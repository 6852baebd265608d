import { TweedieError } from '../../error.ts'

/** A density of the plane by its logarithm. */
export type LogDensity = (x: number, y: number) => number

/** The square that a quadrature covers, and how finely. */
export interface QuadratureOptions {
  /** Lower and upper end of both coordinates. */
  readonly range: readonly [low: number, high: number]
  /** Points of each coordinate, default 400. */
  readonly points?: number
}

/**
 * KL(p ‖ q) = ∫ p log(p/q) of two densities of the plane, in nats, by the midpoint rule. p need not be
 * normalised, q does: its mass outside the square counts.
 *
 * @throws TweedieError `input` for a range that is no interval, `numeric` when p has no mass in the square
 *
 * @example
 * ```ts
 * const normal = (sd: number) => (x: number, y: number) =>
 *   -Math.log(2 * Math.PI * sd ** 2) - (x ** 2 + y ** 2) / (2 * sd ** 2)
 * const gap = klByQuadrature(normal(0.5), normal(1), { range: [-6, 6] }) // log 4 + ¼ − 1
 * ```
 */
export const klByQuadrature = (
  p: LogDensity,
  q: LogDensity,
  { range: [low, high], points = 400 }: QuadratureOptions,
): number => {
  if (!(high > low)) throw new TweedieError('input', `quadrature: expected low < high, got [${low}, ${high}]`)
  const h = (high - low) / points
  const at = (i: number) => low + (i + 0.5) * h
  let top = -Infinity
  const logP = new Float64Array(points * points)
  for (let i = 0; i < points; i++)
    for (let j = 0; j < points; j++) {
      logP[i * points + j] = p(at(i), at(j))
      top = Math.max(top, logP[i * points + j])
    }
  if (!Number.isFinite(top)) throw new TweedieError('numeric', 'quadrature: p has no mass in the square')
  let [mass, sum] = [0, 0]
  for (let i = 0; i < points; i++)
    for (let j = 0; j < points; j++) {
      const density = Math.exp(logP[i * points + j] - top)
      if (density < 1e-14) continue
      mass += density
      sum += density * (logP[i * points + j] - q(at(i), at(j)))
    }
  return sum / mass - top - Math.log(mass * h * h) // log ∫ p
}

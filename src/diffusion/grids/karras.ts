import type { Schedule } from '../schedule.ts'

/**
 * EDM's grid: sigma_i = (hi^(1/ρ) + i/T (lo^(1/ρ) − hi^(1/ρ)))^ρ (Karras et al. 2022, Eq. 5), ρ = 7 by
 * default.
 */
export const karrasGrid = ({ sigmaMin, sigmaMax }: Schedule, steps: number, rho = 7): number[] => {
  const [lo, hi] = [sigmaMin ** (1 / rho), sigmaMax ** (1 / rho)]
  return Array.from({ length: steps + 1 }, (_, i) => (hi + (i / steps) * (lo - hi)) ** rho)
}

import type { Schedule } from '../schedule.ts'

/** Where data of a spread of about 1 decide, and the share of levels that is left to the rest. */
const [TOP, BOTTOM, SHARE] = [Math.log(5), Math.log(3e-3), 0.25]

/**
 * A geometric grid that is four times as coarse above σ = 5 and below 3e-3: data of a spread of about 1 make
 * up their mind between. Of few steps it halves the error on Gaussian posteriors (docs/RESULTS.md, steps).
 *
 * @param steps - T
 * @returns T + 1 noise levels, from high to low
 */
export const taperedGrid = ({ sigmaMin, sigmaMax }: Schedule, steps: number): number[] => {
  const inside = (l: number) => Math.min(Math.max(l, BOTTOM), TOP)
  const place = (l: number) => inside(l) + SHARE * (l - inside(l))
  const level = (p: number) => inside(p) + (p - inside(p)) / SHARE
  const [hi, lo] = [place(Math.log(sigmaMax)), place(Math.log(sigmaMin))]
  return Array.from({ length: steps + 1 }, (_, i) => Math.exp(level(hi + (i / steps) * (lo - hi))))
}

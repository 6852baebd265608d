import { TweedieError } from '../error.ts'
import { add, exp, mul, type Tensor } from '../tensor/index.ts'

/** Noise level as a function of time in [0, 1], for numbers and for tensors. */
export interface Schedule {
  readonly sigmaMin: number
  readonly sigmaMax: number
  /** sigma at time t. */
  sigma(t: number): number
  /** The same, element by element. */
  sigmaOf(t: Tensor): Tensor
}

/**
 * VE exponential schedule sigma_t = exp((1 − t) log sigmaMin + t log sigmaMax) (DiEM Eq. 28): a uniform grid
 * in t is a geometric grid in sigma.
 *
 * @param sigmaMin - default 1e-3, in units of the prior (spread of the data about 1)
 * @param sigmaMax - default 1e2
 *
 * @example
 * ```ts
 * exponentialSchedule().sigma(0.5) // 0.316227766
 * ```
 */
export const exponentialSchedule = ({ sigmaMin = 1e-3, sigmaMax = 1e2 } = {}): Schedule => {
  if (!(sigmaMin > 0 && sigmaMax > sigmaMin)) {
    throw new TweedieError(
      'input',
      `schedule: needs 0 < sigmaMin < sigmaMax, got ${sigmaMin} and ${sigmaMax}`,
    )
  }
  const [lo, hi] = [Math.log(sigmaMin), Math.log(sigmaMax)]
  return {
    sigmaMin,
    sigmaMax,
    sigma: (t) => Math.exp((1 - t) * lo + t * hi),
    sigmaOf: (t) => exp(add(mul(t, hi - lo), lo)),
  }
}

/** sigma at t = 1, 1 − 1/T, …, 0: the T + 1 noise levels of a sampler with T steps. */
export const sigmaGrid = (schedule: Schedule, steps: number): number[] =>
  Array.from({ length: steps + 1 }, (_, i) => schedule.sigma(1 - i / steps))

/**
 * EDM's grid: sigma_i = (hi^(1/ρ) + i/T (lo^(1/ρ) − hi^(1/ρ)))^ρ (Karras et al. 2022, Eq. 5), ρ = 7 by
 * default.
 */
export const karrasGrid = ({ sigmaMin, sigmaMax }: Schedule, steps: number, rho = 7): number[] => {
  const [lo, hi] = [sigmaMin ** (1 / rho), sigmaMax ** (1 / rho)]
  return Array.from({ length: steps + 1 }, (_, i) => (hi + (i / steps) * (lo - hi)) ** rho)
}

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

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
  /**
   * All noise levels, from low to high, at which a prior of a grid of its own is published, such as the 1,000
   * of variance-preserving networks: its range may leave out the ends.
   */
  readonly levels?: readonly number[]
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

/** The bound on log p(x) that a learned prior can give: over the noise levels that it was trained on. */
import { type ElboOptions, vpSde } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'

/** Noise levels of a prior, in its units. */
export interface PriorLevels {
  readonly sigmaMin: number
  readonly sigmaMax: number
}

/** The diffusion of the papers. */
const BETA_MIN = 0.1
const BETA_MAX = 20

/**
 * The VP diffusion under which a prior of VE levels is taken, and its smallest time: that of the papers, cut
 * where the prior was never trained. Its last level s(1) = √(exp(B(1)) − 1) is at most sigmaMax, which
 * chooses b1 = 2 B(1) − b0; its first one is at least sigmaMin.
 *
 * @param start - smallest time, default 1e-3
 * @throws TweedieError `input` when no levels are left
 *
 * @example
 * ```ts
 * const loss = boundOf({ sigmaMin: 0.01, sigmaMax: 50 })
 * ```
 */
export const boundOf = (
  { sigmaMin, sigmaMax }: PriorLevels,
  start = 1e-3,
): Required<Pick<ElboOptions, 'sde' | 'start'>> => {
  const last = Math.min(sigmaMax, vpSde().level(1))
  const betaMax = last === sigmaMax ? 2 * Math.log1p(last ** 2) - BETA_MIN : BETA_MAX
  if (!(betaMax >= BETA_MIN))
    throw new TweedieError('input', `bound: the prior ends at noise level ${sigmaMax}, too early for a bound`)
  const sde = vpSde({ betaMin: BETA_MIN, betaMax })
  const first = Math.max(sigmaMin, sde.level(start))
  if (!(first < last))
    throw new TweedieError('input', `bound: no noise levels between ${first} and ${last} (start ${start})`)
  return { sde, start: sde.timeOf(first) }
}

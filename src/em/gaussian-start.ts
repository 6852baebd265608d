/**
 * The initial prior of DiEM: a low-rank Gaussian fitted to the observations by expectation–maximisation
 * (Rozet et al. 2024). A network cannot be bootstrapped from masked data; this can.
 */

import { type Gaussian, standardGaussian } from '../diffusion/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import { batchedObservations } from '../observations/index.ts'
import { drawAll } from '../posterior/index.ts'
import { checkAborted } from '../progress.ts'
import { stream } from '../random/index.ts'
import { sizeOf } from '../tensor/index.ts'
import { type GaussianEStep, gaussianDraw } from './gaussian-e-step.ts'
import { posteriorMoments } from './posterior-moments.ts'
import { ppca, ppcaOfMoments } from './ppca.ts'

/** Options of {@link gaussianStart}. */
export interface GaussianStartOptions {
  /** Rank of the covariance beside its diagonal, 1 … N; default min(64, N). */
  readonly rank?: number
  /** EM iterations, default 16. */
  readonly iterations?: number
  /** Observations used, the first ones; default all. */
  readonly count?: number
  /**
   * How the E-step is made: `exact` draws (default), draws by the `diffusion` sampler as in DiEM, or the
   * closed-form `moments`, which has no Monte-Carlo error but costs a dense N × N matrix for each
   * observation: N up to about 64.
   */
  readonly eStep?: GaussianEStep | { readonly kind: 'moments' }
  /** Draws in flight at once, default 256. */
  readonly batch?: number
  readonly seed?: number
  readonly onIteration?: (done: number, total: number, gaussian: Gaussian) => void
  readonly signal?: AbortSignal
}

/**
 * Fits N(μ, d I + U Uᵀ) to observations alone.
 *
 * @param set - its range says the units of the prior
 * @returns mean [N] and covariance in the units of the prior, float32
 * @throws TweedieError `interrupted` when the signal is aborted, `numeric` when exact draws are not allowed
 * the iterations they need
 *
 * @example
 * ```ts
 * const start = await gaussianStart(set, { rank: 64 })
 * ```
 */
export const gaussianStart = async (
  set: ObservationSet,
  options: GaussianStartOptions = {},
): Promise<Gaussian> => {
  const batched = batchedObservations(set)
  const n = sizeOf(batched.event)
  const { rank = Math.min(64, n), iterations = 16, count = batched.count, batch = 256, seed = 0 } = options
  const eStep = options.eStep ?? { kind: 'exact', iterations: 1000, tolerance: 1e-3 }
  let gaussian = standardGaussian(n)
  for (let i = 0; i < iterations; i++) {
    checkAborted(options.signal, 'the Gaussian start')
    if (eStep.kind === 'moments') {
      const { mean, covariance } = await posteriorMoments(gaussian, set, Math.min(count, batched.count))
      gaussian = await ppcaOfMoments(mean, covariance, rank)
    } else {
      const draw = gaussianDraw(gaussian, batched, eStep)
      const address = { stream: (purpose: string) => stream(seed, `gaussian start ${purpose}`), lap: i }
      const samples = await drawAll(draw, batched, address, { count: Math.min(count, batched.count), batch })
      await draw.release()
      gaussian = await ppca(samples, rank)
    }
    options.onIteration?.(i + 1, iterations, gaussian)
  }
  return gaussian
}

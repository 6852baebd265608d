/**
 * One Gaussian for all signals, learned from the observations themselves by expectation–maximisation
 * (`em/gaussian-start.ts`), and its exact posterior. It knows all second moments, and no more.
 */
import { exactDraw, exactMean, gaussianStart } from '../em/index.ts'
import { batchedObservations } from '../observations/index.ts'
import { applyAffine, fromPrior } from '../operators/index.ts'
import { drawAll, drawSeveral } from '../posterior/index.ts'
import { stream } from '../random/index.ts'
import { sizeOf } from '../tensor/index.ts'
import { baselineEntry } from './baseline.ts'

/** Entries up to which the E-step of a rank that is given is in closed form. */
const DENSE = 64

/** Iterations of conjugate gradients at most, and the error in posterior standard deviations. */
const SOLVED = { iterations: 1000, tolerance: 1e-3 } as const

/** Observations at once. */
const BATCH = 64

export const gaussianEntry = baselineEntry({
  name: 'gaussian',
  title: 'Gaussian by EM',
  reference: 'Dempster, Laird & Rubin 1977; Tipping & Bishop 1999',
  needs: 'linear',
  draws: true,
  settings: {
    iterations: { kind: 'integer', default: 16, min: 1, description: 'EM iterations' },
    rank: {
      kind: 'integer',
      default: 0,
      min: 0,
      description:
        'rank of the covariance beside its diagonal; 0 for one that is chosen by held-out entries, through ' +
        'masks, and for a quarter of the values observed for each entry, 64 at most, otherwise',
    },
  },
  make:
    ({ iterations, rank }) =>
    async (set, { draws = 16, seed = 0, onProgress, signal } = {}) => {
      const batched = batchedObservations(set)
      const size = sizeOf(batched.event)
      const gaussian = await gaussianStart(set, {
        iterations,
        ...(rank === 0 ? {} : { rank }),
        ...(size <= DENSE ? { eStep: { kind: 'moments' } } : {}),
        seed,
        onIteration: (done, total) => onProgress?.((iterations * done) / total, iterations + draws),
        signal,
      })
      const middle = exactMean(gaussian, batched, SOLVED)
      const draw = exactDraw(gaussian, batched, SOLVED)
      try {
        const address = { stream: (purpose: string) => stream(seed, purpose), lap: 0 }
        const mean = await drawAll(middle, batched, address, { batch: BATCH })
        const all = await drawSeveral(draw, batched, { draws, batch: BATCH, seed, signal })
        onProgress?.(iterations + draws, iterations + draws)
        const units = fromPrior(set.range)
        return { mean: applyAffine(units, mean), draws: applyAffine(units, all) }
      } finally {
        await middle.release()
        await draw.release()
      }
    },
})

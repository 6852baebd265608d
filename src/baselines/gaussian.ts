/**
 * One Gaussian for all signals, learned from the observations themselves by expectation–maximisation
 * (`em/gaussian-start.ts`), and its exact posterior. It knows all second moments, and no more.
 */
import { exactDraw, exactMean, gaussianStart } from '../em/index.ts'
import { batchedObservations, type ObservationSet, observedMask } from '../observations/index.ts'
import { applyAffine, fromPrior } from '../operators/index.ts'
import { drawAll, drawSeveral } from '../posterior/index.ts'
import { stream } from '../random/index.ts'
import { NdArray, sizeOf } from '../tensor/index.ts'
import { baselineEntry } from './baseline.ts'

/** Entries up to which the E-step is in closed form and the rank full. */
const DENSE = 64

/** Observed values for each number of the factor of the covariance; with fewer it would fit their noise. */
const SHARE = 4

/**
 * Samples of an E-step by draws at least: with few, each M-step would lose the variance that it puts into the
 * mean and the factor.
 */
const SAMPLES = 512

/** A set as often as it takes for so many observations; each copy gets draws of its own. */
const repeated = (set: ObservationSet, copies: number): ObservationSet => {
  const { y, operator, std } = set
  const [count] = y.shape
  const times = (array: NdArray<'float32'>): NdArray<'float32'> => {
    if (array.shape[0] !== count) return array // one for all
    const data = new Float32Array(copies * array.size)
    for (let k = 0; k < copies; k++) data.set(array.data, k * array.size)
    return new NdArray('float32', [copies * count, ...array.shape.slice(1)], data)
  }
  return {
    ...set,
    y: times(y),
    operator: {
      ...operator,
      parameters: Object.fromEntries(
        Object.entries(operator.parameters).map(([name, array]) => [name, times(array)]),
      ),
    },
    ...(std ? { std: times(std) } : {}),
  }
}

/** The rank that what was observed can tell, at least 1. */
const affordableRank = async (set: ObservationSet, size: number): Promise<number> => {
  const mask = await observedMask(set)
  const observed = mask ? mask.data.reduce((n, m) => n + m, 0) : set.y.size
  return Math.max(1, Math.min(DENSE, size, Math.floor(observed / (SHARE * size))))
}

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
        'rank of the covariance beside its diagonal; 0 for a quarter of the values observed for each entry ' +
        'of a signal, 64 at most',
    },
  },
  make:
    ({ iterations, rank }) =>
    async (set, { draws = 16, seed = 0, onProgress, signal } = {}) => {
      const batched = batchedObservations(set)
      const size = sizeOf(batched.event)
      const dense = size <= DENSE
      const copies = dense ? 1 : Math.ceil(SAMPLES / batched.count)
      const gaussian = await gaussianStart(repeated(set, copies), {
        iterations,
        rank: rank === 0 ? await affordableRank(set, size) : rank,
        ...(dense ? { eStep: { kind: 'moments' } } : {}),
        seed,
        onIteration: (done, total) => onProgress?.(done, total + draws),
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

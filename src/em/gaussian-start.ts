/**
 * The initial prior of DiEM: a low-rank Gaussian fitted to the observations by expectation–maximisation
 * (Rozet et al. 2024). A network cannot be bootstrapped from masked data; this can.
 */

import { type Gaussian, standardGaussian } from '../diffusion/index.ts'
import { lowRank } from '../linalg/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import { batchedObservations } from '../observations/index.ts'
import type { Domain } from '../operators/index.ts'
import { checkAborted } from '../progress.ts'
import { stream } from '../random/index.ts'
import { ndarray, sizeOf } from '../tensor/index.ts'
import { shardLayout } from '../training/index.ts'
import { cosinePpca, fieldInCosines, variesAlike } from './cosine-gaussian.ts'
import { chosenGaussian, type GaussianChoice } from './gaussian-choice.ts'
import { type GaussianEStep, gaussianDraw } from './gaussian-e-step.ts'
import { drawShard, drawShards } from './lap-samples.ts'
import { isFlatGrid } from './places.ts'
import { posteriorMoments } from './posterior-moments.ts'
import { FULL_RANK_VARIANCE, ppca, ppcaOfMoments } from './ppca.ts'
import type { FactorGaussian } from './predictive-density.ts'
import { seenEntries } from './seen-entries.ts'
import { noMemory, type StartMemory } from './start-memory.ts'

/** Options of {@link gaussianStart}. */
export interface GaussianStartOptions {
  /**
   * Rank of the covariance beside its diagonal, 1 … N. Default: chosen for masked observations; for
   * other operators and by `diffusion` a quarter of the values of y for each entry of x, at most min(64, N).
   */
  readonly rank?: number
  /** EM iterations, default 16; of each rank that is tried, at most. */
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
  /** What was chosen where no rank is given. */
  readonly onChoice?: (choice: GaussianChoice) => void
  /** A choice made before, by observations of the same kind: rank and field are as it says. */
  readonly choice?: GaussianChoice
  /** Where the work is kept as it goes, and goes on from; default nowhere. */
  readonly memory?: StartMemory
  readonly signal?: AbortSignal
}

/**
 * Fits N(μ, D + U Uᵀ) to observations alone. Where no rank is given, that of masked observations is chosen by
 * the density that held-out entries have, as is a field beside the factors (gaussian-choice.ts), and D has a
 * variance for each entry. On large grids fields are kept in the cosine basis (cosine-gaussian.ts), and other
 * operators have one too, by `cosinePpca`. With a rank that is given D = d I by `ppca`.
 *
 * @param set - its range says the units of the prior
 * @returns mean [N] and covariance in the units of the prior, float32
 * @throws TweedieError `interrupted` when the signal is aborted, `numeric` when exact draws are not allowed
 * the iterations they need
 *
 * @example
 * ```ts
 * const start = await gaussianStart(set)
 * ```
 */
export const gaussianStart = async (
  set: ObservationSet,
  options: GaussianStartOptions = {},
): Promise<Gaussian> => {
  const { iterations = 16, seed = 0 } = options
  const count = Math.min(options.count ?? set.y.shape[0], set.y.shape[0])
  const masked = isChosen(options) && seenEntries(set, count)
  if (!masked) return ppcaStart(set, options)
  const { domain } = batchedObservations(set)
  const { gaussian, plain, choice } = await chosenGaussian(set, masked, {
    seed,
    passes: iterations,
    choice: options.choice,
    memory: options.memory ?? noMemory,
    check: () => checkAborted(options.signal, 'the Gaussian start'),
    onProgress: (done, total, found) => options.onIteration?.(done, total, asGaussian(found, domain)),
  })
  if (!options.choice) options.onChoice?.(choice)
  const { field } = choice
  if (!(field && isGrid(set) && variesAlike(plain.variance))) return asGaussian(gaussian, domain)
  const from = fieldInCosines(set.operator.event, plain, field)
  return ppcaStart(set, { ...options, iterations: REFINEMENTS }, { from, rank: choice.rank })
}

/** Whether rank and field are chosen, where the observations are masked. */
const isChosen = ({ rank, eStep }: GaussianStartOptions): boolean =>
  rank === undefined && eStep?.kind !== 'diffusion'

/**
 * Whether a start may be fitted to posterior draws, and not to what masks show or to moments alone: of masked
 * grids that follows from what is chosen.
 *
 * @param set - some of the observations, all of one kind
 */
export const drawsAtStart = (set: ObservationSet, options: GaussianStartOptions = {}): boolean => {
  if (isChosen(options) && seenEntries(set)) return isGrid(set)
  return options.eStep?.kind !== 'moments'
}

/**
 * Iterations that refine a field in cosines: its search knew it by few columns, which flatters smooth ones.
 */
const REFINEMENTS = 6

/** Entries up to which a Gaussian is kept by all of its eigenpairs. */
const SMALL = 256

/** Entries beyond which the cosines of some hundred draws take longer than they are worth. */
const LARGE = 20_000

/** Whether entries lie on a grid that is neither small nor huge, flat and without gaps. */
const isGrid = (set: ObservationSet): boolean => {
  const { event } = set.operator
  return isFlatGrid(set) && event.at(-1) !== 1 && sizeOf(event) > SMALL && sizeOf(event) <= LARGE
}

/** Outside a domain x is one known number: that is its mean, and it goes with nothing. */
const asGaussian = ({ mean, variance, factor }: FactorGaussian, domain: Domain | undefined): Gaussian => {
  const n = mean.length
  const rank = factor.length / n
  const within = <T>(own: T, other: T, p: number): T =>
    domain?.inside.data[p % domain.inside.size] === 0 ? other : own
  return {
    mean: ndarray(
      mean.map((m, p) => within(m, domain?.value ?? 0, p)),
      [n],
    ),
    covariance: lowRank(
      ndarray(
        variance.map((d, p) => within(d, FULL_RANK_VARIANCE, p)),
        [n],
      ),
      ndarray(
        factor.map((u, i) => within(u, 0, Math.floor(i / rank))),
        [n, rank],
      ),
    ),
  }
}

/**
 * Samples of an E-step by draws at least: with few, each M-step would lose the variance that it puts into the
 * mean and the factor. Few observations get several draws each.
 */
export const START_DRAWS = 512

/** Draws in flight at once, where nothing says how many. */
export const START_BATCH = 256

/** Observed values for each number of the factor; with fewer it would fit their noise. */
const VALUES = 4

/** The rank that what was observed can tell. */
const affordableRank = ({ y }: ObservationSet, n: number): number =>
  Math.max(1, Math.min(64, n, Math.floor(y.size / (VALUES * n))))

/** EM with PPCA as its M-step; on a grid beside a field, unless a rank or a kind of E-step is given. */
const ppcaStart = async (
  set: ObservationSet,
  options: GaussianStartOptions,
  begun?: { readonly from: Gaussian; readonly rank: number },
): Promise<Gaussian> => {
  const batched = batchedObservations(set)
  const n = sizeOf(batched.event)
  const { iterations = 16, batch = START_BATCH, seed = 0 } = options
  const rank = begun?.rank ?? options.rank ?? affordableRank(set, n)
  const count = Math.min(options.count ?? batched.count, batched.count)
  const eStep = options.eStep ?? { kind: 'exact', iterations: 1000, tolerance: 1e-3 }
  const beside = options.rank === undefined && eStep.kind === 'exact' && isGrid(set)
  const maximised = beside ? cosinePpca : ppca
  const memory = options.memory ?? noMemory
  const point = memory.findIteration()
  let gaussian = point?.gaussian ?? begun?.from ?? standardGaussian(n)
  let done = point?.done ?? 0
  const layout = shardLayout(
    { ...batched, count },
    { batch: Math.min(batch, count), draws: Math.ceil(START_DRAWS / count) },
  )
  for (let i = point?.iteration ?? 0; i < iterations; i++) {
    checkAborted(options.signal, 'the Gaussian start')
    if (eStep.kind === 'moments') {
      const { mean, covariance } = await posteriorMoments(gaussian, set, count)
      gaussian = await ppcaOfMoments(mean, covariance, rank)
    } else {
      const under = gaussian
      const samples = memory.samples(layout, done)
      const draw = gaussianDraw(under, batched, eStep)
      const address = {
        stream: (purpose: string) => stream(seed, `gaussian start ${purpose}`),
        lap: i,
        count,
      }
      const drawn = (shard: number) => drawShard(draw, layout, shard, address)
      try {
        await drawShards(drawn, samples, done, (there) => {
          checkAborted(options.signal, 'the Gaussian start')
          if (memory.due()) memory.keepIteration({ gaussian: under, iteration: i, done: there })
        })
        gaussian = await maximised(samples, rank)
      } finally {
        await draw.release()
        samples.release()
      }
    }
    done = 0
    // Before the next iteration writes over the samples of this one.
    memory.keepIteration({ gaussian, iteration: i + 1, done })
    options.onIteration?.(i + 1, iterations, gaussian)
  }
  return gaussian
}

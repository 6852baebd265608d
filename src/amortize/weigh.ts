/**
 * Importance weights of a sampler's draws, log w = log p(y | x) + b(x) − log q(x | y), with the evidence
 * bound b(x) ≤ log p(x) of the prior: draws that the flow makes too often weigh less. They cannot bring back
 * what it never draws; the shape k of their tail says when that is so.
 *
 * Entries that are not there count for nothing, neither in b nor in log q.
 *
 * All draws see the same times and noises in b, each noise with both signs: what is left of the noise cancels
 * between draws, to which weights are relative. For a Gaussian prior the cross term cancels exactly.
 */

import { type Denoiser, type ElboNoise, negativeElbo } from '../diffusion/index.ts'
import { batchedObservations, type ObservationBatch, type ObservationSet } from '../observations/index.ts'
import { type DataRange, type Domain, toPrior } from '../operators/index.ts'
import { checkAborted } from '../progress.ts'
import { normal, stream, uniform } from '../random/index.ts'
import {
  add,
  broadcastTo,
  type ExecuteOptions,
  eachBatch,
  jit,
  mul,
  type NdArray,
  ndarray,
  neg,
  type Shape,
  sizeOf,
  type Tensor,
  toNumbers,
  zeros,
} from '../tensor/index.ts'
import { boundOf, type PriorLevels } from './bound.ts'
import { drawRows, observedOf } from './draw-rows.ts'
import { misfit } from './objectives/divergence.ts'
import { paretoSmoothed } from './pareto.ts'

/** A prior as refining takes it. */
export interface RefiningPrior extends PriorLevels {
  readonly denoiser: Denoiser
  /** Range of its data, which [−2, 2] is in its own units. */
  readonly range: DataRange
  /** Which entries of x are there; default all. */
  readonly domain?: Pick<Domain, 'inside'>
}

/** Draws to be weighted. */
export interface DrawsWithDensity {
  /** [K, N, ...event], in the units of the data. */
  readonly draws: NdArray<'float32'>
  /** [K, N]. */
  readonly logq: NdArray<'float32'>
}

/** How to weigh. */
export interface WeighOptions {
  /**
   * Evaluations of the bound for each draw, at least 2, default 64; pairs of opposite noises at times spread
   * evenly.
   */
  readonly evaluations?: number
  /** Draws in flight at once (memory and speed), default 256. */
  readonly batch?: number
  readonly seed: number
  readonly execute?: ExecuteOptions
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Weighted draws. */
export interface WeightedDraws {
  /** [K, N], Pareto-smoothed; those of an observation add up to 1. */
  readonly weights: NdArray<'float32'>
  /** [N], shape of the tail of the ratios: below 0.7 averages can be trusted; NaN for fewer than 25 draws. */
  readonly paretoK: NdArray<'float32'>
  /** [N], effective sample size 1/Σ w². */
  readonly effective: NdArray<'float32'>
  /** [N, ...event], Σ w x. */
  readonly weightedMean: NdArray<'float32'>
  /** [N, ...event], √(Σ w (x − mean)²/(1 − Σ w²)). */
  readonly weightedSpread: NdArray<'float32'>
}

/** log p(y | x) up to a constant of each observation, [K·N]. */
const logLikelihoods = async (
  { range }: RefiningPrior,
  set: ObservationSet,
  draws: NdArray<'float32'>,
  { batch = 256, execute }: WeighOptions,
): Promise<Float64Array> => {
  const batched = batchedObservations(set, range)
  const { scale, offset } = toPrior(range)
  const program = jit(
    (batch: ObservationBatch<Tensor>, x: Tensor) =>
      neg(misfit(batched.observation(batch), add(mul(x, scale), offset))),
    execute,
  )
  const [K, N] = draws.shape
  const observed = observedOf(batched)
  const out = new Float64Array(K * N)
  try {
    await eachBatch(K * N, batch, async (from, to) => {
      out.set(toNumbers(await program(observed(from, to), drawRows(draws, from, to))), from)
    })
  } finally {
    await program.release()
  }
  return out
}

/** Time and noises of evaluation 2p (and, with the other sign, 2p + 1), shared by all draws. */
const sharedNoise = (seed: number, pair: number, pairs: number, event: Shape): ElboNoise<NdArray> => {
  const at = { step: pair }
  const within = toNumbers(uniform(stream(seed, 'weigh time'), [1], at))[0]
  const noise = (purpose: string) => normal(stream(seed, `weigh ${purpose}`), [1, ...event], at)
  return {
    time: ndarray([(pair + within) / pairs], [1]),
    noise: noise('noise'),
    first: noise('first'),
    last: noise('last'),
  }
}

/** b(x) of each draw, [K·N]. */
const bounds = async (
  { denoiser, range, domain, ...levels }: RefiningPrior,
  draws: NdArray<'float32'>,
  { evaluations = 64, batch = 256, seed, execute, onProgress, signal }: WeighOptions,
): Promise<Float64Array> => {
  const [K, N, ...event] = draws.shape
  const [diffusion, { scale, offset }] = [{ ...boundOf(levels), inside: domain?.inside }, toPrior(range)]
  const program = jit((x: Tensor, shared: ElboNoise, sign: Tensor) => {
    const rows = x.shape[0]
    const each = (noise: Tensor): Tensor => mul(broadcastTo(noise, [rows, ...event]), sign)
    const { time, noise, first, last } = shared
    const random = {
      time: broadcastTo(time, [rows]),
      noise: each(noise),
      first: each(first),
      last: each(last),
    }
    return neg(negativeElbo(denoiser, add(mul(x, scale), offset), random, diffusion))
  }, execute)
  const pairs = Math.ceil(evaluations / 2)
  const out = new Float64Array(K * N)
  try {
    await eachBatch(K * N, batch, async (from, to) => {
      const x = drawRows(draws, from, to)
      const total = new Float64Array(to - from)
      for (let i = 0; i < 2 * pairs; i++) {
        checkAborted(signal, 'weighing')
        const shared = sharedNoise(seed, Math.floor(i / 2), pairs, event)
        const values = toNumbers(await program(x, shared, i % 2 ? -1 : 1))
        for (const [r, v] of values.entries()) total[r] += v / (2 * pairs)
      }
      out.set(total, from)
      onProgress?.(to, K * N)
    })
  } finally {
    await program.release()
  }
  return out
}

/** Weighted mean and spread of one observation's draws, into row `i` of [N, n]. */
const momentsInto = (
  { data, shape: [K, N, ...event] }: NdArray<'float32'>,
  weights: Float64Array,
  i: number,
  [means, spreads]: readonly [Float32Array, Float32Array],
): void => {
  const n = sizeOf(event)
  const left = 1 - weights.reduce((sum, w) => sum + w * w, 0)
  for (let j = 0; j < n; j++) {
    const drawn = (k: number): number => data[(k * N + i) * n + j]
    let [mean, square] = [0, 0]
    for (let k = 0; k < K; k++) mean += weights[k] * drawn(k)
    for (let k = 0; k < K; k++) square += weights[k] * (drawn(k) - mean) ** 2
    means[i * n + j] = mean
    spreads[i * n + j] = left > 0 ? Math.sqrt(square / left) : 0
  }
}

/**
 * Weighs draws of a sampler by the posterior.
 *
 * @param set - their observations, in the units of the data; its `range` is the prior's
 * @throws TweedieError `numeric` when no draw of an observation has a finite ratio, `interrupted`
 *
 * @example
 * ```ts
 * const { weightedMean, paretoK } = await weigh(learned, set, { draws, logq }, { evaluations: 64, seed: 0 })
 * ```
 */
export const weigh = async (
  prior: RefiningPrior,
  set: ObservationSet,
  { draws, logq }: DrawsWithDensity,
  options: WeighOptions,
): Promise<WeightedDraws> => {
  const [K, N, ...event] = draws.shape
  const likelihood = await logLikelihoods(prior, set, draws, options)
  const bound = await bounds(prior, draws, options)
  const [weights, paretoK, effective] = [zeros([K, N]), zeros([N]), zeros([N])]
  const [weightedMean, weightedSpread] = [zeros([N, ...event]), zeros([N, ...event])]
  for (let i = 0; i < N; i++) {
    const logs = Float64Array.from({ length: K }, (_, k) => {
      const at = k * N + i
      return likelihood[at] + bound[at] - logq.data[at]
    })
    const smoothed = paretoSmoothed(logs)
    for (const [k, w] of smoothed.weights.entries()) weights.data[k * N + i] = w
    paretoK.data[i] = smoothed.k
    effective.data[i] = smoothed.effective
    momentsInto(draws, smoothed.weights, i, [weightedMean.data, weightedSpread.data])
  }
  return { weights, paretoK, effective, weightedMean, weightedSpread }
}

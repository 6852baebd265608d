/** Posterior draws under a prior of edges, and the weight of that prior. */
import { batchedObservations, type ObservationSet, type Observations } from '../../observations/index.ts'
import { applyAffine, familyOf, fromPrior } from '../../operators/index.ts'
import { type BatchDraw, type DrawAddress, range } from '../../posterior/index.ts'
import { stream } from '../../random/index.ts'
import { eachBatch, type NdArray, type Shape, sizeOf, zeros } from '../../tensor/index.ts'
import { isFlatGrid } from '../places.ts'
import { type EdgeChain, edgeChain, type SweepAddress } from './edge-chain.ts'

/** Sweeps of a chain before its first draw, and between two of one chain. */
const [BURN_IN, THIN] = [30, 3]

/** Observations of one batch of chains. */
const BATCH = 64

/** Weights that are tried, in the units of the prior, while they predict better. */
const LADDER = [1, 2, 4, 8, 16, 32, 64] as const

/** Whether there can be a prior of edges: images and signals without a domain, seen linearly. */
export const canHaveEdges = (set: Observations): boolean =>
  isFlatGrid(set) &&
  set.operator.event.slice(1).some((size) => size > 1) &&
  familyOf(set.operator.name).linear

/** @throws TweedieError `input` for sets without a grid or of an operator that is not linear */
const chainOf = (set: Observations): EdgeChain => edgeChain(batchedObservations(set), set.operator.event)

/** Where a chain begins: at the mean of a Gaussian, [B, ...event]. */
const begun = (mean: NdArray, count: number, event: Shape): NdArray<'float32'> => {
  const x = zeros([count, ...event])
  for (let i = 0; i < x.size; i++) x.data[i] = Number(mean.data[i % mean.size])
  return x
}

/**
 * Compiles draws of the posteriors of a set under the prior of edges, each the end of a chain of its own.
 *
 * @param mean - where chains begin, in the units of the prior: that of the Gaussian start
 * @param weight - λ of the prior exp(−λ Σ ‖∇x‖), in the units of the prior, > 0
 *
 * @example
 * ```ts
 * const draw = edgeDraw(set, gaussian.mean, 8)
 * const x = await draw(0, 64, { stream: (purpose) => stream(0, purpose), lap: 0 })
 * ```
 */
export const edgeDraw = (set: Observations, mean: NdArray, weight: number): BatchDraw => {
  const { sweep, release } = chainOf(set)
  const run = async (from: number, to: number, { stream, lap, draw = 0 }: DrawAddress) => {
    const at: SweepAddress = { weight, stream, lap, draw, observation: range(from, to) }
    let x = begun(mean, to - from, set.operator.event)
    for (let step = 0; step < BURN_IN; step++) x = await sweep(x, step, at)
    return x
  }
  return Object.assign(run, { release })
}

/** K draws of each observation, from one chain, [K, N, ...event] in the units of the data. */
const chainDraws = async (
  { sweep }: EdgeChain,
  set: ObservationSet,
  mean: NdArray,
  { draws, weight, seed }: { draws: number; weight: number; seed: number },
): Promise<NdArray<'float32'>> => {
  const { event } = set.operator
  const count = set.y.shape[0]
  const out = zeros([draws, count, ...event])
  const streamOf = (purpose: string) => stream(seed, `edges ${purpose}`)
  await eachBatch(count, BATCH, async (from, to) => {
    const at: SweepAddress = { weight, stream: streamOf, lap: 0, draw: 0, observation: range(from, to) }
    let x = begun(mean, to - from, event)
    for (let step = 0; step < BURN_IN + THIN * (draws - 1); step++) {
      x = await sweep(x, step, at)
      const k = (step + 1 - BURN_IN) / THIN
      if (Number.isInteger(k) && k >= 0) out.data.set(x.data, (k * count + from) * sizeOf(event))
    }
  })
  return applyAffine(fromPrior(set.range), out)
}

/**
 * CRPS of a weight, relative to the least, up to which it is as good: of such weights the weakest is taken,
 * whose draws have the widest spread. Laps narrow what begins too wide; what begins too narrow stays so.
 */
const AS_GOOD = 1.01

/** How well draws under a weight predict what was held out; less is better. */
export interface EdgeReading {
  readonly weight: number
  readonly crps: number
}

/** How weights are compared. */
export interface EdgeSearch {
  /** Draws of each observation by which a weight is judged. */
  readonly draws: number
  readonly seed: number
  /** Judges draws [K, N, ...event] in the units of the data. */
  readonly judge: (draws: NdArray<'float32'>, weight: number) => Promise<number>
  /** After each weight; throws to stop. */
  readonly onWeight?: (done: number, total: number) => void
}

/**
 * Tries weights of the prior of edges, from weak to strong, until one predicts worse than the one before.
 *
 * @param set - the part that is given of observations that judge
 * @param mean - where chains begin, in the units of the prior
 * @returns the weakest of those that are within a hundredth of the best
 */
export const bestEdges = async (
  set: ObservationSet,
  mean: NdArray,
  { draws, seed, judge, onWeight }: EdgeSearch,
): Promise<EdgeReading> => {
  const chain = chainOf(set)
  const readings: EdgeReading[] = []
  try {
    for (const [i, weight] of LADDER.entries()) {
      const crps = await judge(await chainDraws(chain, set, mean, { draws, weight, seed }), weight)
      onWeight?.(i + 1, LADDER.length)
      readings.push({ weight, crps })
      if (i > 0 && crps >= readings[i - 1].crps) break
    }
  } finally {
    await chain.release()
  }
  const least = Math.min(...readings.map(({ crps }) => crps))
  return readings.find(({ crps }) => crps <= AS_GOOD * least) ?? readings[0]
}

/** The E-step of a lap: a shard of posterior samples at a time, each by itself, in whatever order. */
import { edm, type Gaussian, inDomain } from '../diffusion/index.ts'
import type { Network } from '../nn/index.ts'
import { batchedObservations, type Observations } from '../observations/index.ts'
import {
  type BatchDraw,
  compileMethod,
  finer,
  mmps,
  redrawn,
  samplerDraw,
  samplingOf,
} from '../posterior/index.ts'
import { stream } from '../random/index.ts'
import { frozen, type NdArray } from '../tensor/index.ts'
import { type ShardLayout, shardLayout, type TrainState } from '../training/index.ts'
import type { DiemOptions, EdgesEStep } from './diem-options.ts'
import { edgeDraw } from './edges/edge-draw.ts'
import { gaussianDraw } from './gaussian-e-step.ts'
import { checkFinite, drawShard } from './lap-samples.ts'

/** What the samples of a lap are drawn under: all that a lap changes. */
export interface LapPrior {
  /** 0 draws under the Gaussian start. */
  readonly lap: number
  readonly gaussian: Gaussian
  /** Weights of the network that draw; those of lap 0 do not matter. */
  readonly average: TrainState['average']
  /** Of lap 0, where the E-step of the options is not meant. */
  readonly firstEStep?: EdgesEStep
}

/** A compiled E-step. */
export interface EStep {
  /**
   * The samples of a shard, [rows, ...event]: a function of the options, the prior and the shard's number.
   *
   * @throws TweedieError `numeric` where all of a lap without a bound are not finite
   */
  draw(shard: number): Promise<NdArray<'float32'>>
  release(): Promise<void>
}

/** A shard is a batch of the E-step: one compiled shape serves them all. */
export const lapLayout = (set: Observations, { draws = 1, batch = 128 }: DiemOptions): ShardLayout => {
  const batched = batchedObservations(set)
  return shardLayout(batched, { batch: Math.min(batch, batched.count), draws })
}

/** What the network corrects: nothing said is N(0, I). */
export const skipOf = ({ skip }: DiemOptions, gaussian: Gaussian): { skip?: Gaussian } =>
  skip === 'gaussian' ? { skip: gaussian } : {}

/** Whether samples of a lap are dropped where they leave the bound. */
export const boundOf = ({ bound }: DiemOptions, lap: number): number | undefined =>
  lap > 0 ? bound : undefined

const batchDraw = (
  net: Network,
  set: Observations,
  options: DiemOptions,
  { lap, gaussian, average, firstEStep }: LapPrior,
  signal?: AbortSignal,
): BatchDraw => {
  const batched = batchedObservations(set)
  const { method = () => mmps() } = options
  if (lap === 0) {
    const first = firstEStep ?? options.firstEStep ?? { kind: 'exact', iterations: 1000, tolerance: 1e-3 }
    return first.kind === 'edges'
      ? edgeDraw(set, gaussian.mean, first.weight)
      : gaussianDraw(gaussian, batched, first)
  }
  const { parameterization = edm } = options.training(lap - 1) // that of the lap which has trained it
  const whole = parameterization.denoiser(net, frozen(average), skipOf(options, gaussian))
  const prior = batched.domain ? inDomain(whole, batched.domain) : whole
  // A row that is not finite is drawn again by more steps (redraw.ts).
  const posterior = method(gaussian)
  const sampling = samplingOf(posterior, options.sampling(lap))
  return redrawn((times) => {
    const draw = compileMethod(posterior, prior, batched.observation, finer(sampling, times))
    return samplerDraw(draw, batched, gaussian.mean, signal)
  })
}

/**
 * The E-step of a lap.
 *
 * @example
 * ```ts
 * const { train } = await diem(net, set, options)
 * const step = eStep(net, set, options, { lap: 1, gaussian, average: train.average })
 * const x = await step.draw(3) // rows bounds[3] … bounds[4] − 1 of the lap's layout
 * await step.release()
 * ```
 */
export const eStep = (
  net: Network,
  set: Observations,
  options: DiemOptions,
  prior: LapPrior,
  signal?: AbortSignal,
): EStep => {
  const { lap } = prior
  const layout = lapLayout(set, options)
  const draw = batchDraw(net, set, options, prior, signal)
  const address = {
    stream: (purpose: string) => stream(options.seed, `E ${purpose}`),
    lap,
    count: batchedObservations(set).count,
  }
  return {
    draw: async (shard) => {
      const samples = await drawShard(draw, layout, shard, address)
      if (boundOf(options, lap) === undefined) checkFinite(samples, layout.bounds[shard], lap)
      return samples
    },
    release: () => draw.release(),
  }
}

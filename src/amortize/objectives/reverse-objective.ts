/**
 * Distillation of a diffusion prior into a one-step sampler: a conditional flow trained on measurements
 * alone, by reverse Kullback–Leibler divergence. A step draws, evaluates the divergence, and goes back
 * through flow, operator and denoiser.
 */
import type { Flow, FlowParams } from '../../flows/index.ts'
import { normalBatch, type Stream } from '../../random/index.ts'
import { type ExecuteOptions, jit, reshape, scalar, type Tensor } from '../../tensor/index.ts'
import type { Objective } from '../../training/index.ts'
import {
  countOfMeasurements,
  eventOfMeasurements,
  type Measurements,
  measuredRows,
  type Named,
} from '../measured-rows.ts'
import { type DataWeight, klTerms } from './divergence.ts'
import { flowParamsOf } from './flow-state.ts'
import type { NegLogPrior } from './neg-log-prior.ts'

/** Options of {@link reverseObjective}. */
export interface ReverseOptions {
  /** Weight of the data term, default 1 throughout. */
  readonly dataWeight?: DataWeight
  /** Where draws are made that `negLogPrior` wants to see outside the program of a step. */
  readonly execute?: ExecuteOptions
}

/**
 * One batch: rows of the measurements, a latent of each, what −log p(x) needs, and the weight of the data
 * term.
 */
export interface ReverseBatch<P> {
  readonly arrays: Named<string, Tensor>
  /** [B, ...flow.event]. */
  readonly z: Tensor
  readonly negLogPrior: P
  /** []. */
  readonly weight: Tensor
}

/**
 * The reverse divergence of a flow from the posteriors of measurements, up to a constant. Terms: `data`,
 * `prior` and `logdet`, see `ApsTerms`. Statistics of BatchNorm are averaged over the batches.
 *
 * @param flow - over x flattened or in the prior's shape: as many entries
 * @param negLogPrior - `boundNegLogPrior` or `exactNegLogPrior` of the prior
 * @param streamOf - the random stream of a purpose, such as `(purpose) => stream(seed, purpose)`
 * @throws TweedieError `input` when the measurements have no rows, or not all as many
 *
 * @example
 * ```ts
 * const streamOf = (purpose: string) => stream(0, purpose)
 * const observe = ({ y, m }: { y: Tensor; m: Tensor }) => ({ y, A: mask(m), noise: isotropicNoise(0.4) })
 * const measurements = { arrays: { y, m }, observe }
 * const bound = boundNegLogPrior(prior, streamOf)
 * const objective = reverseObjective(flow, bound, measurements, {}, streamOf)
 * const options = { batch: 64, rate: warmUp(constantRate(1e-5), 5000) }
 * const { step } = trainer(objective, options, streamOf('rows'))
 * const { state } = await step(initFlowState(flow.init(0)), { step: 0 })
 * ```
 */
export const reverseObjective = <P>(
  flow: Flow,
  negLogPrior: NegLogPrior<P>,
  measurements: Measurements,
  { dataWeight = () => 1, execute }: ReverseOptions,
  streamOf: (purpose: string) => Stream,
): Objective<ReverseBatch<P>> => {
  const count = countOfMeasurements(measurements)
  const event = eventOfMeasurements(measurements)
  const latents = streamOf('z')
  const drawn = drawing(flow, measurements)
  const xOf = jit(
    (params: FlowParams<Tensor>, arrays: Named<string, Tensor>, z: Tensor) => drawn(params, arrays, z).x,
    execute,
  )
  return {
    count,
    looksAtState: negLogPrior.looksAtDraws,
    batch: async ({ rows, at, state }) => {
      const arrays = measuredRows(measurements, rows)
      const where = { ...at, observation: rows.map((_, i) => i) }
      const z = normalBatch(latents, where, flow.event) // one z for each y
      const shape = [rows.length, ...event]
      const needs = await negLogPrior.batch({ at, shape, draw: () => xOf(flowParamsOf(state), arrays, z) })
      return { arrays, z, negLogPrior: needs, weight: scalar(dataWeight(at.step)) }
    },
    loss: (model, { arrays, z, negLogPrior: needs, weight }) => {
      const draw = drawn(flowParamsOf(model), arrays, z)
      const terms = klTerms(draw.observation, draw, negLogPrior.of(draw.x, needs), weight)
      return { terms, statistics: draw.statistics }
    },
    release: async () => {
      await Promise.all([xOf.release(), negLogPrior.release?.()])
    },
  }
}

/** A draw of each row, the way training makes it. */
const drawing =
  (flow: Flow, measurements: Measurements) =>
  (params: FlowParams<Tensor>, arrays: Named<string, Tensor>, z: Tensor) => {
    const [batch] = z.shape
    const observation = measurements.observe(arrays)
    const y = measurements.condition?.(arrays) ?? reshape(observation.y, [batch, ...flow.condition])
    const draw = flow.sample(params, y, z, { training: true })
    return { ...draw, x: reshape(draw.x, [batch, ...observation.A.inShape]), observation }
  }

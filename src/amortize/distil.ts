/**
 * Distillation of a diffusion prior into a one-step sampler: a conditional flow trained on measurements alone. One program
 * draws, evaluates the objective, goes back through flow, operator and denoiser, clips and takes Adam's step.
 */
import type { Denoiser, LikelihoodOptions } from '../diffusion/index.ts'
import { rowsAt } from '../em/learner.ts'
import { type MinibatchOptions, minibatches } from '../em/minibatch.ts'
import { TweedieError } from '../error.ts'
import type { Flow, FlowParams } from '../flows/index.ts'
import {
  type AdamOptions,
  adam,
  globalNorm,
  initMoments,
  type LearningRate,
  type Moments,
} from '../nn/index.ts'
import type { Observation } from '../posterior/index.ts'
import { normalBatch, type Stream } from '../random/index.ts'
import {
  constant,
  type ExecuteOptions,
  full,
  item,
  jit,
  type NdArray,
  reshape,
  rows,
  type Shape,
  type Tensor,
  type Tree,
  vjp,
} from '../tensor/index.ts'
import { exactPrice } from './exact-price.ts'
import { type ApsOptions, type ApsTerms, type DataWeight, klTerms } from './objective.ts'
import { boundPrice, type Price } from './price.ts'

/** Arrays of measurements by name, such as y and mask; each has one row for each measurement. */
export type Named<K extends string, L> = { readonly [name in K]: L }

/** Measurements to learn from. */
export interface Measurements<K extends string = string> {
  readonly arrays: Named<K, NdArray<'float32'>>
  /** What was seen, given the rows of a batch. The operator may know more than the flow is told (blind restoration). */
  observe(rows: Named<K, Tensor>): Observation
  /** What the flow is told, [B, ...flow.condition]; default y in that shape. */
  condition?(rows: Named<K, Tensor>): Tensor
}

/** Everything that training changes. */
export type DistilState<L = NdArray> = FlowParams<L> & { readonly moments: Moments<Tree<L>> }

/** A flow before its first step. */
export const initDistilState = ({ weights, statistics }: FlowParams<NdArray>): DistilState => ({
  weights,
  statistics,
  moments: initMoments(weights),
})

/** How to train. The papers: Adam at 1e-5, 5000 steps of warm-up, gradients clipped to norm 1, batches of 64. */
export interface DistilOptions extends MinibatchOptions {
  /** Learning rate at step 0, 1, … */
  readonly rate: LearningRate
  readonly adam?: AdamOptions
  /** The bound on log p(x). */
  readonly objective?: ApsOptions
  /**
   * Take log p(x) itself in place of its bound, by the probability-flow ODE (Feng et al. 2023): the comparator, hundreds of network
   * evaluations a step. Its diffusion and start are given here; `objective` is then without meaning.
   */
  readonly exact?: LikelihoodOptions
  /** Weight of the data term, default 1 throughout. */
  readonly dataWeight?: DataWeight
  readonly execute?: ExecuteOptions
}

/** What a step returns. */
export interface Stepped {
  readonly state: DistilState
  readonly terms: ApsTerms<number>
  readonly gradient: number
}

/** Compiled distillation. */
export interface Distiller {
  /**
   * Takes step `step`; returns the new state, the terms before it and the norm of their gradient before clipping. The state that was given is never changed, so it is the
   * last good one when a step fails.
   *
   * @throws TweedieError `numeric` when the loss or its gradient is no longer finite
   */
  step(state: DistilState, step: number): Promise<Stepped>
  release(): Promise<void>
}

/** The chosen rows of every array. */
const rowsOf = (
  arrays: Named<string, NdArray<'float32'>>,
  index: readonly number[],
): Named<string, NdArray<'float32'>> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, rowsAt(array, index)]))

/** Number of measurements, when all arrays agree. */
const countOf = (arrays: Named<string, NdArray<'float32'>>): number => {
  const counts = Object.entries(arrays).map(([name, { shape }]) => ({ name, count: shape[0] ?? 0 }))
  const [first] = counts
  const odd = counts.find(({ count }) => count !== first.count || count === 0)
  if (!first || odd) {
    const listed = counts.map(({ name, count }) => `${name} ${count}`).join(', ')
    throw new TweedieError(
      'input',
      `distiller: measurements need arrays of as many rows each, got ${listed || 'none'}`,
    )
  }
  return first.count
}

/**
 * Compiles distillation.
 *
 * All randomness is addressed by the step: a run gives the same result whether or not it was interrupted.
 *
 * @param flow - over x flattened or in the prior's shape: as many entries
 * @param prior - denoiser with its weights as constants (`frozen`)
 * @param streamOf - the random stream of a purpose, such as `(purpose) => stream(seed, purpose)`
 * @throws TweedieError `input` when the measurements have no rows, or not all as many
 *
 * @example
 * ```ts
 * const measurements = { arrays: { y, mask }, observe: ({ y, mask: m }) => ({ y, A: mask(m), noise: isotropicNoise(0.4) }) }
 * const { step } = distiller(flow, prior, measurements, { batch: 64, rate: warmUp(constantRate(1e-5), 5000) }, (p) => stream(0, p))
 * const next = await step(initDistilState(flow.init(0)), 0)
 * ```
 */
export const distiller = (
  flow: Flow,
  prior: Denoiser,
  measurements: Measurements,
  options: DistilOptions,
  streamOf: (purpose: string) => Stream,
): Distiller => {
  const { exact, batch, objective, execute } = options
  if (exact) {
    const tangents = exactPrice(prior, drawing(flow, measurements, batch), { ...exact, ...execute })
    return descent(flow, measurements, tangents, options, streamOf)
  }
  return descent(flow, measurements, boundPrice(prior, batch, streamOf, objective), options, streamOf)
}

/** A draw of each row, the way training makes it. */
const drawing =
  (flow: Flow, measurements: Measurements, batch: number) =>
  (params: FlowParams<Tensor>, arrays: Named<string, Tensor>, z: Tensor) => {
    const observation = measurements.observe(arrays)
    const told = measurements.condition?.(arrays) ?? reshape(observation.y, [batch, ...flow.condition])
    const drawn = flow.sample(params, told, z, { training: true })
    return { ...drawn, x: reshape(drawn.x, [batch, ...observation.A.inShape]), observation }
  }

/** Steps down the objective, whatever the price of a draw under the prior. */
const descent = <P>(
  flow: Flow,
  measurements: Measurements,
  price: Price<P>,
  options: DistilOptions,
  streamOf: (purpose: string) => Stream,
): Distiller => {
  const { batch, rate, dataWeight = () => 1 } = options
  const count = countOf(measurements.arrays)
  const choose = minibatches(streamOf('rows'), options)
  const latents = streamOf('z')
  const observation = Array.from({ length: batch }, (_, i) => i)
  const event = inShape(measurements)
  const drawn = drawing(flow, measurements, batch)
  const program = jit(
    (
      { weights, statistics, moments }: DistilState<Tensor>,
      arrays: Named<string, Tensor>,
      z: Tensor,
      given: P,
      { lr, step, weight }: { lr: Tensor; step: Tensor; weight: Tensor },
    ) => {
      const draw = drawn({ weights, statistics }, arrays, z)
      const terms = klTerms(draw.observation, draw, price.of(draw.x, given), weight)
      const grads = vjp(terms.loss, weights, constant(full([], 1)))
      const next = adam(weights, grads, moments, { lr, step }, options.adam)
      return {
        terms,
        gradient: globalNorm(grads),
        state: { weights: next.params, statistics: draw.statistics, moments: next.moments },
      }
    },
    options.execute,
  )
  return {
    step: async (state, step) => {
      const arrays = rowsOf(measurements.arrays, choose(count, { lap: 0, step }))
      const z = normalBatch(latents, { step, observation }, flow.event) // one z for each y
      const given = await price.given({ step, event, state, arrays, z })
      const settings = { lr: rate(step), step: step + 1, weight: dataWeight(step) }
      const out = await program(state, arrays, z, given, settings)
      const terms = {
        loss: item(out.terms.loss),
        data: item(out.terms.data),
        prior: item(out.terms.prior),
        logdet: item(out.terms.logdet),
      }
      const gradient = item(out.gradient)
      checkFinite(terms, gradient, step)
      return { state: out.state, terms, gradient }
    },
    release: async () => {
      await Promise.all([program.release(), price.release()])
    },
  }
}

const checkFinite = (
  { loss, data, prior, logdet }: ApsTerms<number>,
  gradient: number,
  step: number,
): void => {
  if (Number.isFinite(loss) && Number.isFinite(gradient)) return
  throw new TweedieError(
    'numeric',
    `distillation: step ${step} has loss ${loss} (data ${data}, prior ${prior}, logdet ${logdet}) with a ` +
      `gradient of norm ${gradient}; the state before it is the last good one`,
  )
}

/** Shape of one x, as the operator takes it. */
const inShape = ({ arrays, observe }: Measurements): Shape => {
  const first = Object.entries(arrays).map(([name, array]) => [name, constant(rows(array, 0, 1))] as const)
  return observe(Object.fromEntries(first)).A.inShape
}

/**
 * Steps down a loss over measurements: one program draws the batch's loss, goes back through all of it, clips and takes Adam's step.
 */

import { TweedieError } from '../error.ts'
import type { FlowParams } from '../flows/index.ts'
import {
  type AdamOptions,
  adam,
  globalNorm,
  initMoments,
  type LearningRate,
  type Moments,
} from '../nn/index.ts'
import type { Observation } from '../operators/index.ts'
import type { Stream } from '../random/index.ts'
import {
  constant,
  type ExecuteOptions,
  type Feeds,
  full,
  item,
  jit,
  type NdArray,
  rows,
  rowsAt,
  type Shape,
  type Tensor,
  type Tree,
  vjp,
} from '../tensor/index.ts'
import { type MinibatchOptions, minibatches } from '../training/minibatch.ts'
import type { ApsTerms, DataWeight } from './objective.ts'

/** Arrays of measurements by name, such as y and mask; each has one row for each measurement. */
export type Named<K extends string, L> = { readonly [name in K]: L }

/** Measurements to learn from. */
export interface Measurements<K extends string = string> {
  readonly arrays: Named<K, NdArray<'float32'>>
  /** What was seen, given the rows of a batch. The operator may know more than the flow is told (blind restoration). */
  observe(rows: Named<K, Tensor>): Observation
  /** What the flow is told, [B, ...flow.condition]; default y in that shape. */
  condition?(rows: Named<K, Tensor>): Tensor
  /**
   * What the flow would be told of x [B, ...event] (units of the prior), had it been observed as the rows were, with noise made of e,
   * standard normal like `arrays.y`. Absent when that cannot be said.
   */
  simulate?(rows: Named<K, Tensor>, x: Tensor, e: Tensor): Tensor
}

/** Everything that training changes. */
export type DistillState<L = NdArray> = FlowParams<L> & { readonly moments: Moments<Tree<L>> }

/** A flow before its first step. */
export const initDistillState = ({ weights, statistics }: FlowParams<NdArray>): DistillState => ({
  weights,
  statistics,
  moments: initMoments(weights),
})

/** How steps are taken. The papers: Adam at 1e-5, 5000 steps of warm-up, gradients clipped to norm 1, batches of 64. */
export interface DescentOptions extends MinibatchOptions {
  /** Learning rate at step 0, 1, … */
  readonly rate: LearningRate
  readonly adam?: AdamOptions
  /** Weight of the data term, default 1 throughout. */
  readonly dataWeight?: DataWeight
  readonly execute?: ExecuteOptions
}

/** What a step returns. */
export interface StepResult {
  readonly state: DistillState
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
  step(state: DistillState, step: number): Promise<StepResult>
  release(): Promise<void>
}

/** A step before it is taken. */
export interface StepInput {
  readonly step: number
  /** Shape of one x. */
  readonly event: Shape
  readonly state: FlowParams<NdArray>
  /** The rows of the batch. */
  readonly arrays: Named<string, NdArray<'float32'>>
}

/** What is to become small, as part of the program of a step; `P` is what that needs from outside. */
export interface Loss<P> {
  of(
    params: FlowParams<Tensor>,
    arrays: Named<string, Tensor>,
    given: P,
    weight: Tensor,
  ): { readonly terms: ApsTerms; readonly statistics: Tree<Tensor> }
  given(before: StepInput): Promise<Feeds<P>>
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
 * Compiles the steps down a loss.
 *
 * @throws TweedieError `input` when the measurements have no rows, or not all as many
 */
export const descent = <P>(
  measurements: Measurements,
  loss: Loss<P>,
  options: DescentOptions,
  streamOf: (purpose: string) => Stream,
): Distiller => {
  const { rate, dataWeight = () => 1 } = options
  const count = countOf(measurements.arrays)
  const choose = minibatches(streamOf('rows'), options)
  const event = inShape(measurements)
  const program = jit(
    (
      { weights, statistics, moments }: DistillState<Tensor>,
      arrays: Named<string, Tensor>,
      given: P,
      { lr, step, weight }: { lr: Tensor; step: Tensor; weight: Tensor },
    ) => {
      const { terms, statistics: seen } = loss.of({ weights, statistics }, arrays, given, weight)
      const grads = vjp(terms.loss, weights, constant(full([], 1)))
      const next = adam(weights, grads, moments, { lr, step }, options.adam)
      return {
        terms,
        gradient: globalNorm(grads),
        state: { weights: next.params, statistics: seen, moments: next.moments },
      }
    },
    options.execute,
  )
  return {
    step: async (state, step) => {
      const arrays = rowsOf(measurements.arrays, choose(count, { lap: 0, step }))
      const given = await loss.given({ step, event, state, arrays })
      const settings = { lr: rate(step), step: step + 1, weight: dataWeight(step) }
      const out = await program(state, arrays, given, settings)
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
      await Promise.all([program.release(), loss.release()])
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

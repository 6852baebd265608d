/**
 * The training loop's step, for any objective: rows are chosen, the objective makes a batch of them, and one
 * program does forward, backward, clipping, Adam and the moving average of the weights.
 */
import { TweedieError } from '../error.ts'
import {
  type AdamOptions,
  adam,
  ema,
  globalNorm,
  initMoments,
  type LearningRate,
  type Moments,
} from '../nn/index.ts'
import type { Stream } from '../random/index.ts'
import {
  constant,
  type ExecuteOptions,
  full,
  item,
  jit,
  type NdArray,
  scalar,
  type Tensor,
  type Tree,
  vjp,
} from '../tensor/index.ts'
import { type MinibatchOptions, minibatches } from './minibatches.ts'
import type { Objective, StepAddress, Terms, Trained } from './objective.ts'

/** Everything that training changes. */
export type TrainState<L = NdArray> = Trained<L> & {
  /** The exponential moving average of the weights; the weights themselves where none is wanted. */
  readonly average: Tree<L>
  readonly moments: Moments<Tree<L>>
}

/**
 * A state in which nothing has been learned; the average starts from the parameters.
 *
 * @param params - weights to begin with, such as `net.init(seed)`
 * @param statistics - those of BatchNorm; default none
 */
export const initTrainState = (params: Tree<NdArray>, statistics: Tree<NdArray> = {}): TrainState => ({
  params,
  average: params,
  moments: initMoments(params),
  statistics,
})

/** How steps are taken, whatever the objective. */
export interface TrainOptions extends MinibatchOptions {
  /** Learning rate at step 0, 1, … */
  readonly rate: LearningRate
  /** Decay of the moving average of the weights, such as 0.999; 0 (default) for none. */
  readonly ema?: number
  readonly adam?: AdamOptions
  /** Where the program runs, with how many threads; never changes what is computed, up to rounding. */
  readonly execute?: ExecuteOptions
}

/** The result of a step. */
export interface StepResult {
  readonly state: TrainState
  /** The terms of the objective before the step. */
  readonly terms: Terms<number>
  /** Norm of the gradient before clipping. */
  readonly gradient: number
}

/** Compiled training. */
export interface Trainer {
  /**
   * Takes a step. The state that was given is never changed, so it is the last good one when a step fails.
   *
   * @throws TweedieError `numeric` when the loss or its gradient is no longer finite
   */
  step(state: TrainState, at: StepAddress): Promise<StepResult>
  release(): Promise<void>
}

/**
 * Compiles training on an objective.
 *
 * All randomness is addressed by (lap, step, row): a step gives the same result whether or not the run was
 * interrupted before it.
 *
 * @param order - the stream that chooses the rows of each step
 *
 * @example
 * ```ts
 * const objective = denoisingObjective(net, x, { schedule }, (purpose) => stream(0, purpose))
 * const { step } = trainer(objective, { batch: 64, rate: constantRate(1e-3), ema: 0.999 }, stream(0, 'rows'))
 * const { state, terms } = await step(initTrainState(net.init(0)), { step: 0 })
 * ```
 */
export const trainer = <B>(objective: Objective<B>, options: TrainOptions, order: Stream): Trainer => {
  const { rate, ema: decay = 0 } = options
  const program = jit(
    (
      { params, average, moments, statistics }: TrainState<Tensor>,
      batch: B,
      { lr, step }: { lr: Tensor; step: Tensor },
    ) => {
      const { terms, statistics: updated = statistics } = objective.loss({ params, statistics }, batch)
      const grads = vjp(terms.loss, params, constant(full([], 1, terms.loss.dtype)))
      const next = adam(params, grads, moments, { lr, step }, options.adam)
      return {
        terms,
        gradient: globalNorm(grads),
        params: next.params,
        average: decay > 0 ? ema(average, next.params, decay) : NONE,
        moments: next.moments,
        statistics: updated,
      }
    },
    options.execute,
  )
  const choose = minibatches(order, options)
  return {
    step: async (state, at) => {
      const batch = await objective.batch({ rows: choose(objective.count, at), at, state })
      const lr = scalar(rate(at.step))
      const out = await program(state, batch, { lr, step: scalar(at.step + 1) })
      const { params, moments, statistics } = out
      const terms = numbersOf(out.terms)
      const gradient = item(out.gradient)
      checkFinite(terms, gradient, at)
      const average = decay > 0 ? out.average : params
      return { state: { params, average, moments, statistics }, terms, gradient }
    },
    release: async () => {
      await Promise.all([program.release(), objective.release?.()])
    },
  }
}

/** A record without arrays: nothing that a program would have to compute or copy. */
const NONE: Tree<Tensor> = {}

const numbersOf = (terms: Terms<NdArray>): Terms<number> => ({
  ...Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, item(value)])),
  loss: item(terms.loss),
})

const checkFinite = (
  { loss, ...parts }: Terms<number>,
  gradient: number,
  { lap = 0, step }: StepAddress,
): void => {
  if (Number.isFinite(loss) && Number.isFinite(gradient)) return
  const listed = Object.entries(parts).map(([name, value]) => `${name} ${value}`)
  const among = listed.length > 0 ? ` (${listed.join(', ')})` : ''
  throw new TweedieError(
    'numeric',
    `training: the loss is ${loss} at lap ${lap}, step ${step}${among}, ` +
      `its gradient has norm ${gradient}; the state before it is the last good one`,
  )
}

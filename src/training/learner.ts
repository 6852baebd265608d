/**
 * Training on any loss: what the M-step does for denoising, for objectives that bring their own batches. One program
 * does forward, backward, clipping, Adam and EMA.
 */
import { TweedieError } from '../error.ts'
import { type AdamOptions, adam, ema, type LearningRate } from '../nn/index.ts'
import type { Stream } from '../random/index.ts'
import {
  type ExecuteOptions,
  item,
  jit,
  type NdArray,
  scalar,
  type Tensor,
  type Tree,
  valueAndGrad,
} from '../tensor/index.ts'
import { type MinibatchOptions, minibatches } from './minibatch.ts'
import type { TrainState } from './trainer.ts'

/** The arrays that a step of an objective is made of, by name. */
export type Batch<K extends string, L> = { readonly [name in K]: L }

/** Where a step is: all that its randomness may depend on beside the seed. */
export interface StepAddress {
  readonly lap: number
  readonly step: number
}

/** A loss with the way to make its batches. */
export interface Objective<K extends string = string> {
  /** Number of rows to learn from. */
  readonly count: number
  /** The arrays of a step: the chosen rows and the noise on them. A function of the rows and of `at` alone. */
  batch(index: readonly number[], at: StepAddress): Batch<K, NdArray>
  /** A scalar to be made small. */
  loss(params: Tree<Tensor>, batch: Batch<K, Tensor>): Tensor
}

/** How to train on an objective: as `TrainOptions`, without what belongs to the objective. */
export interface LearnerOptions extends MinibatchOptions {
  /** Learning rate at step 0, 1, … */
  readonly rate: LearningRate
  /** Decay of the moving average of the weights, such as 0.999; 0 for none. */
  readonly ema: number
  readonly adam?: AdamOptions
  readonly execute?: ExecuteOptions
}

/** Compiled training on an objective. */
export interface Learner {
  /** Takes step `step` of lap `lap`; returns the new state and the loss before it. */
  step(state: TrainState, at: StepAddress): Promise<{ state: TrainState; loss: number }>
  release(): Promise<void>
}

/**
 * Compiles training on an objective.
 *
 * @param order - the stream that chooses the rows of each step
 * @throws TweedieError (from `step`) `numeric` when the loss is no longer finite
 *
 * @example
 * ```ts
 * const { step } = learner(objective, { batch: 64, rate: constantRate(1e-3), ema: 0.99 }, stream(0, 'rows'))
 * const next = await step(initTrainState(net.init(0)), { lap: 0, step: 0 })
 * ```
 */
export const learner = (objective: Objective, options: LearnerOptions, order: Stream): Learner => {
  const program = jit(
    (state: TrainState<Tree<Tensor>>, batch: Batch<string, Tensor>, lr: Tensor, step: Tensor) => {
      const [loss, grads] = valueAndGrad((params: Tree<Tensor>) => objective.loss(params, batch))(
        state.params,
      )
      const next = adam(state.params, grads, state.moments, { lr, step }, options.adam)
      const average = options.ema > 0 ? ema(state.average, next.params, options.ema) : next.params
      return { loss, state: { params: next.params, average, moments: next.moments } }
    },
    options.execute,
  )
  const choose = minibatches(order, options)
  return {
    step: async (state, at) => {
      const batch = objective.batch(choose(objective.count, at), at)
      const out = await program(state, batch, scalar(options.rate(at.step)), scalar(at.step + 1))
      const loss = item(out.loss)
      if (!Number.isFinite(loss)) {
        throw new TweedieError('numeric', `training: the loss is ${loss} at lap ${at.lap}, step ${at.step}`)
      }
      return { state: out.state, loss }
    },
    release: () => program.release(),
  }
}

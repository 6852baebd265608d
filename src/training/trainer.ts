/** The M-step, which is also plain training from clean data: denoising score matching with Adam and EMA. */
import { denoisingLoss, preconditioned, type Schedule } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import {
  type AdamOptions,
  adam,
  ema,
  initMoments,
  type LearningRate,
  type Moments,
  type Network,
} from '../nn/index.ts'
import { bernoulli, betaBatch, normalBatch, type Stream } from '../random/index.ts'
import {
  type ExecuteOptions,
  item,
  jit,
  type NdArray,
  rows,
  scalar,
  sizeOf,
  type Tensor,
  type Tree,
  valueAndGrad,
  zeros,
} from '../tensor/index.ts'
import { type Augmentation, augmented } from './augment.ts'
import { type MinibatchOptions, minibatches } from './minibatch.ts'

/** Everything that training changes. */
export type TrainState<P = Tree<NdArray>> = {
  readonly params: P
  readonly average: P
  readonly moments: Moments<P>
}

/** A state in which nothing has been learned; the average starts from the parameters. */
export const initTrainState = (params: Tree<NdArray>): TrainState => ({
  params,
  average: params,
  moments: initMoments(params),
})

/** How to train. */
export interface TrainOptions extends MinibatchOptions {
  /** Learning rate at step 0, 1, … */
  readonly rate: LearningRate
  /** Decay of the moving average of the weights, such as 0.999; 0 for none. */
  readonly ema: number
  readonly schedule: Schedule
  readonly adam?: AdamOptions
  readonly augment?: Augmentation
  /** Where the program runs, with how many threads; never changes what is computed, up to rounding. */
  readonly execute?: ExecuteOptions
}

/** Compiled training: one program does forward, backward, clipping, Adam and EMA. */
export interface Trainer {
  /** Takes step `step` of lap `lap` on data [S, ...event]; returns the new state and the loss. */
  step(
    state: TrainState,
    data: NdArray<'float32'>,
    at: { lap: number; step: number },
  ): Promise<{ state: TrainState; loss: number }>
  release(): Promise<void>
}

const gather = (data: NdArray<'float32'>, index: readonly number[]): NdArray<'float32'> => {
  const out = zeros([index.length, ...data.shape.slice(1)])
  const n = sizeOf(data.shape.slice(1))
  for (let i = 0; i < index.length; i++) out.data.set(rows(data, index[i], index[i] + 1).data, i * n)
  return out
}

/**
 * Compiles training of a network.
 *
 * Times are t ~ Beta(3, 3) and all randomness is addressed by (lap, step, row): a step gives the same result whether
 * or not the run was interrupted before it.
 *
 * @param streamOf - the random stream of a purpose, such as `(purpose) => stream(seed, purpose)`
 *
 * @example
 * ```ts
 * const { step } = trainer(net, { batch: 64, rate: constantRate(1e-3), ema: 0.999, schedule }, (p) => stream(0, p))
 * ```
 */
export const trainer = (
  net: Network,
  options: TrainOptions,
  streamOf: (purpose: string) => Stream,
): Trainer => {
  const { batch, schedule, rate } = options
  const program = jit(
    (
      state: TrainState<Tree<Tensor>>,
      x: Tensor,
      z: Tensor,
      t: Tensor,
      keep: readonly Tensor[],
      lr: Tensor,
      step: Tensor,
    ) => {
      const sigma = schedule.sigmaOf(t)
      const [loss, grads] = valueAndGrad((params: Tree<Tensor>) =>
        denoisingLoss(preconditioned(net, params, { keep }), x, z, sigma),
      )(state.params)
      const next = adam(state.params, grads, state.moments, { lr, step }, options.adam)
      const average = options.ema > 0 ? ema(state.average, next.params, options.ema) : next.params
      return { loss, state: { params: next.params, average, moments: next.moments } }
    },
    options.execute,
  )
  const choose = minibatches(streamOf('rows'), options)
  const [noise, times, masks, changes] = ['noise', 'times', 'dropout', 'augment'].map(streamOf)
  const batchRows = Array.from({ length: batch }, (_, i) => i)
  return {
    step: async (state, data, at) => {
      const x = augmented(gather(data, choose(data.shape[0], at)), options.augment ?? {}, changes, at)
      const z = normalBatch(noise, { ...at, observation: batchRows }, x.shape.slice(1))
      const t = betaBatch(times, 3, 3, { ...at, observation: batchRows }, [])
      const keep = net
        .keepShapes(x.shape)
        .map((shape, i) => bernoulli(masks, 1 - net.dropout, shape, { ...at, draw: i }))
      const out = await program(state, x, z, t, keep, scalar(rate(at.step)), scalar(at.step + 1))
      const loss = item(out.loss)
      if (!Number.isFinite(loss)) {
        throw new TweedieError(
          'numeric',
          `training: the loss is ${loss} at lap ${at.lap}, step ${at.step}; the last good checkpoint is kept`,
        )
      }
      return { state: out.state, loss }
    },
    release: () => program.release(),
  }
}

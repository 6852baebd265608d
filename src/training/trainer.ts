/**
 * The training loop's step, for any objective: rows are chosen, the objective makes a batch of them, and
 * programs do forward, backward, clipping, Adam and the moving average of the weights.
 */
import { TweedieError } from '../error.ts'
import type { AdamOptions, LearningRate } from '../nn/index.ts'
import type { Stream } from '../random/index.ts'
import {
  type DType,
  type ExecuteOptions,
  type Feeds,
  flatten,
  free,
  holder,
  scalar,
  type Tensor,
  type Value,
} from '../tensor/index.ts'
import { type MinibatchOptions, minibatches } from './minibatches.ts'
import type { Objective, StepAddress } from './objective.ts'
import { inParts } from './parts.ts'
import type { StepFigures } from './steps.ts'
import type { TrainState } from './train-state.ts'
import { wholeBatches } from './whole-batches.ts'

/** How steps are taken, whatever the objective. */
export interface TrainOptions extends MinibatchOptions {
  /** Learning rate at step 0, 1, … */
  readonly rate: LearningRate
  /** Decay of the moving average of the weights, such as 0.999; 0 (default) for none. */
  readonly ema?: number
  readonly adam?: AdamOptions
  /**
   * Rows of a batch that are computed at once, ≥ 1; default the whole batch. The memory of activations goes
   * with it. Gradients are accumulated over the parts, so a step is that of the whole batch up to rounding;
   * only BatchNorm, which looks at the rows of a part, trains otherwise.
   */
  readonly microBatch?: number
  /**
   * Steps that a program takes at once, ≥ 1, default 1: the state crosses its border once in so many steps,
   * the same to rounding. Not beside `microBatch`, and not for objectives that look at the state.
   */
  readonly stepsPerRun?: number
  /** Where the program runs, with how many threads; never changes what is computed, up to rounding. */
  readonly execute?: ExecuteOptions
}

/** The result of a step. */
export interface StepResult extends StepFigures {
  readonly state: TrainState
}

/** The result of one or several steps. */
export interface Advance {
  /** After the last of them. */
  readonly state: TrainState
  /** The figures of each. */
  readonly taken: readonly StepFigures[]
}

/** What goes on beside steps whose state stays on a device. */
export interface Watch {
  /** Called after each program: whether the state is wanted now, such as for a resume point. */
  wanted(): boolean
  /** The figures of each step, when it is taken. */
  onStep?(figures: StepFigures): void
}

/** Compiled training. */
export interface Trainer {
  /**
   * Takes a step. The state that was given is never changed, so it is the last good one when a step fails.
   *
   * @throws TweedieError `numeric` when the loss or its gradient is no longer finite
   */
  step(state: TrainState, at: StepAddress): Promise<StepResult>
  /**
   * Takes the `stepsPerRun` steps from `at` on, or `most` where those are fewer: as many calls of `step`.
   * Where the device keeps the state (WebGPU), and the objective does not look at it, it goes on until all
   * `most` are taken or the state is wanted: only then does the state come to the host.
   *
   * @param most - ≥ 1
   * @param watch - default: the state is wanted after each program
   * @throws TweedieError `numeric` when the loss or its gradient is no longer finite in one of the first
   *   `stepsPerRun`; when that happens later, the state before them is returned, and the next call fails
   */
  advance(state: TrainState, at: StepAddress, most: number, watch?: Watch): Promise<Advance>
  release(): Promise<void>
}

const check = (
  { looksAtState = false }: Pick<Objective<never>, 'looksAtState'>,
  { microBatch, stepsPerRun = 1 }: Pick<TrainOptions, 'microBatch' | 'stepsPerRun'>,
): void => {
  const fail = (message: string): never => {
    throw new TweedieError('input', message)
  }
  if (microBatch !== undefined && !(Number.isInteger(microBatch) && microBatch > 0))
    fail(`microBatch must be a positive integer, got ${microBatch}`)
  if (!(Number.isInteger(stepsPerRun) && stepsPerRun > 0))
    fail(`stepsPerRun must be a positive integer, got ${stepsPerRun}`)
  if (stepsPerRun > 1 && microBatch !== undefined)
    fail('stepsPerRun goes without microBatch: one takes several batches at once, the other a part of one')
  if (stepsPerRun > 1 && looksAtState)
    fail('stepsPerRun must be 1: the objective looks at the state before each step (objective.prior: exact)')
}

/** Training that is compiled once, on whatever rows. */
export interface CompiledTraining<B> {
  /**
   * Steps on the batches of an objective whose loss is the one that was compiled.
   *
   * @param rate - learning rate at step 0, 1, …
   * @param order - the stream that chooses the rows of each step
   */
  on(objective: Objective<B>, rate: LearningRate, order: Stream): Trainer['advance']
  release(): Promise<void>
}

/**
 * Compiles steps on an objective's loss.
 *
 * @throws TweedieError `input` for `microBatch` and `stepsPerRun` that do not apply
 *
 * @example
 * ```ts
 * const seeds = [0, 1].map((seed) => (purpose: string) => stream(seed, purpose))
 * const objectives = seeds.map((streamOf) => denoisingObjective(net, x, { schedule }, streamOf))
 * const { on, release } = compiledTraining(objectives[0], { batch: 64 })
 * const advance = objectives.map((objective, i) => on(objective, constantRate(1e-3), seeds[i]('rows')))
 * ```
 */
export const compiledTraining = <B>(
  compiled: Objective<B>,
  options: Omit<TrainOptions, 'rate'>,
): CompiledTraining<B> => {
  check(compiled, options)
  const { batch: size, microBatch = size, stepsPerRun = 1, ema = 0, adam, execute } = options
  const steps =
    microBatch < size
      ? inParts(compiled, microBatch, { ema, adam }, execute)
      : wholeBatches(compiled, { ema, adam }, execute)
  const { holds, read, release } = holder(execute)
  const on = (objective: Objective<B>, rate: LearningRate, order: Stream): Trainer['advance'] => {
    const choose = minibatches(order, options)
    const staysAway = holds && !objective.looksAtState
    /** One program, from a state wherever it is; `start` is the last one that was here. */
    const run = async (state: TrainState<Value>, start: TrainState, at: StepAddress, most: number) => {
      const places = Array.from({ length: Math.min(most, stepsPerRun) }, (_, i) => ({
        ...at,
        step: at.step + i,
      }))
      const batches: Feeds<B>[] = []
      for (const at of places)
        batches.push(await objective.batch({ rows: choose(objective.count, at), at, state: start }))
      const dtype = dtypeOf(start)
      const paces = places.map(({ step }) => ({
        lr: scalar(rate(step), dtype),
        step: scalar(step + 1, dtype),
      }))
      const next = await steps.take(state, paces, batches)
      return { ...next, problem: next.taken.map((figures, i) => problemOf(figures, places[i])).find(Boolean) }
    }
    return async (start, at, most, { wanted, onStep } = { wanted: () => true }) => {
      const taken: StepFigures[] = []
      let state: TrainState<Value> = start
      try {
        do {
          const left = most - taken.length
          const next = await run(state, start, { ...at, step: at.step + taken.length }, left)
          if (next.problem) {
            free(next.state, state)
            if (taken.length === 0) throw next.problem
            break
          }
          free(state, next.state)
          state = next.state
          taken.push(...next.taken)
          for (const figures of next.taken) onStep?.(figures)
        } while (staysAway && taken.length < most && !wanted())
        return { state: await read<TrainState<Tensor>>(state), taken }
      } finally {
        free(state)
      }
    }
  }
  return {
    on,
    release: async () => {
      await Promise.all([steps.release(), release()])
    },
  }
}

/**
 * Compiles training on an objective.
 *
 * All randomness is addressed by (lap, step, row): a step gives the same result whether or not the run was
 * interrupted before it.
 *
 * @param order - the stream that chooses the rows of each step
 * @throws TweedieError `input` for `microBatch` and `stepsPerRun` that do not apply
 *
 * @example
 * ```ts
 * const objective = denoisingObjective(net, x, { schedule }, (purpose) => stream(0, purpose))
 * const { step } = trainer(objective, { batch: 64, rate: constantRate(1e-3), ema: 0.999 }, stream(0, 'rows'))
 * const { state, terms } = await step(initTrainState(net.init(0)), { step: 0 })
 * ```
 */
export const trainer = <B>(objective: Objective<B>, options: TrainOptions, order: Stream): Trainer => {
  const { on, release } = compiledTraining(objective, options)
  const advance = on(objective, options.rate, order)
  return {
    advance,
    step: async (state, at) => {
      const next = await advance(state, at, 1)
      return { state: next.state, ...next.taken[0] }
    },
    release: async () => {
      await Promise.all([release(), objective.release?.()])
    },
  }
}

/** The dtype that a state is trained in. */
const dtypeOf = ({ params }: TrainState): DType => Object.values(flatten(params))[0]?.dtype ?? 'float32'

/** Why a step is none: its loss or gradient is not finite. */
const problemOf = (
  { terms: { loss, ...parts }, gradient }: StepFigures,
  { lap = 0, step }: StepAddress,
): TweedieError | undefined => {
  if (Number.isFinite(loss) && Number.isFinite(gradient)) return undefined
  const listed = Object.entries(parts).map(([name, value]) => `${name} ${value}`)
  const among = listed.length > 0 ? ` (${listed.join(', ')})` : ''
  return new TweedieError(
    'numeric',
    `training: the loss is ${loss} at lap ${lap}, step ${step}${among}, ` +
      `its gradient has norm ${gradient}; the state before it is the last good one`,
  )
}

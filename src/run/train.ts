/** Training on clean data in a run folder: the same network and loss as DiEM's M-step, without the E-step. */
import { z } from 'zod'
import { ppca } from '../em/index.ts'
import { TweedieError } from '../error.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import type { DataRange } from '../operators/index.ts'
import { checkAborted, type LongCall } from '../progress.ts'
import { stream } from '../random/index.ts'
import { type NdArray, sizeOf, type Tree, unflatten } from '../tensor/index.ts'
import { initTrainState, type TrainOptions, type TrainState, trainer } from '../training/index.ts'
import { resumeCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { Run } from './folder.ts'
import { LOSS_EVERY } from './learn.ts'
import { type LearnedPrior, learnedPrior, savePrior } from './prior.ts'

/** What is trained on what. */
export interface TrainRequest extends LongCall {
  readonly net: NetworkConfig
  /** [N, ...event], in the units of the prior. */
  readonly x: NdArray<'float32'>
  /** Units of the data. */
  readonly range: DataRange
  readonly options: TrainOptions
  readonly steps: number
  readonly sigmaMin: number
  readonly sigmaMax: number
  readonly seed: number
  /** Weights to begin with, such as those of a prior that was learned from observations; default fresh ones. */
  readonly weights?: Tree<NdArray>
  /** Seconds between resume points, default 60. */
  readonly checkpointSeconds?: number
}

const stateSchema = z.object({ kind: z.literal('train'), step: z.int().nonnegative() })

/** Rank of the Gaussian kept beside a prior trained on clean data: only its mean is used, as the start of samplers. */
const RANK = 16

/**
 * Trains a prior in a run folder, from where the folder stands.
 *
 * @returns the prior, kept as `checkpoints/prior.safetensors`
 * @throws TweedieError `interrupted` after saving a resume point, `numeric`, `io`: as `learn`
 */
export const train = async (run: Run, request: TrainRequest): Promise<LearnedPrior> => {
  const { net, x, range, options, steps, sigmaMin, sigmaMax, seed, checkpointSeconds = 60, signal } = request
  const fresh = initTrainState(request.weights ?? network(net).init(seed))
  const point = resumeCheckpoint(run)
  const start = point ? restore(point, fresh) : { step: 0, state: fresh }
  const { step, release } = trainer(network(net), options, (purpose) => stream(seed, `train ${purpose}`))
  let state = start.state
  let saved = Date.now()
  const save = (done: number) => {
    saveCheckpoint(run, `step-${done}`, { arrays: { train: state }, state: { kind: 'train', step: done } })
    saved = Date.now()
  }
  for (let i = start.step; i < steps; i++) {
    if (signal?.aborted) save(i)
    checkAborted(signal)
    const next = await step(state, x, { lap: 0, step: i })
    state = next.state
    request.onProgress?.({ phase: 'training', done: i + 1, total: steps, loss: next.loss })
    if ((i + 1) % LOSS_EVERY === 0 || i + 1 === steps) {
      run.journal.append({ event: 'loss', lap: 0, step: i + 1, loss: next.loss })
    }
    if (Date.now() - saved > 1000 * checkpointSeconds) save(i + 1)
  }
  await release()
  save(steps)
  const event = x.shape.slice(1)
  const gaussian = await ppca(x, Math.min(RANK, sizeOf(event)))
  const prior = learnedPrior({
    net,
    params: state.average,
    gaussian,
    sigmaMin,
    sigmaMax,
    event,
    range,
    laps: 0,
  })
  savePrior(run, 'prior', prior)
  return prior
}

const restore = (
  { path, arrays, state }: { path: string; arrays: Readonly<Record<string, NdArray>>; state: unknown },
  like: TrainState,
): { step: number; state: TrainState } => {
  const parsed = stateSchema.safeParse(state)
  if (!parsed.success) throw new TweedieError('input', `${path}: not a resume point of training`)
  return { step: parsed.data.step, state: unflatten({ train: like }, arrays, path).train }
}

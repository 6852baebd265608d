/** DiEM in a run folder: checkpoints by the clock, a journal, a prior kept for every lap. */
import { z } from 'zod'
import { type DiemOptions, type DiemState, diem } from '../em/index.ts'
import { TweedieError } from '../error.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import { batchedObservations, type ObservationSet } from '../observations/index.ts'
import type { LongCall } from '../progress.ts'
import { NdArray, unflatten } from '../tensor/index.ts'
import { initTrainState } from '../training/index.ts'
import { type Checkpoint, resumeCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { Run } from './folder.ts'
import { packGaussian, unpackGaussian } from './gaussian-state.ts'
import { type LearnedPrior, learnedPrior, savePrior } from './prior.ts'
import { isJournalled, saveClock } from './training-run.ts'

/** The request of a run of DiEM: network, observations, options. */
export interface LearnRequest extends LongCall {
  readonly net: NetworkConfig
  /** In the units of the data; its range is that of the prior. */
  readonly set: ObservationSet
  readonly options: DiemOptions
  readonly sigmaMin: number
  readonly sigmaMax: number
  /** Seconds between resume points, default 60; it never changes the result. */
  readonly checkpointSeconds?: number
  /** After the Gaussian start (lap −1) and after each lap. */
  readonly onLap?: (lap: number, prior: LearnedPrior) => Promise<void>
}

const stateSchema = z.object({
  kind: z.literal('diem'),
  position: z.object({ lap: z.int(), stage: z.enum(['sample', 'train']), done: z.int() }),
  gaussian: z.object({ kind: z.enum(['isotropic', 'ppca']), variance: z.number() }),
})

const save = (run: Run, { position, gaussian, samples, train }: DiemState): void => {
  const packed = packGaussian(gaussian)
  saveCheckpoint(run, `lap-${position.lap}-${position.stage}`, {
    arrays: { gaussian: packed.arrays, samples, train },
    state: { kind: 'diem', position: { ...position }, gaussian: packed.state },
  })
}

const restore = ({ path, arrays, state }: Checkpoint, net: NetworkConfig): DiemState => {
  const parsed = stateSchema.safeParse(state)
  if (!parsed.success) throw new TweedieError('input', `${path}: not a resume point of learning`)
  const { samples } = arrays
  if (!(samples?.data instanceof Float32Array))
    throw new TweedieError('input', `${path}: 'samples' should be float32`)
  return {
    position: parsed.data.position,
    gaussian: unpackGaussian(parsed.data.gaussian, arrays, path),
    samples: new NdArray('float32', samples.shape, samples.data),
    train: unflatten({ train: initTrainState(network(net).init(0)) }, arrays, path).train,
  }
}

/**
 * Learns a prior in a run folder, from where the folder stands.
 *
 * @returns the prior after the last lap, kept as `checkpoints/prior.safetensors`
 * @throws TweedieError `interrupted` after saving a resume point; `numeric` when training or sampling
 * explodes (the last resume point stays); `io` when the disk refuses
 */
export const learn = async (run: Run, request: LearnRequest): Promise<LearnedPrior> => {
  const { net, set, options, sigmaMin, sigmaMax } = request
  const { range, operator } = set
  const { domain } = batchedObservations(set)
  const point = resumeCheckpoint(run)
  const clock = saveClock(request.checkpointSeconds)
  const priorAfter = (lap: number, { train, gaussian }: DiemState): LearnedPrior =>
    learnedPrior({
      net,
      params: train.average,
      gaussian,
      sigmaMin,
      sigmaMax,
      event: operator.event,
      range,
      ...(domain ? { domain } : {}),
      laps: lap + 1,
      ...(lap < 0 ? { start: true } : {}),
    })
  const state = await diem(
    network(net),
    set,
    options,
    {
      signal: request.signal,
      onProgress: ({ phase, done, total, lap, loss }) => {
        request.onProgress?.({ phase, done, total, lap: lap + 1, ...(loss === undefined ? {} : { loss }) })
        const due = phase === 'training' && isJournalled(done, total)
        if (due && loss !== undefined) run.journal.append({ event: 'loss', lap: lap + 1, step: done, loss })
      },
      wantsCheckpoint: clock.due,
      onCheckpoint: (state) => {
        save(run, state)
        clock.saved()
      },
      onLap: async (lap, state) => {
        const prior = priorAfter(lap, state)
        savePrior(run, lap < 0 ? GAUSSIAN_START : `lap-${String(lap + 1).padStart(3, '0')}`, prior)
        await request.onLap?.(lap, prior)
        run.journal.append({ event: 'lap', lap: lap + 1, kept: state.samples.shape[0] })
      },
    },
    point && restore(point, net),
  )
  const prior = priorAfter(options.laps - 1, state)
  savePrior(run, 'prior', prior)
  return prior
}

/** Name of the kept checkpoint that holds the Gaussian start; its network has learned nothing yet. */
export const GAUSSIAN_START = 'gaussian-start'

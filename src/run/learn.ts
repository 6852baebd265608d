/** DiEM in a run folder: checkpoints by the clock, a journal, a prior kept for every lap. */
import { join } from 'node:path'
import { z } from 'zod'
import { type DiemOptions, type DiemState, diem } from '../em/index.ts'
import { TweedieError } from '../error.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import { batchedObservations, type ObservationSet, type SetAsideOptions } from '../observations/index.ts'
import { NdArray, unflatten } from '../tensor/index.ts'
import { initTrainState } from '../training/index.ts'
import { type Checkpoint, keptCheckpoints, resumeCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { Run } from './folder.ts'
import { gaussianStateSchema, packGaussian, unpackGaussian } from './gaussian-state.ts'
import { type HeldReading, heldBench } from './held-bench.ts'
import { type LearnedPrior, learnedPrior, loadPrior, savePrior } from './prior.ts'
import type { RunCall } from './run-call.ts'
import { isJournalled, saveClock } from './training-run.ts'

/** The request of a run of DiEM: network, observations, options. */
export interface LearnRequest extends RunCall {
  readonly net: NetworkConfig
  /** In the units of the data; its range is that of the prior. */
  readonly set: ObservationSet
  readonly options: DiemOptions
  readonly sigmaMin: number
  readonly sigmaMax: number
  /**
   * What is set aside to judge each lap by. The best lap, or the Gaussian start where no lap is better, is
   * then the prior. Absent: learning sees everything, and the prior is that of the last lap.
   */
  readonly held?: SetAsideOptions
  /** After the Gaussian start (lap −1) and after each lap. */
  readonly onLap?: (lap: number, prior: LearnedPrior) => Promise<void>
  /** After each judgement of a lap. */
  readonly onHeld?: (reading: HeldReading) => void
}

const stateSchema = z.object({
  kind: z.literal('diem'),
  position: z.object({ lap: z.int(), stage: z.enum(['sample', 'train']), done: z.int() }),
  gaussian: gaussianStateSchema,
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

/** The prior of a state, and how it is kept. */
const priorOf = (
  { net, set, options, sigmaMin, sigmaMax }: LearnRequest,
  lap: number,
  { train, gaussian }: DiemState,
): LearnedPrior => {
  const { domain } = batchedObservations(set)
  return learnedPrior({
    net,
    params: train.average,
    gaussian,
    sigmaMin,
    sigmaMax,
    event: set.operator.event,
    range: set.range,
    laps: lap + 1,
    ...(lap < 0 ? { start: true } : {}),
    ...(options.skip ? { skip: options.skip } : {}),
    ...(domain ? { domain } : {}),
  })
}

/** Name of the kept checkpoint of a lap. */
const lapName = (lap: number): string =>
  lap < 0 ? GAUSSIAN_START : `lap-${String(lap + 1).padStart(3, '0')}`

/** The last lap whose prior is kept, −1 for the Gaussian start. */
const lastLap = (run: Run): number =>
  Math.max(...keptCheckpoints(run).map((path) => Number(/lap-(\d+)\./.exec(path)?.[1] ?? 0) - 1))

/** Part of the last lap's training after which a lap that was stopped is worth a look. */
const WORTH_A_LOOK = 0.25

/** There is nothing to keep before the Gaussian start is made, and nothing to go on from. */
const tooShort = (cause: unknown): unknown =>
  cause instanceof TweedieError && cause.code === 'interrupted'
    ? new TweedieError(
        'input',
        'the time was up before the Gaussian start was made, and nothing of it is kept; ' +
          'give it more (--resume --minutes …)',
        { cause },
      )
    : cause

/**
 * Learns a prior in a run folder, from where the folder stands.
 *
 * @returns the prior, kept as `checkpoints/prior.safetensors`: of the last lap, or the best by `held`
 * @throws TweedieError `interrupted` after saving a resume point; `numeric` when training or sampling
 * explodes (the last resume point stays); `io` when the disk refuses; `input` for `held` of a blind set, and
 * where the time is up before the Gaussian start
 */
export const learn = async (run: Run, request: LearnRequest): Promise<LearnedPrior> => {
  const { net, options, signal, seconds } = request
  const point = resumeCheckpoint(run)
  const clock = saveClock(request.checkpointSeconds)
  const bench = request.held && (await heldBench(run, request.set, request.held, request))
  const set = bench?.rest ?? request.set
  const deadline =
    seconds === undefined ? undefined : AbortSignal.timeout(Math.max(1, Math.round(1000 * seconds)))
  const signals = [signal, deadline].filter((s) => s !== undefined)
  let last: DiemState | undefined
  const kept = async (lap: number, state: DiemState): Promise<LearnedPrior> => {
    const prior = priorOf(request, lap, state)
    savePrior(run, lapName(lap), prior)
    await bench?.judge(lap, prior)
    return prior
  }
  try {
    const state = await diem(
      network(net),
      set,
      options,
      {
        ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
        onProgress: ({ phase, done, total, lap, loss }) => {
          request.onProgress?.({ phase, done, total, lap: lap + 1, ...(loss === undefined ? {} : { loss }) })
          const due = phase === 'training' && isJournalled(done, total)
          if (due && loss !== undefined) run.journal.append({ event: 'loss', lap: lap + 1, step: done, loss })
        },
        wantsCheckpoint: clock.due,
        onCheckpoint: (state) => {
          last = state
          save(run, state)
          clock.saved()
        },
        onLap: async (lap, state) => {
          const prior = await kept(lap, state)
          await request.onLap?.(lap, prior)
          run.journal.append({ event: 'lap', lap: lap + 1, kept: state.samples.shape[0] })
        },
        isEnough: () => bench?.isSettled() ?? false,
      },
      point && restore(point, net),
    )
    last = state
  } catch (error) {
    if (!deadline?.aborted || signal?.aborted) throw error
    if (!last) throw point ? error : tooShort(error)
    const { lap, stage, done } = last.position
    run.journal.append({ event: 'time', lap: lap + 1, stage, done })
    if (stage === 'train' && lap >= 0 && done >= WORTH_A_LOOK * options.steps(lap)) await kept(lap, last)
  } finally {
    await bench?.release()
  }
  const best = bench?.best() ?? lastLap(run)
  const prior = loadPrior(join(run.paths.checkpoints, `${lapName(best)}.safetensors`))
  savePrior(run, 'prior', prior)
  return prior
}

/** Name of the kept checkpoint that holds the Gaussian start; its network has learned nothing yet. */
export const GAUSSIAN_START = 'gaussian-start'

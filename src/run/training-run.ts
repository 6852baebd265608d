/**
 * Training in a run folder, whatever the objective: it goes on from where the folder stands, saves resume
 * points by the clock and when it is stopped, and writes losses to the journal.
 */
import { z } from 'zod'
import { TweedieError } from '../error.ts'
import type { Json } from '../json.ts'
import { shapesOnly } from '../nn/index.ts'
import { checkAborted } from '../progress.ts'
import { unflatten } from '../tensor/index.ts'
import type { StepFigures, Trainer, TrainState, Watch } from '../training/index.ts'
import { type Checkpoint, type CheckpointContent, resumeCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { Run } from './folder.ts'
import type { RunCall } from './run-call.ts'

/** Steps between two losses in the journal. */
export const LOSS_EVERY = 20

/** Whether the loss of step `done` of `total` goes to the journal: every so many, and the last. */
export const isJournalled = (done: number, total: number): boolean =>
  done % LOSS_EVERY === 0 || done === total

/** Says when the next resume point is due. */
export interface SaveClock {
  /** Whether the last one is old enough. */
  due(): boolean
  /** One was saved now. */
  saved(): void
}

/**
 * The clock of resume points; it never changes what is computed.
 *
 * @param seconds - between two of them, default 60
 */
export const saveClock = (seconds = 60): SaveClock => {
  let last = performance.now()
  return {
    due: () => performance.now() - last > 1000 * seconds,
    saved: () => {
      last = performance.now()
    },
  }
}

/** How far a training is. */
export interface TrainPosition {
  /** Steps taken. */
  readonly step: number
  readonly state: TrainState
}

/** How a position becomes a resume point, and back. */
export interface PointFormat {
  pack(position: TrainPosition): CheckpointContent
  /**
   * @param fresh - of the shapes of the state before the first step; its values do not matter
   * @throws TweedieError `input` when the point is of something else
   */
  unpack(point: Checkpoint, fresh: TrainState): TrainPosition
}

/**
 * Resume points that hold the state as `train` and say their kind, such as `{ kind: 'train', step: 120 }`.
 */
export const trainFormat = (kind: 'train' | 'ambient' | 'gsure'): PointFormat => {
  const schema = z.object({ kind: z.literal(kind), step: z.int().nonnegative() })
  return {
    pack: ({ step, state }) => ({ arrays: { train: state }, state: { kind, step } }),
    unpack: ({ path, arrays, state }, fresh) => {
      const parsed = schema.safeParse(state)
      if (!parsed.success) throw new TweedieError('input', `${path}: not a resume point of training`)
      return { step: parsed.data.step, state: unflatten({ train: fresh }, arrays, path).train }
    },
  }
}

/** A training in a run folder, and its length. */
export interface TrainingRun extends RunCall {
  /**
   * Makes the state before the first step. A function, so that nothing holds that state, as large as a resume
   * point, while others follow.
   */
  readonly fresh: () => TrainState
  readonly format: PointFormat
  /** Called once the folder was read: what is compiled or drawn for the training is made after its checks. */
  readonly trainer: () => Trainer | Promise<Trainer>
  readonly steps: number
  /** Name of the work in progress events and in the message of an interruption. */
  readonly phase: string
  /** Figures of a step for the journal; default its terms. */
  readonly figures?: (result: StepFigures) => Readonly<Record<string, Json>>
}

/** Where a folder stands, and whether it stood there before. */
const positionOf = (
  run: Run,
  { fresh, format }: TrainingRun,
): { readonly start: TrainPosition; readonly resumed: boolean } => {
  const point = resumeCheckpoint(run)
  return point
    ? { start: format.unpack(point, shapesOnly(fresh)), resumed: true }
    : { start: { step: 0, state: fresh() }, resumed: false }
}

/**
 * Trains from where the folder stands to the last step, and saves a last resume point.
 *
 * @returns the state after the last step, which is an earlier one than asked for where time is up
 * @throws TweedieError `interrupted` after saving a resume point; `numeric` when the loss is no longer
 * finite, after saving the state before it, whose file the message names; `input` when the folder holds
 * something else; `io`
 */
export const trainInRun = async (run: Run, request: TrainingRun): Promise<TrainPosition> => {
  const { format, steps, phase, figures = ({ terms }) => terms, signal, seconds } = request
  let {
    start: { step: done, state },
    resumed,
  } = positionOf(run, request)
  const clock = saveClock(request.checkpointSeconds)
  const save = (): string => {
    clock.saved()
    return saveCheckpoint(run, `step-${done}`, format.pack({ step: done, state }))
  }
  // What a trainer draws and keeps in the folder, such as samples of a prior, belongs to this request only.
  if (!resumed) save()
  const { advance, release } = await request.trainer()
  const started = performance.now()
  const isTime = (): boolean => seconds !== undefined && performance.now() - started > 1000 * seconds
  try {
    while (done < steps && !isTime()) {
      if (signal?.aborted) save()
      checkAborted(signal, phase)
      let shown = done
      const watch: Watch = {
        wanted: () => signal?.aborted === true || clock.due() || isTime(),
        onStep: ({ terms }) => request.onProgress?.({ phase, done: ++shown, total: steps, loss: terms.loss }),
      }
      const next = await advance(state, { step: done }, steps - done, watch).catch((cause: unknown) => {
        if (!(cause instanceof TweedieError && cause.code === 'numeric')) throw cause
        throw new TweedieError('numeric', `${cause.message}: ${save()}`, { cause })
      })
      state = next.state
      for (const taken of next.taken) {
        done++
        if (isJournalled(done, steps))
          run.journal.append({ event: 'loss', lap: 0, step: done, ...figures(taken) })
      }
      if (clock.due()) save()
    }
  } finally {
    await release()
  }
  save()
  if (done < steps) run.journal.append({ event: 'time', done, steps })
  return { step: done, state }
}

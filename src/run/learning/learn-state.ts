/** States of DiEM as resume points, and the priors that they make. */
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { DiemState } from '../../em/index.ts'
import { TweedieError } from '../../error.ts'
import { type NetworkConfig, network } from '../../nn/index.ts'
import { batchedObservations } from '../../observations/index.ts'
import { NdArray, unflatten } from '../../tensor/index.ts'
import { initTrainState } from '../../training/index.ts'
import { type Checkpoint, readCheckpoint, resumeCheckpoint, saveCheckpoint } from '../checkpoint.ts'
import type { Run } from '../folder.ts'
import { gaussianStateSchema, packGaussian, unpackGaussian } from '../gaussian-state.ts'
import { type LearnedPrior, learnedPrior } from '../prior.ts'
import type { LearnRequest } from './learn-request.ts'

const stateSchema = z.object({
  kind: z.literal('diem'),
  position: z.object({ lap: z.int(), stage: z.enum(['sample', 'train']), done: z.int() }),
  gaussian: gaussianStateSchema,
  base: z.string().optional(),
})

/**
 * Saves a state as a resume point.
 *
 * @param base - in the last lap on all observations, the name of the point that the laps ended with; it stays
 * @returns the name of the point
 */
export const saveState = (run: Run, state: DiemState, base?: string): string => {
  const { position, gaussian, samples, train } = state
  const packed = packGaussian(gaussian)
  const name = base === undefined ? `lap-${position.lap}` : 'all'
  const path = saveCheckpoint(
    run,
    `${name}-${position.stage}`,
    {
      arrays: { gaussian: packed.arrays, samples, train },
      state: {
        kind: 'diem',
        position: { ...position },
        gaussian: packed.state,
        ...(base === undefined ? {} : { base }),
      },
    },
    { base },
  )
  return basename(path)
}

/** Where a run of learning stands; without a state, at its beginning. */
export interface LearnPoint {
  readonly name: string
  readonly state: DiemState
  /** In the last lap on all observations: the name of the point that the laps ended with. */
  readonly base?: string
}

const pointOf = ({ path, arrays, state }: Checkpoint, net: NetworkConfig): LearnPoint => {
  const parsed = stateSchema.safeParse(state)
  if (!parsed.success) throw new TweedieError('input', `${path}: not a resume point of learning`)
  const { samples } = arrays
  if (!(samples?.data instanceof Float32Array))
    throw new TweedieError('input', `${path}: 'samples' should be float32`)
  return {
    name: basename(path),
    state: {
      position: parsed.data.position,
      gaussian: unpackGaussian(parsed.data.gaussian, arrays, path),
      samples: new NdArray('float32', samples.shape, samples.data),
      train: unflatten({ train: initTrainState(network(net).init(0)) }, arrays, path).train,
    },
    base: parsed.data.base,
  }
}

/**
 * Takes a run back to where it goes on. A last lap on all observations is left for the laps before it where
 * these are not at their end: time was up in them, or there are to be more of them.
 */
export const resumeLearning = (run: Run, { net, options }: LearnRequest): LearnPoint | undefined => {
  const newest = resumeCheckpoint(run)
  const point = newest && pointOf(newest, net)
  if (point?.base === undefined) return point
  const before = readCheckpoint(join(run.paths.checkpoints, point.base))
  const laps = pointOf(before, net)
  if (laps.state.position.lap >= options.laps) return point
  run.journal.cut(before.journalLines ?? 0)
  return laps
}

/** The prior of a state after so many laps; after none the Gaussian start. */
export const priorOf = (
  { net, set, options, sigmaMin, sigmaMax }: LearnRequest,
  laps: number,
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
    laps,
    ...(laps === 0 ? { start: true } : {}),
    ...(options.skip ? { skip: options.skip } : {}),
    ...(domain ? { domain } : {}),
  })
}

/** States of DiEM as resume points, and the priors that they make. */
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { DiemOptions, DiemPoint, DiemPosition, DiemState } from '../../em/index.ts'
import { TweedieError } from '../../error.ts'
import { parseJson } from '../../json.ts'
import { network } from '../../nn/index.ts'
import { batchedObservations } from '../../observations/index.ts'
import { NdArray, unflatten } from '../../tensor/index.ts'
import {
  initReplicas,
  initTrainState,
  type ReplicaState,
  replicaPlan,
  type TrainState,
} from '../../training/index.ts'
import {
  type Checkpoint,
  readCheckpoint,
  resumeCheckpoint,
  resumeStates,
  saveCheckpoint,
} from '../checkpoint.ts'
import type { Run } from '../folder.ts'
import { gaussianStateSchema, packGaussian, unpackGaussian } from '../gaussian-state.ts'
import { type LearnedPrior, learnedPrior } from '../prior.ts'
import type { LearnRequest } from './learn-request.ts'
import { removeFolders } from './shard-folder.ts'

const candidate = {
  rank: z.int().positive(),
  field: z
    .object({
      kernel: z.enum(['exponential', 'matern32']),
      range: z.number(),
      share: z.number(),
      scale: z.number(),
      channels: z.number(),
    })
    .optional(),
  score: z.number(),
}
const choiceSchema = z.object({
  ...candidate,
  gain: z.object({ mean: z.number(), error: z.number() }),
  held: z.number(),
  observations: z.number(),
  seen: z.number(),
  compared: z.array(z.object(candidate)),
})

const stateSchema = z.object({
  kind: z.literal('diem'),
  position: z.object({ lap: z.int(), stage: z.enum(['sample', 'train']), done: z.int() }),
  gaussian: gaussianStateSchema,
  choice: choiceSchema.optional().catch(undefined), // figures of very few entries may be no numbers
  base: z.string().optional(),
})

/** Name of the folder that holds the samples of a lap; those of the last lap on everything are apart. */
export const samplesName = (lap: number, base?: string): string =>
  base === undefined ? `lap-${String(lap + 1).padStart(3, '0')}` : 'all'

/** Name of the folder in which a Gaussian start keeps its work, the one of all observations apart. */
export const startName = (base?: string): string => (base === undefined ? 'start' : 'start-all')

const [SAMPLES, AND_STARTS] = [/^(lap-\d+|all)$/, /^(lap-\d+|all|start|start-all)$/]

/** Whether a state is in the middle of a lap: it goes on with the samples of that lap. */
const needsSamples = ({ lap, stage, done }: DiemPosition): boolean =>
  lap >= 0 && (stage === 'train' || done > 0)

/**
 * Removes what no resume point goes on with: samples of laps, and what the Gaussian start of a point kept.
 *
 * @param last - the run is over: only the newest point counts, and that which its phase began with; a
 *   Gaussian start that had no time is kept
 */
export const sweepSamples = (run: Run, { last = false }: { readonly last?: boolean } = {}): void => {
  const points = resumeStates(run).flatMap(({ name, state }) => {
    const { data } = stateSchema.safeParse(state)
    return data ? [{ name, ...data }] : []
  })
  const newest = points.at(-1)
  const counted = last ? points.filter((point) => point === newest || point.name === newest?.base) : points
  const needed = counted
    .filter(({ position }) => needsSamples(position))
    .map(({ position, base }) => samplesName(position.lap, base))
  removeFolders(run.paths.draws, last ? SAMPLES : AND_STARTS, new Set(needed))
}

/**
 * Saves a state as a resume point. Its samples are on disk already; those that no point needs any more go.
 *
 * @param base - in the last lap on all observations, the name of the point that the laps ended with; it stays
 * @returns the name of the point
 */
export const saveState = (run: Run, state: DiemState, base?: string): string => {
  const { position, gaussian, kept, train, replicas, choice } = state
  const packed = packGaussian(gaussian)
  const name = base === undefined ? `lap-${position.lap}` : 'all'
  const path = saveCheckpoint(
    run,
    `${name}-${position.stage}`,
    {
      arrays: {
        gaussian: packed.arrays,
        ...(kept ? { kept } : {}),
        train,
        ...(replicas ? { replicas } : {}),
      },
      state: {
        kind: 'diem',
        position: { ...position },
        gaussian: packed.state,
        ...(choice ? { choice: parseJson(JSON.stringify(choice), 'choice') } : {}),
        ...(base === undefined ? {} : { base }),
      },
    },
    { base },
  )
  sweepSamples(run)
  return basename(path)
}

/** Where a run of learning stands; without a state, at its beginning. */
export interface LearnPoint {
  readonly name: string
  readonly state: DiemPoint
  /** In the last lap on all observations: the name of the point that the laps ended with. */
  readonly base?: string
}

/**
 * Where a point goes on. Points of version 0.2 held the samples themselves: a lap that was being sampled is
 * sampled again, to the same numbers.
 *
 * @throws TweedieError `input` for such a point in the middle of training
 */
const positionOf = (
  position: DiemPosition,
  { samples }: Checkpoint['arrays'],
  path: string,
): DiemPosition => {
  if (!samples || !needsSamples(position)) return position
  if (position.stage === 'sample') return { ...position, done: 0 }
  throw new TweedieError(
    'input',
    `${path}: holds the samples of its lap, as version 0.2 wrote it; finish the run with that version, ` +
      'or start it anew',
  )
}

/** The state of replicas that a point holds, if it holds one. */
const replicasOf = (
  { path, arrays }: Checkpoint,
  fresh: TrainState,
  options: DiemOptions,
): { replicas?: ReplicaState } => {
  const isThere = Object.keys(arrays).some((name) => name.startsWith('replicas.'))
  if (!options.replicas || !isThere) return {}
  return unflatten({ replicas: initReplicas(fresh, replicaPlan(options.replicas)) }, arrays, path)
}

const pointOf = (checkpoint: Checkpoint, { net, options }: LearnRequest): LearnPoint => {
  const { path, arrays, state } = checkpoint
  const parsed = stateSchema.safeParse(state)
  if (!parsed.success) throw new TweedieError('input', `${path}: not a resume point of learning`)
  const { kept } = arrays
  const fresh = initTrainState(network(net).init(0))
  return {
    name: basename(path),
    state: {
      position: positionOf(parsed.data.position, arrays, path),
      gaussian: unpackGaussian(parsed.data.gaussian, arrays, path),
      ...(kept?.data instanceof Int32Array ? { kept: new NdArray('int32', kept.shape, kept.data) } : {}),
      train: unflatten({ train: fresh }, arrays, path).train,
      ...replicasOf(checkpoint, fresh, options),
      ...(parsed.data.choice ? { choice: parsed.data.choice } : {}),
    },
    base: parsed.data.base,
  }
}

/**
 * Takes a run back to where it goes on. A last lap on all observations is left for the laps before it where
 * these are not at their end: time was up in them, or there are to be more of them.
 */
export const resumeLearning = (run: Run, request: LearnRequest): LearnPoint | undefined => {
  const newest = resumeCheckpoint(run)
  const point = newest && pointOf(newest, request)
  if (point?.base === undefined) return point
  const before = readCheckpoint(join(run.paths.checkpoints, point.base))
  const laps = pointOf(before, request)
  if (laps.state.position.lap >= request.options.laps) return point
  run.journal.cut(before.journalLines ?? 0)
  return laps
}

/** The prior of a state after so many laps; after none the Gaussian start. */
export const priorOf = (
  { net, set, options, sigmaMin, sigmaMax }: LearnRequest,
  laps: number,
  { train, gaussian }: Pick<DiemState, 'train' | 'gaussian'>,
): LearnedPrior => {
  const { domain } = batchedObservations(set)
  const { parameterization } = options.training(0)
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
    ...(parameterization ? { parameterization } : {}),
    ...(domain ? { domain } : {}),
  })
}

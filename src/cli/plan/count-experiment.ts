/** Counts of `learn` and `train`. */

import { KEPT_BYTES } from '../../datasets/index.ts'
import { standardGaussian, startEvaluations } from '../../diffusion/index.ts'
import { type DiemOptions, drawsAtStart, exactDrawCost, START_BATCH, START_DRAWS } from '../../em/index.ts'
import { TweedieError } from '../../error.ts'
import { lowRank } from '../../linalg/index.ts'
import { type Network, network, shapesOnly } from '../../nn/index.ts'
import { batchedObservations, type ObservationSet, SHARE_BYTES } from '../../observations/index.ts'
import { drawCost, mmps } from '../../posterior/index.ts'
import { stream } from '../../random/index.ts'
import { CLEAN_RANK } from '../../run/index.ts'
import { bytesOf, frozen, type NdArray, type Shape, sizeOf, type Tree, zeros } from '../../tensor/index.ts'
import { denoisingObjective, type TrainingCost, trainingCost } from '../../training/index.ts'
import {
  checkExperiment,
  diemOptionsOf,
  networkConfigOf,
  parameterizationIn,
  trainingOf,
} from '../config/building.ts'
import type { Experiment } from '../config/schema.ts'
import { isLarge } from '../own/simulated.ts'
import {
  drawingMemory,
  fittingMemory,
  gaussianDrawingMemory,
  partsMemory,
  trainingMemory,
} from './estimate.ts'
import type { Counts, DrawPlan, Stage, StepPlan, Stored } from './plan.ts'
import type { Few } from './subject.ts'

/** Bytes of a float32. */
const FLOAT = 4

/** Columns of a Gaussian where nothing says how many, at most. */
const RANK = 64

/** Rows of a batch that are computed at once. */
const rowsAtOnce = (train: { readonly batch: number; readonly microBatch?: number }): number =>
  Math.min(train.microBatch ?? train.batch, train.batch)

/** Weights of the right shapes, which take neither time nor memory. */
const shapesOf = (net: Network): Tree<NdArray> => shapesOnly(() => net.init(0))

/** What one step of training costs. */
const stepCost = (
  experiment: Experiment,
  net: Network,
  event: Shape,
  rows: number,
): Promise<TrainingCost> => {
  const few = zeros([2, ...event])
  const streamOf = (purpose: string) => stream(0, `plan ${purpose}`)
  const objective = denoisingObjective(net, few, trainingOf(experiment, 1), streamOf)
  return trainingCost(objective, { params: shapesOf(net), statistics: {} }, rows)
}

const TRAINING_FIELDS = ['train.microBatch', 'net.rematerialise', 'train.batch', 'net'] as const

const trainingStage = (cost: TrainingCost, { train }: Experiment): Stage => ({
  name: 'training',
  memory: (rowsAtOnce(train) < train.batch ? partsMemory : trainingMemory)(cost, train.ema),
  fields: TRAINING_FIELDS,
})

/** Two resume points: weights, average and both moments. */
const resumePoints = ({ weights }: TrainingCost): Stored => ({
  name: 'resume points',
  bytes: 2 * 4 * weights,
  fields: ['net'],
})

/** Kept priors: weights, and a Gaussian of so many columns. */
const keptPriors = (count: number, { weights }: TrainingCost, n: number, rank: number): Stored => ({
  name: count === 1 ? 'the prior' : 'the prior of each lap',
  bytes: count * (weights + FLOAT * n * (rank + 2)),
  fields: ['em.laps', 'net'],
})

/** Clean items to learn from. */
interface CleanItems {
  readonly event: Shape
  readonly count: number
  /** Whether all are in memory; default: they are read, and of pictures some are kept. */
  readonly held?: boolean
  readonly assumed?: string
}

/** Counts of a training on clean data. */
export const trainCounts = async (
  experiment: Experiment,
  { event, count, held = false, assumed }: CleanItems,
): Promise<Counts> => {
  checkExperiment(experiment, event)
  const { train } = experiment
  const rows = rowsAtOnce(train)
  const cost = await stepCost(experiment, network(networkConfigOf(experiment, event)), event, rows)
  const n = sizeOf(event)
  const items = held ? count * n * FLOAT : Math.min(count * n * FLOAT, KEPT_BYTES)
  const training = trainingStage(cost, experiment)
  const fit: Stage = {
    name: 'the Gaussian beside the network',
    memory: fittingMemory(count, n, Math.min(CLEAN_RANK, n)) + 4 * cost.weights,
    fields: ['data.count'],
  }
  return {
    command: 'train',
    network: experiment.net.kind,
    event,
    items: count,
    assumed,
    step: { cost, batch: train.batch, rows, laps: [train.steps] },
    stages: [training, fit].map(({ name, memory, fields }) => ({
      name,
      memory: memory + items,
      fields: held ? [...new Set([...fields, 'data.count'])] : fields,
    })),
    stored: [resumePoints(cost), keptPriors(1, cost, n, CLEAN_RANK)],
  }
}

/** Bytes of an observation: y, and the parameters of its operator, hidden ones too. */
const observationBytes = ({ y, operator: { parameters, truth }, std }: ObservationSet): number => {
  const count = y.shape[0]
  const arrays = [y, ...Object.values(parameters), ...Object.values(truth ?? {}), ...(std ? [std] : [])]
  return arrays.reduce((total, array) => total + bytesOf(array), 0) / count
}

const evaluationsOf = (options: DiemOptions, lap: number): number => {
  if (lap === 0) return 0
  const { steps = 32, step, start = 'informed' } = options.sampling(lap)
  return steps * (step?.evaluations ?? 1) + startEvaluations(start) + 1
}

const lapsOf = (count: number): number[] => Array.from({ length: count }, (_, lap) => lap)

/** The draws of a lap under the network. */
const drawPlan = (experiment: Experiment, net: Network, set: ObservationSet, count: number): DrawPlan => {
  const { em } = experiment
  const batched = batchedObservations(set)
  const options = diemOptionsOf(experiment)
  const gaussian = standardGaussian(sizeOf(batched.event))
  const method = options.method?.(gaussian) ?? mmps()
  if (typeof method !== 'function')
    throw new TweedieError('input', 'plan: counts methods that are denoisers only')
  const rows = Math.min(em.batch, count)
  const denoiser = parameterizationIn(experiment).denoiser(net, frozen(shapesOf(net)))
  const cost = drawCost(method, denoiser, batched, rows)
  return {
    cost,
    rows,
    count: count * em.draws,
    laps: lapsOf(em.laps).map((lap) => evaluationsOf(options, lap)),
  }
}

/** Observations in memory for the start, and those of them that it is fitted to. */
const beginning = (
  gaussian: Experiment['gaussian'],
  { count, bytes }: { readonly count: number; readonly bytes: number },
): { readonly share: number; readonly begun: number } => {
  const share = Math.min(count, Math.max(1, Math.floor(SHARE_BYTES / bytes)))
  return { share, begun: Math.min(gaussian.count ?? share, share) }
}

/**
 * Draws under a Gaussian: those of the start, where it is fitted to draws, and those of the first lap, whose
 * prior is that Gaussian. Counted are exact ones; by `diffusion` they take as much at most.
 */
const gaussianDraws = (
  experiment: Experiment,
  set: ObservationSet,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): { readonly stage: Stage; readonly stored: readonly Stored[] } => {
  const { gaussian, em } = experiment
  const { share, begun } = beginning(gaussian, { count, bytes })
  const n = sizeOf(set.operator.event)
  const rank = Math.min(n, gaussian.rank ?? RANK)
  const prior = { ...standardGaussian(n), covariance: lowRank(1, zeros([n, rank])) }
  const byDraws = drawsAtStart(set, diemOptionsOf(experiment).gaussian)
  const [first, start] = [Math.min(em.batch, count), byDraws ? Math.min(START_BATCH, begun) : 0]
  const rows = Math.max(first, start)
  const cost = exactDrawCost(prior, batchedObservations(set), rows)
  const drawn = begun * Math.ceil(START_DRAWS / begun) * n * FLOAT
  return {
    stage: {
      name: 'draws under the Gaussian',
      memory: gaussianDrawingMemory(cost) + (byDraws ? 2 * share * bytes : 0),
      fields: [start < first ? 'em.batch' : 'gaussian.count', 'gaussian.rank'],
    },
    stored: byDraws
      ? [{ name: 'draws of the Gaussian start', bytes: drawn, fields: ['gaussian.count'] }]
      : [],
  }
}

/**
 * Fits of a Gaussian: the start's, of as many observations as `boundedShare` holds of those that lie in
 * files, and those to the draws of a lap.
 */
const gaussianStages = (
  { gaussian, em }: Experiment,
  { count, n, bytes }: { readonly count: number; readonly n: number; readonly bytes: number },
): Stage[] => {
  const { share, begun } = beginning(gaussian, { count, bytes })
  const start: Stage = {
    name: 'the Gaussian start',
    memory: fittingMemory(begun, n, gaussian.rank ?? RANK) + 2 * share * bytes,
    fields: ['gaussian.count'],
  }
  if (em.refitRank === undefined) return [start]
  const refitted = Math.min(em.refitCount ?? Number.POSITIVE_INFINITY, count * em.draws)
  const memory = fittingMemory(refitted, n, em.refitRank)
  return [start, { name: 'the Gaussian of a lap', memory, fields: ['em.refitCount'] }]
}

/** Counts of DiEM. */
export const learnCounts = async (
  experiment: Experiment,
  { few: set, count, assumed }: Few<ObservationSet>,
): Promise<Counts> => {
  const { event } = set.operator
  checkExperiment(experiment, event, set.operator)
  const { train, em, gaussian } = experiment
  const net = network(networkConfigOf(experiment, event, set.mesh))
  const rows = rowsAtOnce(train)
  const cost = await stepCost(experiment, net, event, rows)
  const draw = drawPlan(experiment, net, set, count)
  const n = sizeOf(event)
  const drawn = draw.count * n * FLOAT
  const options = diemOptionsOf(experiment)
  // Sets are read by rows from their file, that of the run where much is observed here; less of it stays in
  // memory, as do the clean data.
  const isSimulated = experiment.data.clean !== undefined
  const isInFile = isSimulated && isLarge({ shape: [count, ...event] })
  const held = isSimulated && !isInFile ? count * (observationBytes(set) + n * FLOAT) : 0
  const states = 4 * cost.weights
  const underGaussian = gaussianDraws(experiment, set, { count, bytes: observationBytes(set) })
  const stages: Stage[] = [
    ...gaussianStages(experiment, { count, n, bytes: observationBytes(set) }),
    underGaussian.stage,
    { name: 'drawing', memory: drawingMemory(draw.cost) + states, fields: ['em.batch', 'net'] },
    trainingStage(cost, experiment),
  ]
  const step: StepPlan = { cost, batch: train.batch, rows, laps: lapsOf(em.laps).map(options.steps) }
  return {
    command: 'learn',
    network: experiment.net.kind,
    event,
    items: count,
    assumed,
    step,
    draw,
    stages: stages.map(({ name, memory, fields }) => ({
      name,
      memory: memory + held,
      fields: held > 0 ? [...fields, 'data.count'] : fields,
    })),
    stored: [
      ...(isInFile
        ? [{ name: 'observations', bytes: count * observationBytes(set), fields: ['data.count'] }]
        : []),
      ...underGaussian.stored,
      // Two resume points may go on with the draws of two laps.
      { name: 'draws of two laps', bytes: 2 * drawn, fields: ['data.count', 'em.draws'] },
      resumePoints(cost),
      keptPriors(em.laps + 2, cost, n, em.refitRank ?? gaussian.rank ?? RANK),
    ],
  }
}

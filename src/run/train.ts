/** Training on clean data in a run folder: the same network and loss as DiEM's M-step, without the E-step. */
import { ppca } from '../em/index.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import { type DataRange, domainOf, filledOutside, toPrior } from '../operators/index.ts'
import { stream } from '../random/index.ts'
import { type NdArray, sizeOf, type Tree } from '../tensor/index.ts'
import {
  type DenoisingTraining,
  denoisingObjective,
  initTrainState,
  mappedRows,
  type SampleRows,
  sampleRows,
  trainer,
} from '../training/index.ts'
import type { Run } from './folder.ts'
import { type LearnedPrior, learnedPrior, savePrior } from './prior.ts'
import type { RunCall } from './run-call.ts'
import { trainFormat, trainInRun } from './training-run.ts'

/** The request of a training on clean data. */
export interface TrainRequest extends RunCall {
  readonly net: NetworkConfig
  /** [N, ...event], in the units of the prior, or where its rows are. */
  readonly x: NdArray<'float32'> | SampleRows
  /** Units of the data. */
  readonly range: DataRange
  /** Which entries of x are there, of its last axes; default all. */
  readonly valid?: NdArray<'float32'>
  readonly options: DenoisingTraining
  readonly steps: number
  readonly sigmaMin: number
  readonly sigmaMax: number
  readonly seed: number
  /**
   * Weights to begin with, such as those of a prior that was learned from observations; default fresh ones.
   */
  readonly weights?: Tree<NdArray>
}

/**
 * Rank of the Gaussian kept beside a prior trained on clean data: only its mean is used, as the start of
 * samplers.
 */
export const CLEAN_RANK = 16

/**
 * Trains a prior in a run folder, from where the folder stands.
 *
 * @returns the prior, kept as `checkpoints/prior.safetensors`
 * @throws TweedieError `interrupted` after saving a resume point, `numeric` after saving the state before,
 * `io`: as `trainInRun`
 */
export const train = async (run: Run, request: TrainRequest): Promise<LearnedPrior> => {
  const { net, x, range, valid, sigmaMin, sigmaMax, seed } = request
  const inDomain = valid ? { domain: domainOf(valid, range, toPrior(range)) } : {}
  const options = { ...request.options, ...inDomain }
  const { parameterization } = options
  const streamOf = (purpose: string) => stream(seed, `train ${purpose}`)
  const {
    state: { average },
  } = await trainInRun(run, {
    ...request,
    fresh: () => initTrainState(request.weights ?? network(net).init(seed)),
    format: trainFormat('train'),
    phase: 'training',
    trainer: () => trainer(denoisingObjective(network(net), x, options, streamOf), options, streamOf('rows')),
  })
  const clean = sampleRows(x)
  const { event } = clean
  const { domain } = inDomain
  const items = domain ? mappedRows(clean, (rows) => filledOutside(rows, domain)) : clean
  const gaussian = await ppca(items, Math.min(CLEAN_RANK, sizeOf(event)))
  const prior = learnedPrior({
    net,
    params: average,
    gaussian,
    sigmaMin,
    sigmaMax,
    event,
    range,
    ...inDomain,
    ...(parameterization ? { parameterization } : {}),
    laps: 0,
  })
  await savePrior(run, 'prior', prior)
  return prior
}

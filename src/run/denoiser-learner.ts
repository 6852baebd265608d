/** Distillation of conditional denoisers, on draws of the prior. */
import {
  basisOf,
  conditionalObjective,
  conditionShape,
  type DenoiserConfig,
  freshDenoiser,
  initFlowState,
  measurementsOf,
} from '../amortize/index.ts'
import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/index.ts'
import { type SampleRows, trainer } from '../training/index.ts'
import { type DistillRequest, type Learner, learnedFrom, streamsOf } from './distill-request.ts'
import type { Run } from './folder.ts'
import { closing, priorSamples } from './prior-samples.ts'

/**
 * The objective of a conditional denoiser, and the state before its first step.
 *
 * @throws TweedieError `input` for an objective other than samples of the prior
 */
export const denoiserObjectiveOf = async (request: DistillRequest, config: DenoiserConfig) => {
  const { prior, objective, seed, condition: layout } = request
  const wanted = objective?.samples
  if (!wanted)
    throw new TweedieError('input', 'denoiser: learns from samples of the prior, set objective.samples')
  const condition = conditionShape(layout, 'vector')
  const measurements = measurementsOf(learnedFrom(request), { layout, condition })
  const params = await freshDenoiser(config, prior.gaussian, basisOf(measurements), prior.event, seed)
  return {
    wanted,
    fresh: () => initFlowState(params),
    objectiveOf: (samples: NdArray<'float32'> | SampleRows) =>
      conditionalObjective(config, params, samples, measurements, streamsOf(request)),
  }
}

/** How a conditional denoiser learns. @throws TweedieError `input` as {@link denoiserObjectiveOf} */
export const denoiserLearner = async (
  run: Run,
  request: DistillRequest,
  config: DenoiserConfig,
): Promise<Learner> => {
  const { wanted, fresh, objectiveOf } = await denoiserObjectiveOf(request, config)
  return {
    fresh,
    trainer: async () => {
      const samples = await priorSamples(run, request, wanted)
      return closing(trainer(objectiveOf(samples), request.options, streamsOf(request)('rows')), samples)
    },
  }
}

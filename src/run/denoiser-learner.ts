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
import { trainer } from '../training/index.ts'
import { type DistillRequest, type Learner, learnedFrom, streamsOf } from './distill-request.ts'
import type { Run } from './folder.ts'
import { trainedOnSamples } from './prior-samples.ts'

/**
 * How a conditional denoiser learns.
 *
 * @throws TweedieError `input` for an objective other than samples of the prior
 */
export const denoiserLearner = async (
  run: Run,
  request: DistillRequest,
  config: DenoiserConfig,
): Promise<Learner> => {
  const { prior, options, objective, seed, condition: layout } = request
  const samples = objective?.samples
  if (!samples)
    throw new TweedieError('input', 'denoiser: learns from samples of the prior, set objective.samples')
  const condition = conditionShape(layout, 'vector')
  const measurements = measurementsOf(learnedFrom(request), { layout, condition })
  const params = await freshDenoiser(config, prior.gaussian, basisOf(measurements), prior.event, seed)
  const streamOf = streamsOf(request)
  return {
    fresh: initFlowState(params),
    trainer: () =>
      trainedOnSamples(run, request, samples, (x) =>
        trainer(conditionalObjective(config, params, x, measurements, streamOf), options, streamOf('rows')),
      ),
  }
}

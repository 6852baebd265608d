/** Distillation of flows: by the reverse divergence on measurements, or by the forward one on simulations. */
import {
  boundNegLogPrior,
  boundOf,
  exactNegLogPrior,
  forwardObjective,
  freshFlow,
  initFlowState,
  type Measurements,
  measurementsOf,
  type NegLogPrior,
  reverseObjective,
} from '../amortize/index.ts'
import { TweedieError } from '../error.ts'
import { type Flow, type FlowConfig, flowOf } from '../flows/index.ts'
import type { Stream } from '../random/index.ts'
import { type Trainer, trainer } from '../training/index.ts'
import { type DistillRequest, type Learner, learnedFrom, streamsOf } from './distill-request.ts'
import type { Run } from './folder.ts'
import { trainedOnSamples } from './prior-samples.ts'

/** Training by the reverse divergence, with the bound on log p(x) or with log p(x) itself. */
const reverseTrainer = (
  { prior, options, objective = {} }: DistillRequest,
  flow: Flow,
  measurements: Measurements,
  streamOf: (purpose: string) => Stream,
): Trainer => {
  const { bound, start, exact, dataWeight } = objective
  const { execute } = options
  const diffusion = boundOf(prior, start)
  const { denoiser } = prior
  const by = <P>(negLogPrior: NegLogPrior<P>): Trainer => {
    const divergence = reverseObjective(flow, negLogPrior, measurements, { dataWeight, execute }, streamOf)
    return trainer(divergence, options, streamOf('rows'))
  }
  return exact
    ? by(exactNegLogPrior(denoiser, { ...diffusion, ...exact, ...execute }))
    : by(boundNegLogPrior(denoiser, streamOf, { ...diffusion, bound }))
}

const trainerOf = async (run: Run, request: DistillRequest, flow: Flow): Promise<Trainer> => {
  const { condition, blind, options, objective } = request
  const measurements = measurementsOf(learnedFrom(request), {
    layout: condition,
    condition: flow.condition,
    blind,
  })
  const streamOf = streamsOf(request)
  if (!objective?.samples) return reverseTrainer(request, flow, measurements, streamOf)
  if (!measurements.simulate)
    throw new TweedieError(
      'input',
      "objective.prior: 'samples' does not go with shot noise, whose level follows y",
    )
  return trainedOnSamples(run, request, objective.samples, (x) =>
    trainer(forwardObjective(flow, x, measurements, streamOf), options, streamOf('rows')),
  )
}

/** How a flow learns. */
export const flowLearner = (run: Run, request: DistillRequest, config: FlowConfig): Learner => {
  const flow = flowOf(config)
  return {
    fresh: initFlowState(freshFlow(config, request.prior.gaussian, request.seed)),
    trainer: () => trainerOf(run, request, flow),
  }
}

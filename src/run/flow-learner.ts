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
  type SamplerConfig,
} from '../amortize/index.ts'
import { TweedieError } from '../error.ts'
import { type Flow, type FlowConfig, flowOf, logOutside, type Outside } from '../flows/index.ts'
import type { Stream } from '../random/index.ts'
import { add, type NdArray } from '../tensor/index.ts'
import { type Objective, type SampleRows, type SampleStore, trainer } from '../training/index.ts'
import {
  type DistillObjective,
  type DistillRequest,
  type Learner,
  learnedFrom,
  streamsOf,
} from './distill-request.ts'
import type { Run } from './folder.ts'
import { closing, priorSamples } from './prior-samples.ts'

/** Samples of the prior in its own units, [count, ...event], in memory or not. */
type Samples = NdArray<'float32'> | SampleRows

/** Makes samples of the prior, or opens them. */
export type DrawSamples = (wanted: NonNullable<DistillObjective['samples']>) => Samples | Promise<Samples>

/** What is done with an objective, whatever its batches are. */
type Use<T> = <B>(objective: Objective<B>) => T

/** The reverse divergence, with the bound on log p(x) or with log p(x) itself. */
const withReverse = <T>(
  { prior, options, flow: config, objective = {} }: DistillRequest,
  flow: Flow,
  measurements: Measurements,
  streamOf: (purpose: string) => Stream,
  use: Use<T>,
): T => {
  const { bound, start, exact, dataWeight } = objective
  const { execute } = options
  const diffusion = boundOf(prior, start)
  const { denoiser, domain } = prior
  const outside = outsideOf(config)
  const by = <P>(negLogPrior: NegLogPrior<P>): T =>
    use(reverseObjective(flow, negLogPrior, measurements, { dataWeight, execute }, streamOf))
  return exact
    ? by(ofInside(exactNegLogPrior(denoiser, { ...diffusion, ...exact, ...execute }), outside))
    : by(
        boundNegLogPrior(denoiser, streamOf, {
          ...diffusion,
          bound,
          ...(outside ? { inside: domain?.inside } : {}),
        }),
      )
}

/** What a flow leaves alone. */
const outsideOf = (config: SamplerConfig): Outside | undefined =>
  config.kind === 'denoiser' ? undefined : config.outside

/** −log p(x) of the entries that are there, of a prior whose others are standard normals. */
const ofInside = <P>(whole: NegLogPrior<P>, outside: Outside | undefined): NegLogPrior<P> =>
  outside ? { ...whole, of: (x, needs) => add(whole.of(x, needs), logOutside(x, outside)) } : whole

/**
 * The objective of a flow.
 *
 * @param draw - makes samples of the prior, for the forward divergence
 * @throws TweedieError `input` for simulations of observations with shot noise
 */
export const withFlowObjective = async <T>(
  request: DistillRequest,
  flow: Flow,
  draw: DrawSamples,
  use: Use<T>,
): Promise<T> => {
  const { condition, blind, objective } = request
  const measurements = measurementsOf(learnedFrom(request), {
    layout: condition,
    condition: flow.condition,
    blind,
  })
  const streamOf = streamsOf(request)
  if (!objective?.samples) return withReverse(request, flow, measurements, streamOf, use)
  if (!measurements.simulate)
    throw new TweedieError(
      'input',
      "objective.prior: 'samples' does not go with shot noise, whose level follows y",
    )
  const samples = await draw(objective.samples)
  return use(forwardObjective(flow, samples, measurements, streamOf, outsideOf(request.flow)))
}

/** The request with probes as the run has begun. */
const withProbes = (request: DistillRequest, fixedProbes: boolean): DistillRequest => {
  const { objective } = request
  if (!objective?.exact) return request
  return { ...request, objective: { ...objective, exact: { ...objective.exact, fixedProbes } } }
}

/** How a flow learns. */
export const flowLearner = (run: Run, request: DistillRequest, config: FlowConfig): Learner => {
  const flow = flowOf(config)
  const { options, prior, seed } = request
  return {
    fresh: () => initFlowState(freshFlow(config, prior.gaussian, seed)),
    trainer: async (fixedProbes) => {
      const begun = withProbes(request, fixedProbes)
      const opened: SampleStore[] = []
      const open: DrawSamples = async (wanted) => {
        const samples = await priorSamples(run, request, wanted)
        opened.push(samples)
        return samples
      }
      const trained = await withFlowObjective(begun, flow, open, (objective) =>
        trainer(objective, options, streamsOf(request)('rows')),
      )
      return opened.reduce(closing, trained)
    },
  }
}

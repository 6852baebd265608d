/** From the configuration of a distillation to the request of the library. */
import {
  annealed,
  type ConditionLayout,
  conditionLayout,
  conditionShape,
  type DenoiserConfig,
  defaultFlow,
  denoiserConfig,
  drawingOf,
  measurementDigest,
  measurementsOf,
  type SamplerConfig,
  unconditional,
  withBase,
} from '../../amortize/index.ts'
import { TweedieError } from '../../error.ts'
import type { FlowConfig } from '../../flows/index.ts'
import { noiseRangeOf, type Observations, withRange } from '../../observations/index.ts'
import { applyAffine, type DataRange, type NoiseRange, toPrior } from '../../operators/index.ts'
import type { DistillRequest, LearnedPrior } from '../../run/index.ts'
import { type ExecuteOptions, ndarray, type Shape, sizeOf } from '../../tensor/index.ts'
import { networkConfigOf, rateOf, spatialNetworkOf } from './building.ts'
import type { Distillation } from './distill-schema.ts'
import { noiseSettingOf } from './loading.ts'

/** Bounds of the draws in the units of the prior. */
const rangeOf = (bounds: Distillation['bounds'], range: DataRange): Pick<FlowConfig, 'range'> => {
  if (!bounds) return {}
  if (!(bounds[0] < bounds[1]))
    throw new TweedieError('input', `field 'bounds': expected low < high, got [${bounds}]`)
  const [lo, hi] = applyAffine(toPrior(range), ndarray(bounds)).data
  return { range: { kind: 'interval', lo, hi } }
}

type SamplerField = NonNullable<Distillation['flow']>
type DenoiserField = Extract<SamplerField, { kind: 'denoiser' }>
type FlowField = Exclude<SamplerField, DenoiserField>

/** The flow of a prior and observations of that layout. */
const flowConfigOf = (
  flow: FlowField,
  bounds: Distillation['bounds'],
  layout: ConditionLayout,
  { event, range }: LearnedPrior,
): FlowConfig => {
  const kept = rangeOf(bounds, range)
  if (flow.kind === 'image') return { ...flow, event, condition: conditionShape(layout, 'channels'), ...kept }
  if (flow.kind === 'network') {
    const { kind, features, steps, encoder, coupling } = flow
    const [channels, ...space] = event
    const network = (net: typeof encoder, io: number) => spatialNetworkOf({ net }, [io, ...space])
    return {
      kind,
      steps,
      event,
      condition: conditionShape(layout, 'channels'),
      encoder: network(encoder, features),
      coupling: network(coupling, channels + features),
      ...kept,
    }
  }
  const [condition] = conditionShape(layout, 'vector')
  return { ...flow, size: sizeOf(event), condition, ...kept }
}

/** Rows of a step when nobody says how many: couplings of networks cost more and need fewer. */
const batchOf = ({ kind }: SamplerConfig): number => (kind === 'network' ? 16 : 64)

/** Fields that are of flows alone, where a configuration sets them. */
const refuseFlowFields = ({ bounds, blind, condition, measurement, objective }: Distillation): void => {
  const refuse = (field: string, why: string): never => {
    throw new TweedieError('input', `field '${field}': a denoiser ${why}`)
  }
  if (objective.prior !== 'samples')
    refuse('objective.prior', "learns from samples of the prior: say 'samples'")
  if (bounds) refuse('bounds', 'has no bounds; use a flow')
  if (blind) refuse('blind', 'has to know the operator; use a flow')
  if (condition !== 'parameters') refuse('condition', "has to know the operator: say 'parameters'")
  if (measurement !== undefined) refuse('measurement', 'is for many measurements; use a flow')
}

/** The denoiser for a set. */
const denoiserConfigOf = (
  { net, steps, step }: DenoiserField,
  layout: ConditionLayout,
  set: Observations,
  prior: LearnedPrior,
): DenoiserConfig => {
  const measurements = measurementsOf(set, { layout, condition: conditionShape(layout, 'vector') })
  const netFor = (shape: Shape) => networkConfigOf({ net }, shape)
  return denoiserConfig(set, layout, measurements, prior, netFor, { steps, step })
}

export const objectiveOf = ({ objective }: Distillation): NonNullable<DistillRequest['objective']> => {
  const { prior, bound, start, anneal, probes = 16, tolerance = 1e-3 } = objective
  const { samples = 4096, samplerSteps = 64 } = objective
  if (prior === 'samples') return { samples: { count: samples, steps: samplerSteps } }
  const trace = probes === 0 ? ({ kind: 'exact' } as const) : ({ kind: 'hutchinson', probes } as const)
  const integrate = { rtol: tolerance, atol: tolerance / 100 }
  return {
    bound,
    start,
    ...(anneal ? { dataWeight: annealed(anneal) } : {}),
    ...(prior === 'exact' ? { exact: { trace, integrate, fixedProbes: objective.fixedProbes } } : {}),
  }
}

/** The flow with the base that was asked for; without a wish, with one where there is one. */
const chosenBase = (wish: 'gaussian' | 'white' | undefined, white: FlowConfig, based: FlowConfig) => {
  if (wish === 'gaussian' && based === white)
    throw new TweedieError(
      'input',
      "field 'flow.base': a flow with bounds begins with white noise; say 'white', or leave 'bounds' out",
    )
  return wish === 'white' ? white : based
}

/** What is to draw. */
const samplerConfigOf = (
  distillation: Distillation,
  layout: ConditionLayout,
  set: Observations,
  prior: LearnedPrior,
): SamplerConfig => {
  const { flow, bounds } = distillation
  const based = (config: FlowConfig): FlowConfig => withBase(config, prior.gaussian, set, layout)
  if (!flow) return based({ ...defaultFlow(prior, layout), ...rangeOf(bounds, prior.range) })
  if (flow.kind !== 'denoiser') {
    const plain = flowConfigOf(flow, bounds, layout, prior)
    return flow.kind === 'network' ? chosenBase(flow.base, plain, based(plain)) : plain
  }
  refuseFlowFields(distillation)
  return denoiserConfigOf(flow, layout, set, prior)
}

/** The noise that the condition tells: where it differs between observations, its range. */
const noiseToldOf = ({ data, condition }: Distillation, set: Observations): NoiseRange | undefined => {
  if (condition !== 'parameters') return undefined
  const wanted = data.observe && noiseSettingOf(data.observe.noise)
  return typeof wanted === 'object' ? wanted : noiseRangeOf(set)
}

/** The prior that a distillation is of, by its path and digest. */
export interface NamedPrior {
  readonly prior: LearnedPrior
  readonly digest: string
}

/**
 * What is asked for, but for how steps are taken.
 *
 * @throws TweedieError `input` for signals that the prior does not know, and for fields that do not fit
 */
export const distillRequestOf = (
  distillation: Distillation,
  { prior, digest }: NamedPrior,
  observations: Observations,
): Omit<DistillRequest, 'options'> => {
  const { condition, blind, measurement, train, seed } = distillation
  const set = withRange(observations, prior.range)
  const { event } = set.operator
  if (String(event) !== String(prior.event)) {
    throw new TweedieError(
      'input',
      `data: signals have shape [${event}], the prior '${distillation.prior}' knows [${prior.event}]`,
    )
  }
  if (measurement !== undefined) measurementDigest(set, measurement) // an error comes before a run is made
  const layout = conditionLayout(set, condition === 'parameters' && !blind, noiseToldOf(distillation, set))
  const wanted = measurement === undefined ? layout : unconditional(layout)
  const flow = samplerConfigOf(distillation, wanted, set, prior)
  drawingOf(flow) // as do sizes that do not fit
  return {
    prior,
    priorDigest: digest,
    priorPath: distillation.prior,
    set,
    flow,
    condition: wanted,
    blind,
    measurement,
    objective: objectiveOf(distillation),
    steps: train.steps,
    exportDraws: distillation.export.draws,
    seed,
  }
}

/** How steps are taken. */
export const distillStepsOf = (
  { train }: Distillation,
  flow: SamplerConfig,
  execute?: ExecuteOptions,
): DistillRequest['options'] => ({
  batch: train.batch ?? batchOf(flow),
  microBatch: train.microBatch,
  stepsPerRun: train.stepsPerRun,
  replacement: train.replacement,
  rate: rateOf(train.rate, train.steps),
  adam: { clip: train.clip },
  execute,
})

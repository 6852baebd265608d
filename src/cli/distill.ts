/** `tweedie distill`: a one-step sampler from a prior and measurements, in a run folder. */
import {
  annealed,
  type ConditionLayout,
  conditionLayout,
  conditionShape,
  measurementDigest,
  unconditional,
} from '../amortize/index.ts'
import { TweedieError } from '../error.ts'
import { type FlowConfig, flowOf } from '../flows/index.ts'
import { applyAffine, type DataRange, toPrior } from '../operators/index.ts'
import {
  type DistillRequest,
  distill,
  type LearnedPrior,
  loadPrior,
  openRun,
  priorDigest,
  type SavedSampler,
} from '../run/index.ts'
import { ndarray, type Shape, sizeOf } from '../tensor/index.ts'
import type { OptionsOf } from './commands.ts'
import { loadConfig, splitConfigArguments } from './config.ts'
import { type Distillation, distillSchema } from './distill-schema.ts'
import { loadObservations, rateOf, spatialNetworkOf } from './experiment.ts'
import type { Io } from './io.ts'
import { configurationAt } from './learn.ts'
import { recordOf } from './record.ts'
import { requireDevice } from './require-device.ts'
import { formatFields } from './table.ts'

type Options = OptionsOf<'distill'>

/** The distillation that arguments describe: file, overrides, and `--seed` over both. */
const distillationOf = (args: readonly string[], seed: number | undefined): Distillation => {
  const { path, overrides } = splitConfigArguments(args)
  return loadConfig(
    distillSchema,
    configurationAt(path),
    seed === undefined ? overrides : [...overrides, `seed=${seed}`],
  )
}

/** Bounds of the draws in the units of the prior. */
const rangeOf = (bounds: Distillation['bounds'], range: DataRange): Pick<FlowConfig, 'range'> => {
  if (!bounds) return {}
  if (!(bounds[0] < bounds[1]))
    throw new TweedieError('input', `field 'bounds': expected low < high, got [${bounds}]`)
  const [lo, hi] = applyAffine(toPrior(range), ndarray(bounds)).data
  return { range: { kind: 'interval', lo, hi } }
}

/** The flow for signals of a shape, layout so much. */
const flowConfigOf = (
  { flow, bounds }: Distillation,
  layout: ConditionLayout,
  event: Shape,
  range: DataRange,
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

const objectiveOf = ({
  objective: { prior, bound, start, probes, tolerance, samples, samplerSteps, anneal },
}: Distillation): NonNullable<DistillRequest['objective']> => {
  const trace = probes === 0 ? ({ kind: 'exact' } as const) : ({ kind: 'hutchinson', probes } as const)
  const integrate = { rtol: tolerance, atol: tolerance / 100 }
  if (prior === 'samples') return { samples: { count: samples, steps: samplerSteps } }
  return {
    bound,
    start,
    ...(anneal ? { dataWeight: annealed(anneal) } : {}),
    ...(prior === 'exact' ? { exact: { trace, integrate } } : {}),
  }
}

const requestOf = async (
  distillation: Distillation,
  prior: LearnedPrior,
): Promise<Omit<DistillRequest, 'options'>> => {
  const { data, tell, blind, measurement, train, seed } = distillation
  const observations = await loadObservations({ data, range: undefined })
  const set = { ...observations, range: prior.range }
  const { event } = set.operator
  if (String(event) !== String(prior.event)) {
    throw new TweedieError(
      'input',
      `data: signals have shape [${event}], the prior '${distillation.prior}' knows [${prior.event}]`,
    )
  }
  if (measurement !== undefined) measurementDigest(set, measurement) // layout before a run is made of it
  const layout = conditionLayout(set, tell === 'parameters' && !blind)
  const condition = measurement === undefined ? layout : unconditional(layout)
  const flow = flowConfigOf(distillation, condition, event, prior.range)
  flowOf(flow) // sizes that do not fit are layout before a run is made of them
  return {
    prior,
    priorDigest: priorDigest(distillation.prior),
    priorPath: distillation.prior,
    set,
    flow,
    condition,
    blind,
    measurement,
    objective: objectiveOf(distillation),
    steps: train.steps,
    exportDraws: distillation.export.draws,
    seed,
  }
}

const summary = (
  path: string,
  { origin }: SavedSampler,
  seconds: number,
): [string, Record<string, string | number>] => {
  const sampler = `${path}/checkpoints/sampler.safetensors`
  const onnx = `${path}/sampler.onnx`
  return [
    formatFields([
      ['distilled', sampler],
      ['as ONNX', `${onnx}, described in sampler.json`],
      ['from', `${origin.measurements} measurements, ${origin.steps} steps of ${origin.batch}`],
      ['time', `${seconds.toFixed(0)} s`],
    ]),
    { path, sampler, onnx, measurements: origin.measurements, steps: origin.steps, seconds },
  ]
}

export const run = async (args: readonly string[], options: Options, io: Io): Promise<void> => {
  const distillation = distillationOf(args, options.seed)
  const { train } = distillation
  const request = await requestOf(distillation, loadPrior(distillation.prior))
  const { device } = options
  await requireDevice(device)
  const folder = openRun(options.run, { config: recordOf(distillation), resume: options.resume })
  try {
    const sampler = await distill(folder, {
      ...request,
      options: {
        batch: train.batch,
        replacement: train.replacement,
        rate: rateOf(train.rate, train.steps),
        adam: { clip: train.clip },
        execute: { device },
      },
      checkpointSeconds: options.checkpointEvery,
      onProgress: io.progress,
      signal: io.signal,
    })
    io.result(...summary(options.run, sampler, folder.journal.seconds))
  } finally {
    folder.close()
  }
}

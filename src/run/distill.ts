/** Distillation of a prior into a one-step sampler, in a run folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  boundNegLogPrior,
  boundOf,
  type ConditionLayout,
  type DataWeight,
  exactNegLogPrior,
  exportSampler,
  flowParamsOf,
  forwardObjective,
  initFlowState,
  type Measurements,
  measurementDigest,
  measurementsOf,
  type NegLogPrior,
  reverseObjective,
  samplerOperator,
} from '../amortize/index.ts'
import type { LikelihoodOptions } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { type Flow, type FlowConfig, type FlowParams, flowOf } from '../flows/index.ts'
import { readArrays, writeArrays, writeAtomic } from '../formats/index.ts'
import { type Json, parseJson } from '../json.ts'
import { type ObservationSet, observationRows } from '../observations/index.ts'
import { priorLatents } from '../posterior/index.ts'
import type { LongCall } from '../progress.ts'
import { type Stream, stream } from '../random/index.ts'
import { NdArray, unflatten } from '../tensor/index.ts'
import { type Trainer, type TrainOptions, type TrainState, trainer } from '../training/index.ts'
import type { Run } from './folder.ts'
import type { LearnedPrior } from './prior.ts'
import { flowHeader, type SavedSampler, saveSampler } from './sampler.ts'
import { type PointFormat, trainInRun } from './training-run.ts'

/** How log p(x) is taken, on the diffusion of `boundOf`. */
export interface DistillObjective {
  /** Which bound of the prior; see `ApsOptions`. */
  readonly bound?: 'score' | 'full'
  /** Its smallest time, default 1e-3. */
  readonly start?: number
  /** Not the bound but the probability-flow ODE: slow, see `exactNegLogPrior`. */
  readonly exact?: Pick<LikelihoodOptions, 'trace' | 'integrate'>
  /**
   * No log p(x) at all: so many draws of the prior in so many sampler steps, and the flow learns from
   * simulations, see `forwardObjective`.
   */
  readonly samples?: { readonly count: number; readonly steps: number }
  /** Weight of the data term by step, default 1 throughout; without meaning for simulations. */
  readonly dataWeight?: DataWeight
}

/** The request of a distillation: prior, observations, flow, options. */
export interface DistillRequest extends LongCall {
  readonly prior: LearnedPrior
  /** Identifies the prior, such as the SHA-256 of its file: a run goes on with the same one only. */
  readonly priorDigest: string
  /** Where the prior lies; the sampler remembers it. */
  readonly priorPath?: string
  /** Measurements in the units of the data; their `range` is the prior's. */
  readonly set: ObservationSet
  readonly flow: FlowConfig
  readonly condition: ConditionLayout
  /**
   * Sets observed blindly: train on the true parameters of each observation, which the condition of the flow
   * lacks.
   */
  readonly blind?: boolean
  /** Row of the set, for a flow of that measurement alone; `condition` is then {@link unconditional}. */
  readonly measurement?: number
  /** How steps are taken; flows keep no moving average. */
  readonly options: Omit<TrainOptions, 'ema'>
  readonly objective?: DistillObjective
  readonly steps: number
  /** Draws of one run of `sampler.onnx`, default 16. */
  readonly exportDraws?: number
  readonly seed: number
  /** Seconds between resume points, default 60; it never changes the result. */
  readonly checkpointSeconds?: number
}

const stateSchema = z.object({ kind: z.literal('distill'), prior: z.string(), step: z.int().nonnegative() })

/**
 * The part of a state that a resume point holds: arrays are named `distil.weights…`, `distil.statistics…`,
 * `distil.moments…`.
 */
const packed = ({ params, statistics, moments }: TrainState) => ({ weights: params, statistics, moments })

/** Resume points of distillation; a run goes on with the same prior only. */
const distillFormat = (prior: string): PointFormat => ({
  pack: ({ step, state }) => ({
    arrays: { distil: packed(state) },
    state: { kind: 'distill', prior, step },
  }),
  unpack: ({ path, arrays, state }, fresh) => {
    const parsed = stateSchema.safeParse(state)
    if (!parsed.success) throw new TweedieError('input', `${path}: not a resume point of distillation`)
    if (parsed.data.prior !== prior) {
      throw new TweedieError('input', `${path}: this run distills another prior than the one given now`)
    }
    const { weights, statistics, moments } = unflatten({ distil: packed(fresh) }, arrays, path).distil
    return { step: parsed.data.step, state: { params: weights, average: weights, statistics, moments } }
  },
})

/** The measurements to learn from: the set, or one of it. */
const learnedFrom = ({ set, measurement }: DistillRequest): ObservationSet =>
  measurement === undefined ? set : observationRows(set, measurement, measurement + 1)

/** Draws of the prior to simulate from, made once for a run. */
const samplesOf = async (
  run: Run,
  { prior, options, seed, onProgress, signal }: DistillRequest,
  { count, steps }: NonNullable<DistillObjective['samples']>,
): Promise<NdArray<'float32'>> => {
  const path = join(run.paths.draws, 'prior.npz')
  if (existsSync(path)) {
    const { x } = readArrays(path)
    if (x?.data instanceof Float32Array) return new NdArray('float32', x.shape, x.data)
    throw new TweedieError('input', `${path}: expected a float32 array 'x'`)
  }
  const x = await priorLatents(prior, count, {
    ...options.execute,
    steps,
    batch: Math.min(count, 64),
    seed,
    onProgress: (done, total) => onProgress?.({ phase: 'prior samples', done, total }),
    signal,
  })
  writeArrays(path, { x })
  return x
}

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
  const { condition, blind, options, objective, seed } = request
  const measurements = measurementsOf(learnedFrom(request), {
    layout: condition,
    condition: flow.condition,
    blind,
  })
  const streamOf = (purpose: string) => stream(seed, `distill ${purpose}`)
  if (!objective?.samples) return reverseTrainer(request, flow, measurements, streamOf)
  if (!measurements.simulate)
    throw new TweedieError(
      'input',
      "objective.prior: 'samples' does not go with shot noise, whose level follows y",
    )
  const x = await samplesOf(run, request, objective.samples)
  return trainer(forwardObjective(flow, x, measurements, streamOf), options, streamOf('rows'))
}

/** The flow after the steps from where the folder stands to the last one. */
const trained = async (run: Run, request: DistillRequest): Promise<FlowParams<NdArray>> => {
  const flow = flowOf(request.flow)
  const state = await trainInRun(run, {
    ...request,
    fresh: initFlowState(flow.init(request.seed)),
    format: distillFormat(request.priorDigest),
    phase: 'distilling',
    trainer: () => trainerOf(run, request, flow),
    figures: ({ terms, gradient }) => ({ ...terms, gradient }),
  })
  return flowParamsOf(state)
}

/**
 * Writes a sampler as a `.onnx` file for K draws of one observation, with its manifest beside it (`.json`).
 *
 * @returns both paths
 */
export const writeSamplerOnnx = async (
  sampler: SavedSampler,
  draws: number,
  path: string,
): Promise<{ onnx: string; manifest: string }> => {
  const { model, manifest } = await exportSampler(sampler, draws)
  const beside = path.replace(/\.onnx$/, '.json')
  const described: Json = parseJson(
    JSON.stringify({ ...manifest, flow: flowHeader(sampler.flow), origin: sampler.origin }),
    beside,
  )
  writeAtomic(path, model)
  writeAtomic(beside, new TextEncoder().encode(`${JSON.stringify(described, null, 2)}\n`))
  return { onnx: path, manifest: beside }
}

/**
 * Distills a prior into a one-step sampler in a run folder, from where the folder stands.
 *
 * @returns the sampler, kept as `checkpoints/sampler.safetensors`, and as `sampler.onnx` with `sampler.json`
 * @throws TweedieError `interrupted` after saving a resume point; `numeric` when the loss is no longer
 * finite, after saving the state before it; `input` when the folder goes on with another prior; `io`
 */
export const distill = async (run: Run, request: DistillRequest): Promise<SavedSampler> => {
  const { prior, priorDigest, priorPath, set, flow, condition, blind, measurement } = request
  const { options, steps, exportDraws = 16 } = request
  const params = await trained(run, request)
  const sampler: SavedSampler = {
    flow,
    params,
    event: prior.event,
    range: set.range,
    operator: samplerOperator(set.operator, blind),
    condition,
    ...(measurement === undefined ? {} : { measurement: measurementDigest(set, measurement) }),
    origin: {
      noise: set.noise,
      measurements: measurement === undefined ? set.y.shape[0] : 1,
      steps,
      batch: options.batch,
      prior: priorDigest,
      ...(priorPath === undefined ? {} : { priorPath }),
    },
  }
  saveSampler(run, sampler)
  await writeSamplerOnnx(sampler, exportDraws, join(run.paths.path, 'sampler.onnx'))
  return sampler
}

/** Distillation in a run folder: checkpoints by the clock, a journal, the last good state when numbers fail. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  boundOf,
  type ConditionLayout,
  type Distiller,
  type DistillOptions,
  type DistillState,
  distiller,
  exportSampler,
  initDistillState,
  measurementDigest,
  measurementsOf,
  type StepResult,
  samplerOperator,
  simulationDistiller,
} from '../amortize/index.ts'
import { ddim, type LikelihoodOptions } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { type Flow, type FlowConfig, flowOf } from '../flows/index.ts'
import { readArrays, writeArrays, writeAtomic } from '../formats/index.ts'
import { type Json, parseJson } from '../json.ts'
import { type ObservationSet, observationRows } from '../observations/index.ts'
import { priorDraws } from '../posterior/index.ts'
import { checkAborted, type LongCall } from '../progress.ts'
import { stream } from '../random/index.ts'
import { NdArray, unflatten } from '../tensor/index.ts'
import { type Checkpoint, resumeCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { Run } from './folder.ts'
import { LOSS_EVERY } from './learn.ts'
import { type LearnedPrior, priorOf, scheduleOf } from './prior.ts'
import { flowHeader, type SavedSampler, saveSampler } from './sampler.ts'

/** How log p(x) is taken, on the diffusion of `boundOf`. */
export interface DistillObjective {
  /** Which bound of the prior; see `apsTerms`. */
  readonly bound?: 'score' | 'full'
  /** Its smallest time, default 1e-3. */
  readonly start?: number
  /** Not the bound but the probability-flow ODE: slow, see `exactNegLogPrior`. */
  readonly exact?: Pick<LikelihoodOptions, 'trace' | 'integrate'>
  /** No log p(x) at all: so many draws of the prior in so many sampler steps, and the flow learns from simulations, see `simulationDistiller`. */
  readonly samples?: { readonly count: number; readonly steps: number }
}

/** What is distilled from what. */
export interface DistillRequest extends LongCall {
  readonly prior: LearnedPrior
  /** What tells the prior from others, such as the SHA-256 of its file: a run goes on with the same one only. */
  readonly priorDigest: string
  /** Where the prior lies; the sampler remembers it. */
  readonly priorPath?: string
  /** Measurements in the units of the data; their `range` is the prior's. */
  readonly set: ObservationSet
  readonly flow: FlowConfig
  readonly telling: ConditionLayout
  /** Sets observed blindly: train on the true parameters of each observation, which the flow is not told. */
  readonly blind?: boolean
  /** Row of the set, for a flow of that measurement alone; `telling` is then {@link unconditional}. */
  readonly measurement?: number
  readonly options: Omit<DistillOptions, 'objective' | 'exact'>
  readonly objective?: DistillObjective
  readonly steps: number
  /** Draws of one run of `sampler.onnx`, default 16. */
  readonly exportDraws?: number
  readonly seed: number
  /** Seconds between resume points, default 60; it never changes the result. */
  readonly checkpointSeconds?: number
}

const stateSchema = z.object({ kind: z.literal('distill'), prior: z.string(), step: z.int().nonnegative() })

/** Where a run stands. */
interface Position {
  readonly step: number
  readonly state: DistillState
}

const restored = (point: Checkpoint, like: DistillState, prior: string): Position => {
  const parsed = stateSchema.safeParse(point.state)
  if (!parsed.success) throw new TweedieError('input', `${point.path}: not a resume point of distillation`)
  if (parsed.data.prior !== prior) {
    throw new TweedieError('input', `${point.path}: this run distils another prior than the one given now`)
  }
  const state = unflatten({ distil: like }, point.arrays, point.path).distil
  return { step: parsed.data.step, state }
}

/** What there is to learn from: the set, or one measurement of it. */
const learnedFrom = ({ set, measurement }: DistillRequest): ObservationSet =>
  measurement === undefined ? set : observationRows(set, measurement, measurement + 1)

/** The prior's part of the objective. */
const priced = ({ prior, objective = {} }: DistillRequest): Pick<DistillOptions, 'objective' | 'exact'> => {
  const diffusion = boundOf(prior, objective.start)
  return {
    objective: { ...diffusion, bound: objective.bound },
    ...(objective.exact ? { exact: { ...diffusion, ...objective.exact } } : {}),
  }
}

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
  const x = await priorDraws(priorOf(prior), prior.event, count, {
    sampling: { ...options.execute, schedule: scheduleOf(prior), steps, step: ddim() },
    batch: Math.min(count, 64),
    seed,
    onProgress: (done, total) => onProgress?.({ phase: 'prior samples', done, total }),
    signal,
  })
  writeArrays(path, { x })
  return x
}

const distillerOf = async (run: Run, request: DistillRequest, flow: Flow): Promise<Distiller> => {
  const { prior, telling, blind, options, objective, seed } = request
  const measurements = measurementsOf(learnedFrom(request), { telling, condition: flow.condition, blind })
  const streamOf = (purpose: string) => stream(seed, `distill ${purpose}`)
  if (objective?.samples) {
    if (!measurements.simulate)
      throw new TweedieError(
        'input',
        "objective.prior: 'samples' does not go with shot noise, whose level follows y",
      )
    const x = await samplesOf(run, request, objective.samples)
    return simulationDistiller(flow, x, measurements, options, streamOf)
  }
  return distiller(flow, priorOf(prior).denoiser, measurements, { ...options, ...priced(request) }, streamOf)
}

const journalled = (run: Run, done: number, { terms, gradient }: StepResult): void =>
  run.journal.append({ event: 'loss', lap: 0, step: done, ...terms, gradient })

/** The steps from where the folder stands to the last one. */
const trained = async (run: Run, request: DistillRequest): Promise<DistillState> => {
  const { priorDigest, steps, seed, checkpointSeconds = 60, signal } = request
  const flow = flowOf(request.flow)
  const point = resumeCheckpoint(run)
  const fresh = initDistillState(flow.init(seed))
  let { step: done, state } = point ? restored(point, fresh, priorDigest) : { step: 0, state: fresh }
  const { step, release } = await distillerOf(run, request, flow)
  let saved = Date.now()
  const save = (): string => {
    saved = Date.now()
    const at = { kind: 'distill', prior: priorDigest, step: done }
    return saveCheckpoint(run, `step-${done}`, { arrays: { distil: state }, state: at })
  }
  try {
    while (done < steps) {
      if (signal?.aborted) save()
      checkAborted(signal)
      const next = await step(state, done).catch((cause: unknown) => {
        if (!(cause instanceof TweedieError && cause.code === 'numeric')) throw cause
        throw new TweedieError('numeric', `${cause.message}: ${save()}`, { cause })
      })
      state = next.state
      done++
      request.onProgress?.({ phase: 'distilling', done, total: steps, loss: next.terms.loss })
      if (done % LOSS_EVERY === 0 || done === steps) journalled(run, done, next)
      if (Date.now() - saved > 1000 * checkpointSeconds) save()
    }
  } finally {
    await release()
  }
  save()
  return state
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
 * Distils a prior into a one-step sampler in a run folder, from where the folder stands.
 *
 * @returns the sampler, kept as `checkpoints/sampler.safetensors`, and as `sampler.onnx` with `sampler.json`
 * @throws TweedieError `interrupted` after saving a resume point; `numeric` when the loss is no longer finite, after saving the
 * state before it; `input` when the folder goes on with another prior; `io`
 */
export const distill = async (run: Run, request: DistillRequest): Promise<SavedSampler> => {
  const { prior, priorDigest, priorPath, set, flow, telling, blind, measurement } = request
  const { options, steps, exportDraws = 16 } = request
  const { weights, statistics } = await trained(run, request)
  const sampler: SavedSampler = {
    flow,
    params: { weights, statistics },
    event: prior.event,
    range: set.range,
    operator: samplerOperator(set.operator, blind),
    telling,
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

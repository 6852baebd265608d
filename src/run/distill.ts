/** Distillation of a prior into a sampler of one or few steps, in a run folder. */
import { join } from 'node:path'
import { z } from 'zod'
import { exportSampler, flowParamsOf, measurementDigest, samplerOperator } from '../amortize/index.ts'
import { TweedieError } from '../error.ts'
import type { FlowParams } from '../flows/index.ts'
import { writeAtomic } from '../formats/index.ts'
import { type Json, parseJson } from '../json.ts'
import { type NdArray, unflatten } from '../tensor/index.ts'
import type { TrainState } from '../training/index.ts'
import { denoiserLearner } from './denoiser-learner.ts'
import type { DistillRequest, Learner } from './distill-request.ts'
import { flowLearner } from './flow-learner.ts'
import type { Run } from './folder.ts'
import { keptApart, outsideOf } from './kept-apart.ts'
import { learnable } from './learnable.ts'
import { flowHeader, type SavedSampler, saveSampler } from './sampler.ts'
import { type PointFormat, trainInRun } from './training-run.ts'
import { trustOf } from './trust/trust.ts'

const stateSchema = z.object({
  kind: z.literal('distill'),
  prior: z.string(),
  step: z.int().nonnegative(),
  probes: z.literal('anew').optional(),
  outside: z.literal('apart').optional(),
})

/**
 * Whether the probes of the exact log p(x) are the same in every step. Runs of earlier versions, whose points
 * say nothing of it, began so and go on so: bit for bit.
 */
interface Probes {
  fixed: boolean
}

/**
 * The part of a state that a resume point holds: arrays are named `distil.weights…`, `distil.statistics…`,
 * `distil.moments…`.
 */
const packed = ({ params, statistics, moments }: TrainState) => ({ weights: params, statistics, moments })

/**
 * Resume points of distillation; a run goes on with the same prior only, with its probes as it has begun.
 */
const distillFormat = (prior: string, probes: Probes, apart: boolean): PointFormat => ({
  pack: ({ step, state }) => ({
    arrays: { distil: packed(state) },
    state: {
      kind: 'distill',
      prior,
      step,
      ...(probes.fixed ? {} : { probes: 'anew' }),
      ...(apart ? { outside: 'apart' } : {}),
    },
  }),
  unpack: ({ path, arrays, state }, fresh) => {
    const parsed = stateSchema.safeParse(state)
    if (!parsed.success) throw new TweedieError('input', `${path}: not a resume point of distillation`)
    if (parsed.data.prior !== prior) {
      throw new TweedieError('input', `${path}: this run distills another prior than the one given now`)
    }
    if (apart && parsed.data.outside === undefined)
      throw new TweedieError(
        'input',
        `${path}: this run of an earlier version learns to draw what is outside its domain too; begin anew`,
      )
    probes.fixed = parsed.data.probes === undefined
    const { weights, statistics, moments } = unflatten({ distil: packed(fresh) }, arrays, path).distil
    return { step: parsed.data.step, state: { params: weights, average: weights, statistics, moments } }
  },
})

/** How a sampler learns, by its kind. A new kind is a file and a line here. */
const learnerOf = async (run: Run, request: DistillRequest): Promise<Learner> => {
  const { flow } = request
  return flow.kind === 'denoiser' ? denoiserLearner(run, request, flow) : flowLearner(run, request, flow)
}

/** The parameters after the steps from where the folder stands to the last one. */
const trained = async (
  run: Run,
  asked: DistillRequest,
): Promise<{ params: FlowParams<NdArray>; steps: number }> => {
  const request = { ...asked, prior: learnable(asked.prior) }
  const { fresh, trainer } = await learnerOf(run, request)
  const { exact } = request.objective ?? {}
  const probes: Probes = { fixed: exact === undefined || exact.fixedProbes === true }
  const { state, step } = await trainInRun(run, {
    ...request,
    fresh,
    format: distillFormat(request.priorDigest, probes, 'outside' in request.flow),
    phase: 'distilling',
    trainer: () => trainer(probes.fixed),
    figures: ({ terms, gradient }) => ({ ...terms, gradient }),
  })
  return { params: flowParamsOf(state), steps: step }
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
    JSON.stringify({
      ...manifest,
      bytes: model.length,
      flow: flowHeader(sampler.flow),
      origin: sampler.origin,
      trust: sampler.trust, // left out where it is undefined
    }),
    beside,
  )
  writeAtomic(path, model)
  writeAtomic(beside, new TextEncoder().encode(`${JSON.stringify(described, null, 2)}\n`))
  return { onnx: path, manifest: beside }
}

/** The sampler with how far to trust it, where there is something to judge it by. */
const judged = async (
  sampler: SavedSampler,
  { prior, validation, options: { execute }, onProgress, signal, seed }: DistillRequest,
): Promise<SavedSampler> => {
  if (!validation) return sampler
  const { set, truth, draws, beside: observations } = validation
  const beside = observations === undefined ? undefined : { prior, observations }
  return {
    ...sampler,
    trust: await trustOf(sampler, set, truth, { draws, seed, execute, beside, onProgress, signal }),
  }
}

/**
 * Distills a prior into a sampler of one or few steps in a run folder, from where the folder stands.
 *
 * @returns the sampler, kept as `checkpoints/sampler.safetensors`, and as `sampler.onnx` with `sampler.json`
 * @throws TweedieError `interrupted` after saving a resume point; `numeric` when the loss is no longer
 * finite, after saving the state before it; `input` when the folder goes on with another prior; `io`
 */
export const distill = async (run: Run, asked: DistillRequest): Promise<SavedSampler> => {
  const outside = outsideOf(asked.prior)
  const request = { ...asked, flow: keptApart(asked.flow, outside) }
  const { prior, priorDigest, priorPath, set, flow, condition, blind, measurement } = request
  const { options, exportDraws = 16 } = request
  const { params, steps } = await trained(run, request)
  const learned: SavedSampler = {
    flow,
    params,
    event: prior.event,
    range: set.range,
    operator: samplerOperator(set.operator, blind),
    condition,
    ...(outside && flow.kind !== 'denoiser' ? { outside } : {}),
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
  const keep = async (sampler: SavedSampler): Promise<void> => {
    await saveSampler(run, sampler)
    await writeSamplerOnnx(sampler, exportDraws, join(run.paths.path, 'sampler.onnx'))
  }
  await keep(learned) // judging may take long, and be stopped
  const sampler = await judged(learned, request)
  if (sampler.trust) await keep(sampler)
  return sampler
}

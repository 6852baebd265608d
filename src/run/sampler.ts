/**
 * A distilled sampler as a file: the flow or the denoiser with its weights, the units of the data, and what
 * it was made for and from.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type AmortizedSampler, drawingOf, type SamplerConfig } from '../amortize/index.ts'
import { TweedieError } from '../error.ts'
import { fileDigest } from '../formats/index.ts'
import { type Json, parseJson } from '../json.ts'
import { families } from '../operators/index.ts'
import { type NdArray, sizeOf } from '../tensor/index.ts'
import { keepCheckpoint, parsedState, readCheckpoint } from './checkpoint.ts'
import { isRunOf, type Run } from './folder.ts'
import { layoutOf } from './layout.ts'
import { headerOf, networkHeader, spatialNetworkHeader } from './network-header.ts'
import { crossingOf, samplerParity } from './parity.ts'
import { priorFile } from './prior.ts'
import { type Trust, trustSchema } from './trust/trust-schema.ts'
import { numbersIn, weightsOf } from './weights.ts'

/** The origin of a sampler: its noise, measurements, training and prior. */
export interface SamplerOrigin {
  /** Standard deviation of the noise, in the units of the data. */
  readonly noise: number
  /** Measurements in the training set. */
  readonly measurements: number
  readonly steps: number
  readonly batch: number
  /** SHA-256 of the prior's file. */
  readonly prior: string
  /** Where it lay, as the configuration says; refining looks there. */
  readonly priorPath?: string
}

/** A sampler with its history. */
export interface SavedSampler extends AmortizedSampler {
  readonly origin: SamplerOrigin
  /** How far to trust it, where that was measured. */
  readonly trust?: Trust
}

/** Name of the checkpoint that holds the sampler of a run. */
export const SAMPLER = 'sampler'

const count = z.int().positive()
const shape = z.array(count)
const range = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('positive') }),
  z.object({ kind: z.literal('interval'), lo: z.number(), hi: z.number() }),
])
const transform = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('affine') }),
  z.object({ kind: z.literal('spline'), bins: count.optional(), bound: z.number().positive().optional() }),
])
const positive = z.number().positive()
const noiseRange = z.object({ from: positive, to: positive }).refine(({ from, to }) => from < to, 'must rise')
const noise = z.union([positive, noiseRange])
const outside = z.array(z.int().nonnegative()).min(1)
const gaussianBase = z.object({
  variance: z.number().positive(),
  rank: count,
  observed: z.object({ noise, masked: z.boolean() }).optional(),
})
const flow = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('realNvp'),
    size: count,
    condition: count,
    steps: count.optional(),
    hidden: count.optional(),
    rematerialise: z.boolean().optional(),
    transform: transform.optional(),
    range: range.optional(),
    outside: outside.optional(),
  }),
  z.object({
    kind: z.literal('image'),
    event: shape,
    condition: shape,
    cells: shape.optional(),
    steps: count.optional(),
    hidden: count.optional(),
    rematerialise: z.boolean().optional(),
    range: range.optional(),
    outside: outside.optional(),
  }),
  z.object({
    kind: z.literal('network'),
    event: shape,
    condition: shape,
    encoder: spatialNetworkHeader,
    coupling: spatialNetworkHeader,
    steps: count.optional(),
    base: gaussianBase.optional(),
    range: range.optional(),
    outside: outside.optional(),
  }),
  z.object({
    kind: z.literal('gaussian'),
    size: count,
    condition: count,
    range: range.optional(),
    outside: outside.optional(),
  }),
  z.object({
    kind: z.literal('denoiser'),
    event: shape,
    net: networkHeader,
    noise,
    gaussian: z.object({ variance: z.number().positive(), rank: z.int().nonnegative() }),
    sigmaMin: z.number().positive(),
    sigmaMax: z.number().positive(),
    steps: count.optional(),
    step: z.string().optional(),
  }),
])
const settings = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
const operator = z.object({
  name: z.string(),
  settings,
  get of() {
    return z.array(operator).optional()
  },
})
const header = z.object({
  kind: z.literal('sampler'),
  flow,
  event: shape,
  range: z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, 'must rise'),
  operator: operator.extend({ blind: z.boolean().optional() }),
  condition: z.object({
    y: shape,
    beside: z.record(z.string(), shape),
    crossing: z.enum(['operator', 'entries']),
    noise: noiseRange.optional(),
    nothing: z.boolean().optional(),
  }),
  outside: outside.optional(),
  measurement: z.string().optional(),
  origin: z.object({
    noise: z.number(),
    measurements: count,
    steps: count,
    batch: count,
    prior: z.string(),
    priorPath: z.string().optional(),
  }),
  trust: trustSchema.optional(),
})

const header01 = z.looseObject({
  operator: z.object({
    kind: z.enum(['mask', 'projection', 'identity', 'family']),
    blind: z.boolean().optional(),
    name: z.string().optional(),
    settings: settings.optional(),
  }),
  telling: z.object({ y: shape, beside: z.record(z.string(), shape), nothing: z.boolean().optional() }),
})

/**
 * The header of version 0.1 in the words of this one. There, flows saw s y + o of every operator but of masks
 * and projections that they were given.
 */
const current = (state: Json): unknown => {
  const old = header01.safeParse(state)
  if (!old.success) return state
  const { telling, operator: own, ...rest } = old.data
  const { kind, blind, name = kind, settings: values = {} } = own
  const given = (kind === 'mask' || kind === 'projection') && Object.keys(telling.beside).length > 0
  const deletes = families.some((family) => family.name === name && family.deletes)
  return {
    ...rest,
    operator: { ...(deletes ? { name: 'mask', settings: {} } : { name, settings: values }), blind },
    condition: { ...telling, crossing: given ? 'operator' : 'entries' },
  }
}

/** The networks of a flow as headers of priors say them. */
const networksOf = (flow: SamplerConfig): Readonly<Record<string, Json>> => {
  if (flow.kind === 'network') return { encoder: headerOf(flow.encoder), coupling: headerOf(flow.coupling) }
  return flow.kind === 'denoiser' ? { net: headerOf(flow.net) } : {}
}

/** What draws as files say it: plain JSON without what is undefined, its networks as in headers of priors. */
export const flowHeader = (flow: SamplerConfig): Json =>
  parseJson(JSON.stringify({ ...flow, ...networksOf(flow) }), 'flow')

/** The header of a sampler, beside its arrays, as plain JSON without what is undefined. */
export const samplerHeader = ({ params: _, flow, ...rest }: SavedSampler): Json =>
  parseJson(JSON.stringify({ kind: 'sampler', flow: flowHeader(flow), ...rest }), 'sampler')

/**
 * A prior's file as a name of its content: the SHA-256.
 *
 * @param path - run folder or checkpoint
 * @throws TweedieError `input` when there is no prior
 */
export const priorDigest = (path: string): string => fileDigest(priorFile(path))

/** Keeps a sampler as `checkpoints/sampler.safetensors`. @returns its path */
export const saveSampler = async (run: Run, sampler: SavedSampler): Promise<string> => {
  const parity = await samplerParity(sampler)
  const arrays = { params: sampler.params, ...(await crossingOf(sampler)), parity }
  return keepCheckpoint(run, SAMPLER, { arrays, state: samplerHeader(sampler) })
}

/**
 * The file of a sampler: of a run folder the one it made, a file is itself.
 *
 * @throws TweedieError `input` when there is none
 */
export const samplerFile = (path: string): string => {
  if (!isRunOf(path)) return path
  const file = join(layoutOf(path).checkpoints, `${SAMPLER}.safetensors`)
  if (!existsSync(file))
    throw new TweedieError('input', `${path}: holds no sampler yet; let 'tweedie distill' finish`)
  return file
}

/** Evaluations of a denoiser that one program holds. */
const MOST_EVALUATIONS = 10_000

/** Entries of x, times couplings, of a flow over points: which points a coupling leaves alone is kept. */
const MOST_POINTS = 2 ** 26

/**
 * Steps and entries make loops that begin before any weight is looked at.
 *
 * @throws TweedieError `input` for more than the arrays of the file can be for
 */
const checkLoops = (flow: SamplerConfig, arrays: readonly NdArray[], file: string): void => {
  const { steps = 1 } = flow.kind === 'gaussian' ? {} : flow
  const most = flow.kind === 'denoiser' ? MOST_EVALUATIONS : arrays.length
  if (steps > most)
    throw new TweedieError('input', `${file}: flow.steps is ${steps}, which the file's arrays are not for`)
  const [entries, held] = 'size' in flow ? [flow.size, numbersIn(arrays)] : [sizeOf(flow.event), MOST_POINTS]
  if (entries * steps > held)
    throw new TweedieError('input', `${file}: the flow's ${entries} entries are more than the file is for`)
}

/**
 * Loads a sampler from a run folder or from a checkpoint file.
 *
 * @throws TweedieError `input` when there is none, or the file is damaged or holds something else
 *
 * @example
 * ```ts
 * const { mean } = await restore(loadSampler('runs/fast'), set, { draws: 64, seed: 0 })
 * ```
 */
export const loadSampler = (path: string): SavedSampler => {
  const file = samplerFile(path)
  const { arrays, state } = readCheckpoint(file)
  const { kind: _, ...rest } = parsedState(header, current(state), `${file}: holds no sampler`)
  checkLoops(rest.flow, Object.values(arrays), file)
  const entries = sizeOf(rest.event)
  if (rest.outside && !rest.outside.every((i, k, all) => i < entries && (k === 0 || i > all[k - 1])))
    throw new TweedieError('input', `${file}: 'outside' names no entries of x in rising order`)
  const params = weightsOf(() => drawingOf(rest.flow).init(0), arrays, file)
  return { ...rest, params }
}

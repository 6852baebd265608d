/** A learned prior as a file: weights, network, schedule, the Gaussian fit and the units of the data. */
import { join } from 'node:path'
import { z } from 'zod'
import {
  type Denoiser,
  exponentialSchedule,
  type Gaussian,
  gaussianDenoiser,
  type ImportedSpec,
  importedDenoiser,
  importedSchedule,
  inDomain,
  type ParameterizationSpec,
  type Prior,
  parameterizationOf,
  predictions,
  type Schedule,
} from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { asFloat32 } from '../formats/index.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import { checkValid } from '../observations/index.ts'
import { type DataRange, type Domain, domainOf, toPrior } from '../operators/index.ts'
import { bernoulli, stream } from '../random/index.ts'
import { constant, frozen, type NdArray, type Shape, sizeOf, type Tree } from '../tensor/index.ts'
import { fixedMask, maskedDenoiser } from '../training/index.ts'
import {
  type CheckpointContent,
  keepCheckpoint,
  keptCheckpoints,
  parsedState,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts'
import { isRunOf, type Run } from './folder.ts'
import { gaussianStateSchema, packGaussian, unpackGaussian } from './gaussian-state.ts'
import { layoutOf } from './layout.ts'
import { headerOf, networkHeader } from './network-header.ts'
import { priorParity } from './parity.ts'
import { weightsOf } from './weights.ts'

/**
 * The mask of an AmbientDiffusion prior: one mask, the same in all steps and draws. Its network has twice the
 * channels of x and is shown x through the mask, and the mask.
 */
export interface AmbientMask {
  /** Share of the observed entries that training deleted further. */
  readonly delta: number
  /** Share of the entries that the network saw in training, and that this mask shows. */
  readonly keep: number
  /** Of the mask. */
  readonly seed: number
  /** Of the mask: that of x, or with one channel. */
  readonly shape: Shape
}

/** A learned prior, as a checkpoint keeps it. */
export interface PriorParts {
  readonly net: NetworkConfig
  readonly params: Tree<NdArray>
  readonly gaussian: Gaussian
  /** Noise levels that it was trained on, in the units of the prior. */
  readonly sigmaMin: number
  readonly sigmaMax: number
  /** Shape of one x. */
  readonly event: Shape
  /** Units of the data: this range is [−2, 2] for the prior. */
  readonly range: DataRange
  /** Finished laps of learning; 0 for training on clean data. */
  readonly laps: number
  /** The Gaussian is the prior: its network has learned nothing yet. */
  readonly start?: boolean
  /** Whose denoiser the network corrects: that of N(0, I), the default, or of the Gaussian. */
  readonly skip?: 'white' | 'gaussian'
  /** Which entries of x are there, in the units of the prior; absent: all. */
  readonly domain?: Domain
  /** Priors of AmbientDiffusion. */
  readonly ambient?: AmbientMask
  /** How the network stands for a denoiser, of one that was trained here; absent: EDM's preconditioning. */
  readonly parameterization?: ParameterizationSpec
  /** How the network is read, of one that was trained elsewhere. */
  readonly imported?: ImportedSpec
}

/** A learned prior, ready to sample from, with what it is made of. */
export interface LearnedPrior extends PriorParts, Prior {}

const denoiserOf = (parts: PriorParts): Denoiser => {
  const { net, params, gaussian, start, skip, ambient, imported } = parts
  if (start) return gaussianDenoiser(gaussian)
  if (imported) {
    const weights = frozen(params)
    const { apply } = network(net)
    return importedDenoiser((u, label) => apply(weights, u, label), imported)
  }
  if (!ambient) {
    const { denoiser } = parameterizationOf(parts.parameterization)
    return denoiser(network(net), frozen(params), skip === 'gaussian' ? { skip: gaussian } : {})
  }
  const { seed, keep, shape } = ambient
  const mask = bernoulli(stream(seed, 'ambient mask'), keep, [1, ...shape])
  return fixedMask(maskedDenoiser(network(net), frozen(params)), constant(mask))
}

/** The denoiser that keeps to the domain of the data. */
const keptDenoiser = (parts: PriorParts): Denoiser =>
  parts.domain ? inDomain(denoiserOf(parts), parts.domain) : denoiserOf(parts)

/** The noise levels of a prior, with all those at which its network is published. */
const scheduleOf = ({ sigmaMin, sigmaMax, parameterization, imported }: PriorParts): Schedule => {
  if (!imported) return parameterizationOf(parameterization).schedule({ sigmaMin, sigmaMax })
  const { grid } = importedSchedule(imported.schedule).make(imported.settings)
  const levels = grid && { levels: grid.map((level) => level / imported.scale) }
  return { ...exponentialSchedule({ sigmaMin, sigmaMax }), ...levels }
}

/** The prior that parts make: the network's denoiser with its weights frozen, or the Gaussian's. */
export const learnedPrior = (parts: PriorParts): LearnedPrior => ({
  ...parts,
  denoiser: keptDenoiser(parts),
  mean: parts.gaussian.mean,
  schedule: scheduleOf(parts),
})

const settings = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
const checkParameterization = (spec: ParameterizationSpec, context: z.RefinementCtx): void => {
  try {
    parameterizationOf(spec)
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
  }
}

const sizes = z.array(z.int().positive())
const header = z.object({
  kind: z.literal('prior'),
  net: networkHeader,
  gaussian: gaussianStateSchema,
  sigmaMin: z.number().positive(),
  sigmaMax: z.number().positive(),
  event: sizes,
  range: z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, 'must rise'),
  laps: z.int().nonnegative(),
  start: z.boolean().optional(),
  skip: z.enum(['white', 'gaussian']).optional(),
  ambient: z
    .object({ delta: z.number(), keep: z.number().min(0).max(1), seed: z.int().nonnegative(), shape: sizes })
    .optional(),
  parameterization: z.object({ name: z.string(), settings }).superRefine(checkParameterization).optional(),
  imported: z
    .object({
      predicts: z.enum(predictions),
      schedule: z.string(),
      settings,
      scale: z.number().positive(),
      shift: z.number(),
    })
    .optional(),
})

/** A parameterization as a header says it. */
const specOf = ({ name, settings }: ParameterizationSpec) => ({ name, settings: { ...settings } })

/** A prior as a checkpoint holds it. Others read an imported network in its `.onnx`: no rows for them. */
const contentOf = async (prior: PriorParts): Promise<CheckpointContent> => {
  const { params, gaussian, net, sigmaMin, sigmaMax, event, range, laps, start, skip, domain } = prior
  const { ambient, parameterization, imported } = prior
  const packed = packGaussian(gaussian)
  const parity = imported ? {} : await priorParity(learnedPrior(prior))
  return {
    arrays: { params, gaussian: packed.arrays, ...(domain ? { domain: domain.inside } : {}), parity },
    state: {
      kind: 'prior',
      ...(parameterization ? { parameterization: specOf(parameterization) } : {}),
      ...(imported ? { imported: { ...imported } } : {}),
      net: headerOf(net),
      sigmaMin,
      sigmaMax,
      event,
      range,
      laps,
      ...(start ? { start } : {}),
      ...(skip ? { skip } : {}),
      ...(ambient ? { ambient: { ...ambient } } : {}),
      gaussian: packed.state,
    },
  }
}

/** Keeps a prior under `checkpoints/<name>.safetensors`. @returns its path */
export const savePrior = async (run: Run, name: string, prior: PriorParts): Promise<string> =>
  keepCheckpoint(run, name, await contentOf(prior))

/** Writes a prior into a file of its own. @throws TweedieError `io` */
export const writePrior = async (path: string, prior: PriorParts): Promise<void> =>
  writeCheckpoint(path, await contentOf(prior))

/**
 * The checkpoint file of a prior: of a run folder the final one, else that of the last lap; a file is itself.
 *
 * @throws TweedieError `input` when there is none
 */
export const priorFile = (path: string): string => {
  if (!isRunOf(path)) return path
  const kept = keptCheckpoints({ paths: layoutOf(path) })
  const names = kept.map((file) => file.split(/[\\/]/).at(-1) ?? file)
  const best = names.includes('prior.safetensors')
    ? 'prior.safetensors'
    : names
        .filter((n) => n.startsWith('lap-'))
        .sort()
        .at(-1)
  if (best === undefined)
    throw new TweedieError('input', `${path}: holds no prior yet; let 'tweedie learn' finish a lap first`)
  return join(layoutOf(path).checkpoints, best)
}

/**
 * Loads a prior from a run folder (the final one, else that of the last lap) or from a checkpoint file.
 *
 * @throws TweedieError `input` when there is none, or the file is damaged or holds something else
 *
 * @example
 * ```ts
 * const learned = loadPrior('runs/demo')
 * const { event, range } = learned
 * ```
 */
export const loadPrior = (path: string): LearnedPrior => {
  const file = priorFile(path)
  const { arrays, state } = readCheckpoint(file)
  const { gaussian, ...rest } = parsedState(header, state, `${file}: holds no prior`)
  const params = weightsOf(() => network(rest.net).init(0), arrays, file)
  const fit = unpackGaussian(gaussian, arrays, file)
  if (fit.mean.size !== sizeOf(rest.event))
    throw new TweedieError(
      'input',
      `${file}: the mean has ${fit.mean.size} entries, the event [${rest.event}]`,
    )
  checkAmbient(rest, file)
  return learnedPrior({ ...rest, params, gaussian: fit, ...domainIn(arrays, rest, file) })
}

/** The domain that a checkpoint keeps. @throws TweedieError `input` when it is none of x */
const domainIn = (
  arrays: Readonly<Record<string, NdArray>>,
  { event, range }: Pick<LearnedPrior, 'event' | 'range'>,
  file: string,
): { readonly domain?: Domain } => {
  if (!arrays.domain) return {}
  const inside = asFloat32(arrays.domain, 'domain', false, file)
  checkValid(inside, event, file)
  return { domain: domainOf(inside, range, toPrior(range)) }
}

/** @throws TweedieError `input` when the mask does not fit x */
const checkAmbient = ({ ambient, event }: Pick<LearnedPrior, 'ambient' | 'event'>, file: string): void => {
  const [, ...space] = event
  if (ambient && ![event, [1, ...space]].some((shape) => String(shape) === String(ambient.shape)))
    throw new TweedieError('input', `${file}: the mask has shape [${ambient.shape}], the event [${event}]`)
}

/** A learned prior as a file: weights, network, schedule, the Gaussian fit and the units of the data. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  exponentialSchedule,
  type Gaussian,
  gaussianDenoiser,
  preconditioned,
  type Schedule,
} from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import type { DataRange } from '../operators/index.ts'
import type { Prior } from '../posterior/index.ts'
import { frozen, type NdArray, type Shape, sizeOf, type Tree, unflatten } from '../tensor/index.ts'
import { keepCheckpoint, keptCheckpoints, readCheckpoint } from './checkpoint.ts'
import { isRunFolder, type Run } from './folder.ts'
import { packGaussian, unpackGaussian } from './gaussian-state.ts'
import { layoutOf } from './layout.ts'
import { headerOf, networkHeader } from './network-header.ts'

/** Everything that sampling needs. */
export interface LearnedPrior {
  readonly net: NetworkConfig
  readonly params: Tree<NdArray>
  readonly gaussian: Gaussian
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
}

const sizes = z.array(z.int().positive())
const header = z.object({
  kind: z.literal('prior'),
  net: networkHeader,
  gaussian: z.object({ kind: z.enum(['isotropic', 'ppca']), variance: z.number() }),
  sigmaMin: z.number(),
  sigmaMax: z.number(),
  event: sizes,
  range: z.tuple([z.number(), z.number()]),
  laps: z.int().nonnegative(),
  start: z.boolean().optional(),
})

/** Keeps a prior under `checkpoints/<name>.safetensors`. @returns its path */
export const savePrior = (run: Run, name: string, prior: LearnedPrior): string => {
  const { params, gaussian, net, ...rest } = prior
  const packed = packGaussian(gaussian)
  return keepCheckpoint(run, name, {
    arrays: { params, gaussian: packed.arrays },
    state: { kind: 'prior', net: headerOf(net), ...rest, gaussian: packed.state },
  })
}

/**
 * The checkpoint file of a prior: of a run folder the final one, else that of the last lap; a file is itself.
 *
 * @throws TweedieError `input` when there is none
 */
export const priorFile = (path: string): string => {
  if (!existsSync(path)) throw new TweedieError('input', `${path}: no such file or folder`)
  if (!statSync(path).isDirectory()) return path
  if (!isRunFolder(path)) throw new TweedieError('input', `${path}: not a run folder`)
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
 */
export const loadPrior = (path: string): LearnedPrior => {
  const file = priorFile(path)
  const { arrays, state } = readCheckpoint(file)
  const parsed = header.safeParse(state)
  if (!parsed.success)
    throw new TweedieError(
      'input',
      `${file}: holds no prior (${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message})`,
    )
  const { gaussian, ...rest } = parsed.data
  const params = unflatten({ params: network(rest.net).init(0) }, arrays, file).params
  const fit = unpackGaussian(gaussian, arrays, file)
  if (fit.mean.size !== sizeOf(rest.event))
    throw new TweedieError(
      'input',
      `${file}: the mean has ${fit.mean.size} entries, the event [${rest.event}]`,
    )
  return { ...rest, params, gaussian: fit }
}

/** The noise schedule that a prior was trained with. */
export const scheduleOf = ({ sigmaMin, sigmaMax }: Pick<LearnedPrior, 'sigmaMin' | 'sigmaMax'>): Schedule =>
  exponentialSchedule({ sigmaMin, sigmaMax })

/** The prior as samplers take it, with its weights frozen. */
export const priorOf = ({ net, params, gaussian, start }: LearnedPrior): Prior => ({
  denoiser: start ? gaussianDenoiser(gaussian) : preconditioned(network(net), frozen(params)),
  mean: gaussian.mean,
})

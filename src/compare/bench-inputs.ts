/** The inputs of a comparison and of tuning: a prior, clean data that it knows, tasks. */
import { readFileSync } from 'node:fs'
import { readClean, shippedPath } from '../datasets/index.ts'
import { type FeatureNetwork, type Moments, shippedFeatures } from '../diagnose/index.ts'
import type { Prior } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { View } from '../observations/index.ts'
import { loadPrior, priorFile } from '../run/index.ts'
import { type NdArray, rows, type Shape } from '../tensor/index.ts'
import { type BenchSetup, digest, type Task } from './cell.ts'
import { fittedImages } from './fitted-images.ts'
import { otherImages } from './other-images.ts'
import { taskFrom } from './task-settings.ts'
import { amortizedTasks, bunnyTasks, mriTasks, photographTasks, sphereTasks } from './tasks.ts'
import type { Appearance } from './view.ts'

/** Priors that ship, by name. */
const SHIPPED: Readonly<Record<string, string>> = {
  photos: shippedPath('photos-prior.safetensors'),
}

/** The inputs of a comparison. */
export interface BenchInputs extends Appearance {
  readonly prior: Prior
  /** [N, ...event] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  readonly tasks: Readonly<Record<string, Task>>
  /** Of images. */
  readonly features?: FeatureNetwork
  /** Features of other images than the truths, where there are enough of both. */
  readonly others?: Moments
  readonly setup: BenchSetup
  /** How the data were fitted to the prior. */
  readonly fitting?: string
}

/** The tasks on data of a view. */
const tasksOf = (event: Shape, view: View): Readonly<Record<string, Task>> => {
  switch (view.kind) {
    case 'image':
      return { ...photographTasks(event[1]), ...amortizedTasks, ...mriTasks }
    case 'mesh':
      return bunnyTasks
    case 'globe':
      return sphereTasks
    case 'signal':
      return {}
  }
}

/** The first items of a split, as the prior takes them. */
const truthOf = async (
  { data, images }: { readonly data: string; readonly images: number },
  split: 'test' | 'val',
  event: Shape,
) => {
  const { x, range, view, valid } = await readClean(data, { split, most: images })
  if (x.shape[0] < images)
    throw new TweedieError('input', `${data}: has ${x.shape[0]} items, ${images} were asked for`)
  const { images: truth, fitting } = fittedImages(rows(x, 0, images), event)
  if (String(truth.shape.slice(1)) !== String(event))
    throw new TweedieError(
      'input',
      `${data}: has items of shape [${x.shape.slice(1)}], the prior knows [${event}]`,
    )
  return { truth, fitting, range, view, valid }
}

/**
 * Loads a prior and clean data that it knows.
 *
 * @throws TweedieError `input` when they do not fit, are not in [0, 1], or are too few
 */
export const loadBenchInputs = async (
  options: { readonly prior: string; readonly data: string; readonly images: number },
  split: 'test' | 'val',
): Promise<BenchInputs> => {
  const file = priorFile(SHIPPED[options.prior] ?? options.prior)
  const prior = loadPrior(file)
  const { truth, fitting, range, view, valid } = await truthOf(options, split, prior.event)
  if (range[0] !== 0 || range[1] !== 1 || prior.range[0] !== 0 || prior.range[1] !== 1)
    throw new TweedieError('input', `${options.data}: figures need data and prior in [0, 1]`)
  const features = view.kind === 'image' ? await shippedFeatures(prior.event[0]) : undefined
  const others = features && (await otherImages(features, options.data, truth, prior.event))
  return {
    prior,
    truth,
    view,
    ...(valid ? { valid } : {}),
    tasks: tasksOf(prior.event, view),
    features,
    ...(others ? { others: others.moments } : {}),
    fitting,
    setup: {
      features: [features?.digest ?? 'none', ...(others ? [others.digest] : [])].join('/'),
      prior: digest(readFileSync(file)),
      truth: digest(new Uint8Array(truth.data.buffer, truth.data.byteOffset, truth.data.byteLength)),
    },
  }
}

/**
 * Tasks that a comparison takes when none are named: those of the benchmark of samplers, or of points all.
 */
const DEFAULT_TASKS: readonly string[] = [
  ...['box', 'random', 'motion', 'superresolution', 'deletion'],
  ...['bunny', 'sphere', 'sphere-blind'],
]

/**
 * Tasks by name, with settings of one's own where some follow; without names those of photographs, or of
 * points.
 *
 * @throws TweedieError `input` for unknown ones, see {@link taskFrom}
 */
export const tasksNamed = ({ tasks }: Pick<BenchInputs, 'tasks'>, names: string | undefined): Task[] => {
  const wanted = names?.split(',') ?? Object.keys(tasks).filter((name) => DEFAULT_TASKS.includes(name))
  return wanted.map((text) => taskFrom(text, tasks))
}

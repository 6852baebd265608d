/** What `bench` and `tune` work with: a prior, test data, tasks. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  type Appearance,
  amortizedTasks,
  type BenchSetup,
  bunnyTasks,
  digest,
  mriTasks,
  photographTasks,
  sphereTasks,
  type Task,
} from '../compare/index.ts'
import { readClean } from '../datasets/index.ts'
import { type FeatureNetwork, featureNetwork } from '../diagnose/index.ts'
import type { Prior } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import type { View } from '../observations/index.ts'
import { loadPrior, priorFile } from '../run/index.ts'
import { type NdArray, rows, type Shape } from '../tensor/index.ts'
import { fittedImages } from './fitted-images.ts'

/** Priors that ship, by name; this file lies two folders below the root both in src/ and in dist/. */
const SHIPPED: Readonly<Record<string, string>> = {
  photos: fileURLToPath(new URL('../../data/photos-prior.safetensors', import.meta.url)),
}

/** The place of a comparison. */
export interface Place extends Appearance {
  readonly prior: Prior
  /** [N, ...event] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  readonly tasks: Readonly<Record<string, Task>>
  /** Of images. */
  readonly features?: FeatureNetwork
  readonly setup: BenchSetup
  /** What was done to the data so that the prior knows them. */
  readonly fitting?: string
}

/** The tasks that data of a view can be seen by. */
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
export const placeOf = async (
  options: { readonly prior: string; readonly data: string; readonly images: number },
  split: 'test' | 'val',
): Promise<Place> => {
  const file = priorFile(SHIPPED[options.prior] ?? options.prior)
  const prior = loadPrior(file)
  const { truth, fitting, range, view, valid } = await truthOf(options, split, prior.event)
  if (range[0] !== 0 || range[1] !== 1 || prior.range[0] !== 0 || prior.range[1] !== 1)
    throw new TweedieError('input', `${options.data}: figures need data and prior in [0, 1]`)
  const features = view.kind === 'image' ? await featureNetwork() : undefined
  return {
    prior,
    truth,
    view,
    ...(valid ? { valid } : {}),
    tasks: tasksOf(prior.event, view),
    features,
    fitting,
    setup: {
      features: features?.digest ?? 'none',
      prior: digest(readFileSync(file)),
      truth: digest(new Uint8Array(truth.data.buffer, truth.data.byteOffset, truth.data.byteLength)),
    },
  }
}

/** Tasks that a comparison takes when none are named: those of the benchmark of samplers, or of points all. */
const DEFAULT_TASKS: readonly string[] = [
  ...['box', 'random', 'motion', 'superresolution', 'deletion'],
  ...['bunny', 'sphere', 'sphere-blind'],
]

/** Tasks by name; without names those of photographs, or of points. @throws TweedieError `input` for unknown ones */
export const tasksNamed = (place: Pick<Place, 'tasks'>, names: string | undefined): Task[] => {
  const known = Object.keys(place.tasks)
  const wanted = names?.split(',') ?? known.filter((name) => DEFAULT_TASKS.includes(name))
  return wanted.map((name) => {
    const key = name.trim()
    if (Object.hasOwn(place.tasks, key)) return place.tasks[key]
    throw new TweedieError(
      'input',
      `unknown task '${name}'; did you mean '${nearestName(name, known)}'? (known: ${known.join(', ')})`,
    )
  })
}

/** What `bench` and `tune` work with: a prior, test images, tasks. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Arena, digest, mriTasks, photographTasks, type Task } from '../compare/index.ts'
import { nearestName } from '../data/index.ts'
import { type FeatureNetwork, featureNetwork } from '../diagnose/index.ts'
import type { Schedule } from '../diffusion/index.ts'
import type { Prior } from '../em/index.ts'
import { TweedieError } from '../error.ts'
import { loadPrior, priorFile, priorOf, scheduleOf } from '../run/index.ts'
import type { NdArray } from '../tensor/index.ts'
import { loadClean } from './experiment.ts'

/** Priors that ship, by name; this file lies two folders below the root both in src/ and in dist/. */
const SHIPPED: Readonly<Record<string, string>> = {
  photos: fileURLToPath(new URL('../../data/photos-prior.safetensors', import.meta.url)),
}

/** The place of a comparison. */
export interface Place {
  readonly prior: Prior
  readonly schedule: Schedule
  /** [N, C, H, W] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  readonly tasks: Readonly<Record<string, Task>>
  readonly features: FeatureNetwork
  readonly arena: Arena
}

/**
 * Loads a prior and clean images that it knows.
 *
 * @throws TweedieError `input` when they do not fit, are not in [0, 1], or are too few
 */
export const placeOf = async (
  options: { readonly prior: string; readonly data: string; readonly images: number },
  split: 'test' | 'val',
): Promise<Place> => {
  const file = priorFile(SHIPPED[options.prior] ?? options.prior)
  const prior = loadPrior(file)
  const { x: truth, range } = await loadClean(options.data, { split, count: options.images })
  if (truth.shape.slice(1).join() !== prior.event.join() || prior.event.length !== 3) {
    throw new TweedieError(
      'input',
      `${options.data}: has items of shape [${truth.shape.slice(1)}], the prior knows [${prior.event}] (images are needed)`,
    )
  }
  if (range[0] !== 0 || range[1] !== 1 || prior.range[0] !== 0 || prior.range[1] !== 1)
    throw new TweedieError('input', `${options.data}: figures of images need data and prior in [0, 1]`)
  const features = await featureNetwork()
  return {
    prior: priorOf(prior),
    schedule: scheduleOf(prior),
    truth,
    tasks: { ...photographTasks(truth.shape[2]), ...mriTasks },
    features,
    arena: {
      features: features.digest,
      prior: digest(readFileSync(file)),
      truth: digest(new Uint8Array(truth.data.buffer, truth.data.byteOffset, truth.data.byteLength)),
    },
  }
}

/** Tasks by name; without names those of photographs. @throws TweedieError `input` for unknown ones */
export const tasksNamed = (place: Pick<Place, 'tasks'>, names: string | undefined): Task[] => {
  const { mri, ...photographs } = place.tasks
  if (names === undefined) return Object.values(photographs)
  return names.split(',').map((name) => {
    const task = place.tasks[name.trim()]
    if (task) return task
    const known = Object.keys(place.tasks)
    throw new TweedieError(
      'input',
      `unknown task '${name}'; did you mean '${nearestName(name, known)}'? (known: ${known.join(', ')})`,
    )
  })
}

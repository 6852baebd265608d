/** Draws of a distilled sampler, and their cost. */
import { type AmortizedSampler, checkRestorable, drawingOf, restore } from '../amortize/index.ts'
import { TweedieError } from '../error.ts'
import type { ObservationSet } from '../observations/index.ts'
import type { DistilledCell, Task } from './cell.ts'
import { type CostedDraws, memoryWatch, type Watch } from './costed-draws.ts'
import type { Sets } from './sets.ts'

/** A sampler that takes part in a comparison. */
export interface SamplerEntry {
  /** Its name in tables. */
  readonly name: string
  /** Digest of its file. */
  readonly digest: string
  readonly sampler: AmortizedSampler
  /** Noise that it learned from, in the units of the data. */
  readonly noise: number
}

/**
 * The observations of a task as a sampler may see them: without their parameters when y alone is its
 * condition.
 */
const setFor = ({ operator }: AmortizedSampler, { known, shown }: Sets): ObservationSet =>
  operator.blind ? shown : known

/** Middle of the times between calls; of one call the time until it. */
const medianGap = (times: readonly number[]): number => {
  const gaps = times.slice(1).map((time, i) => time - times[i])
  if (gaps.length > 1) gaps.shift() // the first one compiles
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]
}

/**
 * Runs a sampler on the observations of a task, one measurement after the other: what a user waits for one is
 * what is measured.
 *
 * @throws TweedieError `input` when it is for other observations, `numeric`, `interrupted`
 */
export const distilledDraws = async (
  { task, draws: K, images, seed }: DistilledCell,
  { sampler, name }: SamplerEntry,
  sets: Sets,
  { onProgress, signal }: Watch,
): Promise<CostedDraws> => {
  const set = setFor(sampler, sets)
  checkRestorable(sampler, set, `${name} on ${task.name}`)
  const memory = memoryWatch()
  const times = [performance.now()]
  const { draws } = await restore(sampler, set, {
    draws: K,
    batch: K,
    seed,
    onProgress: (done, total) => {
      times.push(performance.now())
      memory.at(done, total)
      onProgress?.(done, total)
    },
    signal,
  })
  if (!draws) throw new TweedieError('input', `${name}: restoring kept no draws`)
  const seconds = (performance.now() - times[0]) / 1000
  return {
    draws,
    cost: {
      evaluations: drawingOf(sampler.flow).evaluations,
      vjps: 0,
      seconds,
      perStep: seconds / (K * images),
      perMeasurement: medianGap(times) / 1000,
      ...memory.figures(),
    },
  }
}

/** Share by which the noise of a task may differ from that of the training. */
const NOISE_TOLERANCE = 0.01

/**
 * Why a sampler does not fit a task; undefined when it does.
 *
 * @param sets - observations of the task, of any number of items
 */
export const misfitOf = (
  { sampler, noise, name }: SamplerEntry,
  task: Task,
  sets: Sets,
): string | undefined => {
  const { told = task.noise } = task
  if (Math.abs(noise - told) > NOISE_TOLERANCE * noise)
    return `${name}: learned with noise ${noise}, '${task.name}' has ${told}`
  try {
    checkRestorable(sampler, setFor(sampler, sets), `task '${task.name}'`)
    return undefined
  } catch (error) {
    if (error instanceof TweedieError && error.code === 'input') return `${name}: ${error.message}`
    throw error
  }
}

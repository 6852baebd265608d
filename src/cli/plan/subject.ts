/** What a plan is of: a few observations or items, and how many there will be. */
import { type CleanData, wholeClean } from '../../datasets/index.ts'
import { placesOf } from '../../em/places.ts'
import { TweedieError } from '../../error.ts'
import { isThere } from '../../formats/index.ts'
import { type ObservationSet, type Observations, observe, sourceOf } from '../../observations/index.ts'
import { applyAffine, toPrior } from '../../operators/index.ts'
import { type NdArray, type Shape, sizeOf } from '../../tensor/index.ts'
import { loadObservations, noiseSettingOf, openCleanItems } from '../config/loading.ts'
import { operatorSettingOf } from '../config/operator-schema.ts'
import type { Experiment } from '../config/schema.ts'
import { knownData } from './known-data.ts'

/** Items that a plan looks at: as many as a sampler step is timed with, fewer of large ones. */
export const fewOf = (event: Shape): number => Math.max(8, Math.min(256, Math.floor(2 ** 20 / sizeOf(event))))

/** A few of many. */
export interface Few<T> {
  readonly few: T
  readonly count: number
  /** Whether all of them are in memory; default false. */
  readonly held?: boolean
  /** What was assumed, where the data are not there. */
  readonly assumed?: string
}

type Sources = Pick<Experiment, 'data' | 'range'>

/** Clean data: those that are there, or what is known of those that are not. */
const fewClean = async ({ data, range }: Sources): Promise<Few<CleanData>> => {
  const { clean: source = '', split, count } = data
  const known = isThere(source.replace(/^\w+:(?!\/\/)/, '')) ? undefined : knownData(source, split)
  if (known)
    return {
      few: known.clean(fewOf(known.event)),
      count: count ?? known.count,
      assumed: `${source} is not here: as many and as large as those of ${known.what}`,
    }
  const clean = await openCleanItems(source, { split, count, range })
  const [there, ...event] = clean.shape
  const few = { ...clean, shape: [Math.min(there, fewOf(event)), ...event] }
  return { few: wholeClean(few), count: there, held: clean.held }
}

/** The observations that a configuration names, or makes. */
export const fewObservations = async (sources: Sources): Promise<Few<ObservationSet>> => {
  const { observations, clean: source, observe: how } = sources.data
  if (observations !== undefined || source === undefined || how === undefined)
    return fewOfObservations(await loadObservations(sources))
  const { few: clean, count, ...rest } = await fewClean(sources)
  const { operator, noise, photons, times = 1, seed } = how
  const { x, range, view, valid } = clean
  const setting = operatorSettingOf(operator)
  const options = { operator: setting, noise: noiseSettingOf(noise), photons, seed, range, view, valid }
  const places = () => placesOf({ operator: { event: x.shape.slice(1) }, view }).points
  return { few: await observe(x, { ...options, places }), count: count * times, ...rest }
}

/** The first of observations that are there. */
export const fewOfObservations = (observations: Observations): Few<ObservationSet> => {
  const source = sourceOf(observations)
  const count = source.y.shape[0]
  return { few: source.rows(0, Math.min(fewOf(source.operator.event), count)), count }
}

/** Clean items in the units of the prior. */
export const fewItems = async (
  sources: Sources,
): Promise<Few<{ readonly x: NdArray<'float32'>; readonly data: CleanData }>> => {
  if (sources.data.clean === undefined)
    throw new TweedieError(
      'input',
      "data: 'train' needs 'clean' (the name of a data set, a file, or a folder)",
    )
  const { few, ...rest } = await fewClean(sources)
  return { few: { x: applyAffine(toPrior(few.range), few.x), data: few }, ...rest }
}

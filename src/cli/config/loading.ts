/** The data that a configuration names: clean items, observation sets. */
import {
  type CleanData,
  type CleanSource,
  dataSetNames,
  openClean,
  type Split,
  wholeClean,
} from '../../datasets/index.ts'
import { placesOf } from '../../em/places.ts'
import { TweedieError } from '../../error.ts'
import {
  firstObservations,
  type Observations,
  type ObserveOptions,
  observe,
  openObservations,
  withRange,
} from '../../observations/index.ts'
import type { DataRange } from '../../operators/index.ts'
import { NdArray, sizeOf } from '../../tensor/index.ts'
import type { ReadSet } from '../reading-once.ts'
import { operatorSettingOf } from './operator-schema.ts'
import type { Experiment } from './schema.ts'

/** Which part of clean data, and the range that they are said to have. */
interface CleanPart {
  readonly split?: Split
  readonly count?: number
  readonly skip?: number
  readonly range?: DataRange
}

/**
 * Clean data by name, file or folder (see `readClean`): `count` items after the first `skip`, in their own
 * units.
 */
export const loadClean = async (source: string, part: CleanPart = {}): Promise<CleanData> =>
  wholeClean(await openCleanItems(source, part))

/** As {@link loadClean}, of data whose items are read when they are asked for. */
export const openCleanItems = async (
  source: string,
  { split = 'train', count, skip = 0, range }: CleanPart = {},
): Promise<CleanSource> => {
  const wanted = count === undefined ? undefined : skip + count
  const clean = await openClean(source, { split, most: wanted })
  const [there, ...event] = clean.shape
  const stop = wanted ?? there
  if (stop > there || skip >= there) {
    throw new TweedieError('input', `${source}: has ${there} items, ${skip} to ${stop} were asked for`)
  }
  const ownUnits = dataSetNames.includes(source)
  return {
    ...clean,
    shape: [stop - skip, ...event],
    rows: (from, to) => clean.rows(skip + from, skip + to),
    range: ownUnits ? clean.range : (range ?? clean.range),
  }
}

/** The items of a source, so many times over. */
const repeatedItems = (source: CleanSource, times: number): CleanSource => {
  const [count, ...event] = source.shape
  const rows = (from: number, to: number): NdArray<'float32'> => {
    const data = new Float32Array((to - from) * sizeOf(event))
    for (let at = from; at < to; ) {
      const start = at % count
      const stop = Math.min(count, start + to - at)
      data.set(source.rows(start, stop).data, (at - from) * sizeOf(event))
      at += stop - start
    }
    return new NdArray('float32', [to - from, ...event], data)
  }
  return times === 1 ? source : { ...source, shape: [count * times, ...event], rows }
}

/** Where observations come from. */
export interface ObservationFields extends Pick<Experiment, 'range'> {
  readonly data: Omit<Experiment['data'], 'split'> & { readonly split: Split }
}

/** The noise of a configuration as `observe` takes it. */
export const noiseSettingOf = (noise: number | readonly [number, number]): ObserveOptions['noise'] =>
  typeof noise === 'number' ? noise : { from: noise[0], to: noise[1] }

/** Clean data that are observed, and how. */
export interface Simulation {
  readonly clean: CleanSource
  readonly options: ObserveOptions
}

/**
 * What a configuration simulates; nothing where it names observations.
 *
 * @throws TweedieError `input` where it says both, or neither
 */
export const simulationOf = async ({ data, range }: ObservationFields): Promise<Simulation | undefined> => {
  if (data.observations !== undefined) {
    if (data.clean !== undefined || data.observe !== undefined) {
      throw new TweedieError('input', "data: give either 'observations', or 'clean' with 'observe', not both")
    }
    return undefined
  }
  if (data.clean === undefined || data.observe === undefined) {
    throw new TweedieError('input', "data: give 'observations', or 'clean' and how to 'observe' it")
  }
  const { operator, noise, photons, times = 1, seed } = data.observe
  const items = await openCleanItems(data.clean, { split: data.split, count: data.count, range })
  const clean = repeatedItems(items, times)
  const options: ObserveOptions = {
    operator: operatorSettingOf(operator),
    noise: noiseSettingOf(noise),
    photons,
    seed,
    range: clean.range,
    view: clean.view,
    valid: clean.valid,
    places: () => placesOf({ ...clean, operator: { event: clean.shape.slice(1) } }).points,
  }
  return { clean, options }
}

/** Observations of a file, whose rows stay there. */
export const namedObservations = (
  { data: { observations = '', count }, range }: ObservationFields,
  read: ReadSet = openObservations,
): Observations => {
  const set = read(observations)
  return firstOf(range ? withRange(set, range) : set, count)
}

/** The observations that a configuration names (rows stay in their file) or makes, in their own units. */
export const loadObservations = async (
  fields: ObservationFields,
  read: ReadSet = openObservations,
): Promise<Observations> => {
  const simulation = await simulationOf(fields)
  if (!simulation) return namedObservations(fields, read)
  const { clean, options } = simulation
  return observe(wholeClean(clean).x, options)
}

/** The first `count` observations. */
export const firstOf = (observations: Observations, count: number | undefined): Observations =>
  count === undefined ? observations : firstObservations(observations, count)

/** Observations simulated from clean data with an operator of any family. */
import { TweedieError } from '../error.ts'
import {
  completeSpec,
  type DataRange,
  type DrawRequest,
  domainOf,
  drawParameters,
  filledOutside,
  hiddenNames,
  makeOperator,
  type NoiseRange,
  type OperatorSpec,
  observedEntries,
  type Parameters,
} from '../operators/index.ts'
import { normal, stream } from '../random/index.ts'
import type { Settings } from '../settings.ts'
import {
  average,
  broadcastTo,
  type ExecuteOptions,
  eachBatch,
  float32,
  jit,
  NdArray,
  rows,
  sizeOf,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { drawnLevels } from './noise-levels.ts'
import { checkValid, noiseLevel, type ObservationSet } from './observation-set.ts'
import type { ObservedOperator } from './operator.ts'
import { parameterRows } from './operator.ts'
import type { View } from './view.ts'

/** An operator by name, with the settings that differ from its defaults. */
export interface OperatorSetting {
  readonly name: string
  readonly settings?: Settings
  /** Of families made of others (`compose`, `stack`, `scale`): these. */
  readonly of?: readonly OperatorSetting[]
  /**
   * Draw parameters for each observation, but do not tell: the set holds them apart (`truth`), and the
   * operator that samplers get is the nominal one, whose parameters are the mean of those of 256 others.
   * Default false. Of a part in `of`: for that part.
   */
  readonly blind?: boolean
}

/** How to observe. */
export interface ObserveOptions extends ExecuteOptions {
  readonly operator: OperatorSetting
  /**
   * Standard deviation of the noise, in units of y, > 0; or a range of them: then each observation has its
   * own, log-uniform, which the set keeps in `std`.
   */
  readonly noise: number | NoiseRange
  /**
   * Shot noise beside it: counts of an entry of value 1, > 0, by the Gaussian approximation of
   * `poissonNoise`. The set then has a standard deviation for each entry, from y itself: it is what one knows
   * who does not know x.
   */
  readonly photons?: number
  /** Units of x, default [0, 1]. */
  readonly range?: DataRange
  /** How x looks; kept in the set. */
  readonly view?: View
  /**
   * The domain: 1 where an entry of x is one, 0 for padding and land, which operators that delete entries do
   * not observe; what x is there does not matter. Kept in the set.
   */
  readonly valid?: NdArray<'float32'>
  /**
   * Where the points of x lie, asked for by operators that take away neighbours; default: one after the
   * other, which points of a globe or a mesh do not.
   */
  readonly places?: () => readonly (readonly number[])[]
  readonly seed: number
  /**
   * Number of the first item in its set, default 0: parts of data that do not fit into memory are observed
   * one after the other as if they were together.
   */
  readonly first?: number
  /** Observations made at once (memory, not result), default 64. */
  readonly batch?: number
}

/**
 * Draws of which the nominal parameters of a blind set are the mean, and their seed: they do not depend on
 * the set.
 */
const NOMINAL = { count: 256, seed: 0x6e6f6d } as const

const FIELDS = ['name', 'settings', 'of', 'blind']

const specOf = (wanted: OperatorSetting): OperatorSpec => {
  const { name, settings = {}, of } = wanted
  const stray = Object.keys(wanted).find((field) => !FIELDS.includes(field))
  if (typeof name !== 'string' || stray !== undefined)
    throw new TweedieError(
      'input',
      stray === undefined
        ? "observe: the operator needs a name, such as { name: 'mask', settings: { keep: 0.5 } }"
        : `observe: operator '${name}': unknown field '${stray}'; settings go into 'settings'`,
    )
  return { name, settings, ...(of ? { of: of.map(specOf) } : {}) }
}

const meanRow = (array: NdArray<'float32'>): NdArray<'float32'> => {
  const [count, ...event] = array.shape
  const size = sizeOf(event)
  const data = Float32Array.from({ length: size }, (_, j) =>
    average(Array.from({ length: count }, (_row, i) => array.data[i * size + j])),
  )
  return new NdArray('float32', [1, ...event], data)
}

/** A x without noise, and where y was observed, in batches. */
const clean = async (
  spec: OperatorSpec,
  parameters: Parameters<NdArray<'float32'>>,
  x: NdArray<'float32'>,
  options: ObserveOptions,
): Promise<{ image: NdArray<'float32'>; observed: Float32Array }> => {
  const [count, ...event] = x.shape
  const program = jit(
    (items: Tensor, p: Parameters<Tensor>): { readonly image: Tensor; readonly observed?: Tensor } => {
      const image = makeOperator(spec, p, event).apply(items)
      const observed = observedEntries(spec, p, event)
      return observed ? { image, observed: broadcastTo(observed, image.shape) } : { image }
    },
    options,
  )
  let [image, observed] = [zeros([0]), new Float32Array(0)]
  try {
    await eachBatch(count, options.batch ?? 64, async (from, to) => {
      const made = await program(rows(x, from, to), parameterRows(parameters, count, from, to))
      if (image.size === 0) {
        image = zeros([count, ...made.image.shape.slice(1)])
        observed = new Float32Array(image.size).fill(1)
      }
      const at = (from * image.size) / count
      image.data.set(float32(made.image).data, at)
      if (made.observed) observed.set(float32(made.observed).data, at)
    })
  } finally {
    await program.release()
  }
  return { image, observed }
}

/** @throws TweedieError `input` */
const checkPositive = (name: string, value: number): void => {
  if (!(value > 0 && Number.isFinite(value)))
    throw new TweedieError('input', `observe: ${name} must be positive, got ${value}`)
}

/**
 * Observes each row of x [N, ...event] once, with an operator of its own: y = A x + noise, noise where
 * something was observed, 0 elsewhere. The same seed gives the same observations; row i does not depend on N.
 *
 * @throws TweedieError `input` for unknown operators and settings, settings that do not fit the data, noise
 * ≤ 0, and blind operators that have no parameters
 *
 * @example
 * ```ts
 * const operator = { name: 'motion', settings: { size: 9 } }
 * const set = await observe(photos, { operator, noise: 0.05, seed: 1 })
 * ```
 */
export const observe = async (x: NdArray<'float32'>, options: ObserveOptions): Promise<ObservationSet> => {
  const { operator: wanted, noise, photons, range = [0, 1], view, valid, seed, first = 0 } = options
  if (typeof noise === 'number') checkPositive('noise', noise)
  if (photons !== undefined) checkPositive('photons', photons)
  if (!(range[0] < range[1])) throw new TweedieError('input', `observe: range must rise, got [${range}]`)
  if (x.shape.length < 2 || x.size === 0)
    throw new TweedieError('input', `observe: x must be [N, ...event] with something in it, got [${x.shape}]`)
  const spec = completeSpec(specOf(wanted), range)
  const [count, ...event] = x.shape
  if (valid) checkValid(valid, event, 'observe')
  const signals = { event, places: placesFor(options), ...(valid ? { valid } : {}) }
  const parameters = drawParameters(spec, { ...signals, count, seed, first })
  const items = valid ? filledOutside(float32(x), domainOf(valid, range)) : float32(x)
  const { image, observed } = await clean(spec, parameters, items, options)
  const operator: ObservedOperator = { ...spec, event, parameters }
  return {
    ...withNoise(image, observed, options),
    operator: isBlind(wanted) ? hidden(operator, wanted, signals) : operator,
    range,
    ...(view ? { view } : {}),
    ...(valid ? { valid } : {}),
  }
}

/** The places of points; undefined where they lie one after the other. */
const placesFor = ({ view, places }: ObserveOptions): DrawRequest['places'] => {
  if (places || !view || view.kind === 'image' || view.kind === 'signal') return places
  return () => {
    throw new TweedieError('input', `observe: patches need to know where the points lie, give 'places'`)
  }
}

/** The standard deviation of a value of y, at least of `least`, of observation i of these. */
type LevelAt = (value: number, least: number, i: number) => number

/** @throws TweedieError `input` for shot noise beside a range */
const levelOf = ({ noise, photons, seed, first }: ObserveOptions, count: number): LevelAt => {
  if (typeof noise === 'number')
    return photons === undefined
      ? () => noise
      : (value, least) => Math.sqrt(Math.max(value, least) / photons + noise * noise)
  if (photons !== undefined)
    throw new TweedieError('input', "observe: 'photons' go with one noise, not with a range of it")
  const levels = drawnLevels(noise, { count, seed, first })
  return (_value, _least, i) => levels[i]
}

/** y = A x + noise where something was observed; with photons or a range of noise, `std` says how much. */
const withNoise = (
  { shape, data }: NdArray<'float32'>,
  observed: Float32Array,
  options: ObserveOptions,
): Pick<ObservationSet, 'y' | 'noise' | 'std'> => {
  const { noise, photons, seed, first = 0 } = options
  const size = sizeOf(shape.slice(1))
  const z = normal(stream(seed, 'observe noise'), shape, { element: first * size }).data
  const levelAt = levelOf(options, shape[0])
  const of = (k: number): number => Math.floor(k / size)
  const y = new NdArray(
    'float32',
    shape,
    data.map((v, k) => v + levelAt(v, 0, of(k)) * observed[k] * z[k]),
  )
  if (typeof noise === 'number' && photons === undefined) return { y, noise }
  const std = new NdArray(
    'float32',
    shape,
    y.data.map((v, k) => levelAt(v, photons === undefined ? 0 : 1 / photons, of(k))),
  )
  return { y, noise: noiseLevel(std), std }
}

/** Whether parameters are hidden, of the operator or of a part of it. */
const isBlind = ({ blind = false, of = [] }: OperatorSetting): boolean => blind || of.some(isBlind)

/** Names of the parameters that are hidden, of those that there are. */
const hiddenIn = (wanted: OperatorSetting, names: readonly string[]): string[] => {
  if (wanted.blind) return hiddenNames(specOf(wanted), names)
  return (wanted.of ?? []).flatMap((part, i) => {
    const own = names.filter((name) => name.startsWith(`${i}.`)).map((name) => name.slice(`${i}.`.length))
    return hiddenIn(part, own).map((name) => `${i}.${name}`)
  })
}

/** The operator of a blind set: nominal parameters in the place of those that are hidden. */
const hidden = (
  operator: ObservedOperator,
  wanted: OperatorSetting,
  signals: Omit<DrawRequest, 'count' | 'seed'>,
): ObservedOperator => {
  const { event: _, parameters, ...spec } = operator
  const names = hiddenIn(wanted, Object.keys(parameters))
  if (names.length === 0)
    throw new TweedieError(
      'input',
      `observe: operator '${operator.name}' with these settings has no parameters to be blind to`,
    )
  const nominal = drawParameters(spec, { ...NOMINAL, ...signals })
  const only = (arrays: Parameters<NdArray<'float32'>>) =>
    Object.fromEntries(names.map((name) => [name, arrays[name]]))
  const means = Object.entries(only(nominal)).map(([name, array]) => [name, meanRow(array)] as const)
  return {
    ...operator,
    parameters: { ...parameters, ...Object.fromEntries(means) },
    truth: only(parameters),
  }
}

/** Observations simulated from clean data with an operator of any family. */

import { TweedieError } from '../error.ts'
import { type DataRange, type Family, familyOf, type Parameters, rangeSettings } from '../operators/index.ts'
import { normal, stream } from '../random/index.ts'
import type { Settings } from '../settings.ts'
import {
  broadcastTo,
  type ExecuteOptions,
  jit,
  NdArray,
  rows,
  type Shape,
  sizeOf,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { noiseLevel, type ObservationSet } from './observation-set.ts'
import type { FamilyOperator } from './operator.ts'
import { parameterRows } from './operator-of.ts'
import { maskedObservations, type Simulation, simulateObservations } from './simulate.ts'

/** An operator by name, with the settings that differ from its defaults. */
export interface OperatorSetting {
  readonly name: string
  readonly settings?: Settings
  /**
   * Draw parameters for each observation, but do not tell: the set holds them apart (`truth`), and the operator that samplers get
   * is the nominal one, whose parameters are the mean of those of 256 others. Default false.
   */
  readonly blind?: boolean
}

/** What to observe how. */
export interface ObserveOptions extends ExecuteOptions {
  readonly operator: OperatorSetting
  /** Standard deviation of the noise, in units of y, > 0. */
  readonly noise: number
  /**
   * Shot noise beside it: counts of an entry of value 1, > 0, by the Gaussian approximation of `poissonNoise`. The set then has a
   * standard deviation for each entry, from y itself: it is what one knows who does not know x.
   */
  readonly photons?: number
  /** Units of x, default [0, 1]. */
  readonly range?: DataRange
  readonly seed: number
  /** Observations made at once (memory, not result), default 64. */
  readonly batch?: number
}

/** Draws of which the nominal parameters of a blind set are the mean, and their seed: they do not depend on the set. */
const NOMINAL = { count: 256, seed: 0x6e6f6d } as const

/** The kinds that data/ simulates by itself, without the engine. */
const plainOperator = ({
  name,
  settings = {},
  blind,
}: OperatorSetting): Simulation['operator'] | undefined => {
  if (blind) return undefined
  const { keep, keepMax, exact, dimension } = familyOf(name).complete(settings)
  if (name === 'identity') return { kind: 'identity' }
  if (name === 'projection' && typeof dimension === 'number') return { kind: 'projection', dimension }
  if (name === 'mask' && typeof keep === 'number' && keepMax === 0 && exact === false)
    return { kind: 'mask', keep }
  return undefined
}

const meanRow = (array: NdArray<'float32'>): NdArray<'float32'> => {
  const [count, ...event] = array.shape
  const size = sizeOf(event)
  const data = Float32Array.from({ length: size }, (_, j) => {
    let total = 0
    for (let i = 0; i < count; i++) total += array.data[i * size + j]
    return total / count
  })
  return new NdArray('float32', [1, ...event], data)
}

const nominal = (family: Family, settings: Settings, event: Shape): Parameters<NdArray<'float32'>> => {
  const drawn = family.draw(settings, { ...NOMINAL, event })
  return Object.fromEntries(Object.entries(drawn).map(([name, array]) => [name, meanRow(array)]))
}

/** A x without noise, and where y was observed, in batches. */
const clean = async (
  family: Family,
  settings: Settings,
  parameters: Parameters<NdArray<'float32'>>,
  x: NdArray<'float32'>,
  { batch = 64, ...execute }: ObserveOptions,
): Promise<{ image: NdArray<'float32'>; observed: Float32Array }> => {
  const [count, ...event] = x.shape
  const program = jit((x: Tensor, p: Readonly<Record<string, Tensor>>) => {
    const image = family.make(settings, p, { event }).apply(x)
    return family.observed
      ? { image, observed: broadcastTo(family.observed(p), image.shape) }
      : { image, observed: image }
  }, execute)
  const size = Math.min(batch, count)
  let [image, observed] = [zeros([0]), new Float32Array(0)]
  try {
    for (let i = 0; i < count; i += size) {
      const from = Math.min(i, count - size) // the last batch is shifted back: one compiled shape serves all
      const made = await program(
        rows(x, from, from + size),
        parameterRows(parameters, count, from, from + size),
      )
      if (i === 0) {
        image = zeros([count, ...made.image.shape.slice(1)])
        observed = new Float32Array(image.size)
      }
      const at = (from * image.size) / count
      image.data.set(float32(made.image), at)
      observed.set(family.observed ? float32(made.observed) : new Float32Array(made.image.size).fill(1), at)
    }
  } finally {
    await program.release()
  }
  return { image, observed }
}

const float32 = ({ data, dtype }: NdArray): Float32Array => {
  if (data instanceof Float32Array) return data
  throw new TweedieError('shape', `observe: expected float32, got ${dtype}`)
}

/**
 * Observes each row of x [N, ...event] once, with an operator of its own: y = A x + noise, noise where something was observed, 0
 * elsewhere. The same seed gives the same observations; row i does not depend on N. Masks, projections and the identity give the
 * same sets as `simulateObservations`.
 *
 * @throws TweedieError `input` for unknown operators and settings, settings that do not fit the data, noise ≤ 0, and blind
 * operators that have no parameters
 *
 * @example
 * ```ts
 * const set = await observe(photos, { operator: { name: 'motion', settings: { size: 9 } }, noise: 0.05, seed: 1 })
 * ```
 */
export const observe = async (x: NdArray<'float32'>, options: ObserveOptions): Promise<ObservationSet> => {
  const { operator, noise, photons, range = [0, 1], seed } = options
  if (!(noise > 0)) throw new TweedieError('input', `observe: noise must be positive, got ${noise}`)
  if (photons !== undefined && !(photons > 0))
    throw new TweedieError('input', `observe: photons must be positive, got ${photons}`)
  const plain = photons === undefined ? plainOperator(operator) : undefined
  if (plain) return simulateObservations(x, { operator: plain, noise, range, seed })
  const family = familyOf(operator.name)
  const settings = family.complete({ ...rangeSettings(family, range), ...operator.settings })
  const [count, ...event] = x.shape
  const drawn = family.draw(settings, { count, event, seed })
  const masks = family.masks && !operator.blind
  if (masks && photons === undefined) return maskedObservations(x, drawn.mask, { noise, range, seed })
  const { image, observed } = await clean(family, settings, drawn, x, options)
  const made = {
    kind: 'family',
    name: family.name,
    linear: family.linear,
    event,
    settings,
    parameters: drawn,
  } as const
  const seen = operator.blind ? hidden(made, family) : made
  return {
    ...withNoise(image, observed, options),
    operator: masks ? { kind: 'mask', mask: drawn.mask } : seen,
    range,
  }
}

/** y = A x + noise where something was observed; the noise of a set with photons differs between entries. */
const withNoise = (
  { shape, data }: NdArray<'float32'>,
  observed: Float32Array,
  { noise, photons, seed }: ObserveOptions,
): Pick<ObservationSet, 'y' | 'noise' | 'std'> => {
  const z = normal(stream(seed, 'observe noise'), shape).data
  const levelAt = (value: number, least: number) =>
    photons === undefined ? noise : Math.sqrt(Math.max(value, least) / photons + noise * noise)
  const y = new NdArray(
    'float32',
    shape,
    data.map((v, i) => v + levelAt(v, 0) * observed[i] * z[i]),
  )
  if (photons === undefined) return { y, noise }
  const std = new NdArray(
    'float32',
    shape,
    y.data.map((v) => levelAt(v, 1 / photons)),
  )
  return { y, noise: noiseLevel(std), std }
}

/** The operator of a blind set: nominal parameters in the place of those that are hidden. */
const hidden = (operator: FamilyOperator, family: Family): FamilyOperator => {
  const { settings, event, parameters } = operator
  const names = (family.blindTo ?? Object.keys(parameters)).filter((name) => name in parameters)
  if (names.length === 0)
    throw new TweedieError(
      'input',
      `observe: operator '${operator.name}' with these settings has no parameters of each observation to be blind to`,
    )
  const of = (arrays: Parameters<NdArray<'float32'>>) =>
    Object.fromEntries(names.map((name) => [name, arrays[name]]))
  return {
    ...operator,
    parameters: { ...parameters, ...of(nominal(family, settings, event)) },
    truth: of(parameters),
  }
}

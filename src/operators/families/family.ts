/**
 * A family of operators: its settings, how parameters are drawn for each observation, and the operator that
 * they make.
 */
import { TweedieError } from '../../error.ts'
import type { ComplexMatrix } from '../../linalg/index.ts'
import { type SettingSpecs, type Settings, type SettingsOf, settingsOf } from '../../settings.ts'
import type { NdArray, Shape, Tensor } from '../../tensor/index.ts'
import type { Operator } from '../operator.ts'
import type { DataRange } from '../units.ts'
import type { Whitened } from '../whitening.ts'

/** Parameters by name: [N, ...], or [1, ...] where all observations share them. */
export type Parameters<L> = Readonly<Record<string, L>>

/** One of the operators that an operator is made of, for the event that it sees. */
export interface Part {
  make(parameters: Parameters<Tensor>, event: Shape): Operator
  draw(request: DrawRequest): Parameters<NdArray<'float32'>>
  observed(parameters: Parameters<Tensor>, event: Shape): Tensor | undefined
  eventOf(y: Shape): Shape | undefined
}

/** The signals that parameters are drawn for. */
export interface DrawRequest {
  /** Observations. */
  readonly count: number
  /** Number of the first of them in its set, default 0: parts of a set have the parameters of the whole. */
  readonly first?: number
  /** Shape of one x. */
  readonly event: Shape
  readonly seed: number
  /**
   * [V] of points, [H, W] of images: 1 where an entry of x is one, 0 for padding and land, which nothing
   * observes.
   */
  readonly valid?: NdArray<'float32'>
  /** Where the points of x lie, in the plane or in space: [V]. Default: one after the other. */
  readonly places?: () => readonly (readonly number[])[]
}

/** The signals and parameters that an operator is made for. */
export interface MakeRequest {
  readonly event: Shape
  /** Of a family made of others: these, in order. */
  readonly parts: readonly Part[]
}

/** The description of a parameter. */
export interface ParameterSpec {
  readonly about: string
  /** 0 or 1 only. */
  readonly binary?: boolean
  /** It says something of an observation on which the operator does not depend: samplers are not told. */
  readonly label?: boolean
  /** Settings that say how it is simulated: where it was measured they mean nothing. */
  readonly replaces?: readonly string[]
  /** The key by which own data name its file, where that is not its name. */
  readonly key?: string
  /** Whether files may hold complex numbers: kept as real parts, then imaginary parts, on the first axis. */
  readonly complex?: boolean
  /**
   * The sizes that each axis of one of them may have; undefined for any. By them own arrays that lack an axis
   * of size 1 are understood; without, they have all their axes.
   *
   * @param event - shape of one x
   * @param y - shape of one y
   */
  axes?(event: Shape, y: Shape): readonly (readonly number[] | undefined)[]
  /**
   * It from the observations [N, ...] and the other parameters, where own data ask for that: of each row from
   * this row alone.
   *
   * @param first - number of the first row in the whole, for messages
   * @throws TweedieError `input` where they do not tell
   */
  estimate?(
    y: NdArray<'float32'>,
    parameters: Parameters<NdArray<'float32'>>,
    first: number,
  ): Promise<NdArray<'float32'>>
}

/** How noise of a known covariance is made white: by one parameter. */
interface Whitening {
  readonly parameter: string
  /** Side of the covariance, from the shape of one y. */
  size(y: Shape): number
  /** @throws TweedieError `input` or `numeric` for covariances that make no sense */
  whiten(y: NdArray<'float32'>, parameter: NdArray<'float32'>, covariance: ComplexMatrix): Whitened
}

/** What tells the shape of one x. */
interface EventRequest {
  /** Shape of one y. */
  readonly y: Shape
  /** Shapes of the parameters, as they were given. */
  readonly shapes: Readonly<Record<string, Shape>>
  readonly parts: readonly Part[]
}

/** How the operators of a family come about; see {@link defineFamily}. */
interface Definition<S extends SettingSpecs> {
  readonly name: string
  /** One line for lists. */
  readonly summary: string
  /** Whether y is linear in x; of a family made of others: when they all are. */
  readonly linear: boolean
  readonly settings: S
  readonly parameters?: Readonly<Record<string, ParameterSpec>>
  /**
   * Whether it deletes entries: y = m ∘ x with the parameter `mask`, which is all that there is to know of
   * it.
   */
  readonly deletes?: boolean
  /** Whether its settings `low` and `high` are those of the data where they are not given. */
  readonly inDataRange?: boolean
  /** How many others it is made of, when it is. */
  readonly parts?: { readonly least: number; readonly most?: number }
  /** Parameters that a blind set hides; default all. */
  readonly blindTo?: readonly string[]
  /** Whether y may be complex: real parts, then imaginary parts, on the first axis of one y. */
  readonly complex?: boolean
  /** Settings of text that own data give as a file of numbers, by the key of the file. */
  readonly listed?: Readonly<Record<string, string>>
  /** How correlated noise is made white; default: it is not. */
  readonly whitening?: Whitening
  /** Row i depends on the seed and i only. Default: no parameters. */
  draw?(
    settings: SettingsOf<S>,
    request: DrawRequest & Pick<MakeRequest, 'parts'>,
  ): Parameters<NdArray<'float32'>>
  make(settings: SettingsOf<S>, parameters: Parameters<Tensor>, request: MakeRequest): Operator
  /** 1 where y was observed, 0 elsewhere, broadcastable to y; undefined, and by default: everywhere. */
  observed?(parameters: Parameters<Tensor>, request: MakeRequest): Tensor | undefined
  /** Shape of one x, from that of one y; undefined where it does not tell. Default: they are the same. */
  eventOf?(settings: SettingsOf<S>, request: EventRequest): Shape | undefined
}

/** A family of operators; settings are checked whenever it is used. */
export interface Family {
  readonly name: string
  readonly summary: string
  readonly linear: boolean
  readonly settings: SettingSpecs
  readonly parameters: Readonly<Record<string, ParameterSpec>>
  readonly deletes: boolean
  readonly inDataRange: boolean
  readonly parts?: { readonly least: number; readonly most?: number }
  readonly blindTo?: readonly string[]
  readonly complex: boolean
  readonly listed: Readonly<Record<string, string>>
  readonly whitening?: Whitening
  /** All settings: those given, and defaults. @throws TweedieError `input` for unknown ones and bad values */
  complete(given: Settings): Settings
  /** Parameters for each observation. @throws TweedieError `input` for settings that do not fit the data */
  draw(given: Settings, request: DrawRequest & Pick<MakeRequest, 'parts'>): Parameters<NdArray<'float32'>>
  /** @throws TweedieError `input` for settings, `shape` for parameters that do not fit the data */
  make(given: Settings, parameters: Parameters<Tensor>, request: MakeRequest): Operator
  observed(parameters: Parameters<Tensor>, request: MakeRequest): Tensor | undefined
  /** Shape of one x, where that of one y tells. @throws TweedieError `input` for settings */
  eventOf(given: Settings, request: EventRequest): Shape | undefined
}

/** The range of the data as settings of a family that is defined in it. */
export const rangeSettings = ({ inDataRange }: Family, [low, high]: DataRange): Settings =>
  inDataRange ? { low, high } : {}

/**
 * A family from its definition.
 *
 * @example
 * ```ts
 * export const poolFamily = defineFamily({
 *   name: 'pool',
 *   summary: 'smaller images: the mean of each block of pixels',
 *   linear: true,
 *   settings: { factor: { kind: 'integer', default: 4, min: 1, description: 'how many times smaller' } },
 *   make: ({ factor }, _, { event }) => averagePool(event, factor),
 * })
 * ```
 */
export const defineFamily = <const S extends SettingSpecs>({
  parameters = {},
  deletes = false,
  inDataRange = false,
  complex = false,
  listed = {},
  draw = () => ({}),
  make,
  observed = () => undefined,
  eventOf = (_, { y }) => y,
  ...rest
}: Definition<S>): Family => {
  const complete = (given: Settings): SettingsOf<S> =>
    settingsOf(`operator '${rest.name}'`, rest.settings, given)
  return {
    ...rest,
    parameters,
    deletes,
    inDataRange,
    complex,
    listed,
    complete: (given) => settingsOf<SettingSpecs>(`operator '${rest.name}'`, rest.settings, given),
    draw: (given, request) => draw(complete(given), request),
    make: (given, arrays, request) => make(complete(given), arrays, request),
    observed,
    eventOf: (given, request) => eventOf(complete(given), request),
  }
}

/** A parameter that an operator cannot do without. @throws TweedieError `input` when a file lacks it */
export const needed = (family: string, parameters: Parameters<Tensor>, name: string): Tensor => {
  const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (parameter) return parameter
  throw new TweedieError('input', `operator '${family}': parameter '${name}' is missing`)
}

/** first … first + count − 1: the addresses of observations. */
export const observations = (count: number, first = 0): number[] =>
  Array.from({ length: count }, (_, i) => first + i)

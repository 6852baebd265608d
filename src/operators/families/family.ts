/**
 * A family of operators: its settings, how parameters are drawn for each observation, and the operator that
 * they make.
 */
import { TweedieError } from '../../error.ts'
import { type SettingSpecs, type Settings, type SettingsOf, settingsOf } from '../../settings.ts'
import type { NdArray, Shape, Tensor } from '../../tensor/index.ts'
import type { Operator } from '../operator.ts'
import type { DataRange } from '../units.ts'

/** Parameters by name: [N, ...], or [1, ...] where all observations share them. */
export type Parameters<L> = Readonly<Record<string, L>>

/** One of the operators that an operator is made of, for the event that it sees. */
export interface Part {
  make(parameters: Parameters<Tensor>, event: Shape): Operator
  draw(request: DrawRequest): Parameters<NdArray<'float32'>>
  observed(parameters: Parameters<Tensor>, event: Shape): Tensor | undefined
}

/** The signals that parameters are drawn for. */
export interface DrawRequest {
  /** Observations. */
  readonly count: number
  /** Shape of one x. */
  readonly event: Shape
  readonly seed: number
  /**
   * [V] of points, [H, W] of images: 1 where an entry of x is one, 0 for padding and land, which nothing
   * observes.
   */
  readonly valid?: NdArray<'float32'>
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
  /** Row i depends on the seed and i only. Default: no parameters. */
  draw?(
    settings: SettingsOf<S>,
    request: DrawRequest & Pick<MakeRequest, 'parts'>,
  ): Parameters<NdArray<'float32'>>
  make(settings: SettingsOf<S>, parameters: Parameters<Tensor>, request: MakeRequest): Operator
  /** 1 where y was observed, 0 elsewhere, broadcastable to y; undefined, and by default: everywhere. */
  observed?(parameters: Parameters<Tensor>, request: MakeRequest): Tensor | undefined
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
  /** All settings: those given, and defaults. @throws TweedieError `input` for unknown ones and bad values */
  complete(given: Settings): Settings
  /** Parameters for each observation. @throws TweedieError `input` for settings that do not fit the data */
  draw(given: Settings, request: DrawRequest & Pick<MakeRequest, 'parts'>): Parameters<NdArray<'float32'>>
  /** @throws TweedieError `input` for settings, `shape` for parameters that do not fit the data */
  make(given: Settings, parameters: Parameters<Tensor>, request: MakeRequest): Operator
  observed(parameters: Parameters<Tensor>, request: MakeRequest): Tensor | undefined
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
  draw = () => ({}),
  make,
  observed = () => undefined,
  ...rest
}: Definition<S>): Family => {
  const complete = (given: Settings): SettingsOf<S> =>
    settingsOf(`operator '${rest.name}'`, rest.settings, given)
  return {
    ...rest,
    parameters,
    deletes,
    inDataRange,
    complete: (given) => settingsOf<SettingSpecs>(`operator '${rest.name}'`, rest.settings, given),
    draw: (given, request) => draw(complete(given), request),
    make: (given, arrays, request) => make(complete(given), arrays, request),
    observed,
  }
}

/** A parameter that an operator cannot do without. @throws TweedieError `input` when a file lacks it */
export const needed = (family: string, parameters: Parameters<Tensor>, name: string): Tensor => {
  const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (parameter) return parameter
  throw new TweedieError('input', `operator '${family}': parameter '${name}' is missing`)
}

/** 0 … count − 1: the addresses of observations. */
export const observations = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

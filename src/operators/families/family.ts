/** A family of operators: its settings, how parameters are drawn for each observation, and the operator that they make. */
import type { DataRange, OperatorSettings } from '../../data/index.ts'
import { TweedieError } from '../../error.ts'
import type { NdArray, Shape, Tensor } from '../../tensor/index.ts'
import type { Operator } from '../operator.ts'
import { type SettingSpecs, type SettingsOf, settingsOf } from './settings.ts'

/** Parameters by name: [N, ...], or [1, ...] where all observations share them. */
export type Parameters<L> = Readonly<Record<string, L>>

/** What parameters are drawn for. */
export interface DrawRequest {
  /** Observations. */
  readonly count: number
  /** Shape of one x. */
  readonly event: Shape
  readonly seed: number
}

/** What an operator is made for. */
export interface MakeRequest {
  readonly event: Shape
}

/** A family whose settings have types; see {@link defineFamily}. */
export interface Definition<S extends SettingSpecs> {
  /** One line for lists. */
  readonly summary: string
  readonly linear: boolean
  /** Whether it deletes entries: parameters are then `mask` alone, and sets are those of masks. */
  readonly masks?: boolean
  readonly settings: S
  /** Row i depends on the seed and i only. */
  draw(settings: SettingsOf<S>, request: DrawRequest): Parameters<NdArray<'float32'>>
  make(settings: SettingsOf<S>, parameters: Parameters<Tensor>, request: MakeRequest): Operator
  /** 1 where y was observed, 0 elsewhere, broadcastable to y; default everywhere. */
  observed?(parameters: Parameters<Tensor>): Tensor
}

/** A family as tables hold it: settings are checked when it is used. */
export interface Family extends Omit<Definition<SettingSpecs>, 'draw' | 'make'> {
  readonly name: string
  /** All settings: those given, and defaults. @throws TweedieError `input` for unknown ones and bad values */
  complete(given: OperatorSettings): OperatorSettings
  /** @throws TweedieError `input` for settings that do not fit the data */
  draw(given: OperatorSettings, request: DrawRequest): Parameters<NdArray<'float32'>>
  /** @throws TweedieError `input` for settings, `shape` for parameters that do not fit the data */
  make(given: OperatorSettings, parameters: Parameters<Tensor>, request: MakeRequest): Operator
}

/** Units in which a non-linear operator is defined; families with settings `low` and `high` get them from the data. */
export const rangeSettings = (family: Family, [low, high]: DataRange): OperatorSettings =>
  'low' in family.settings && 'high' in family.settings ? { low, high } : {}

/** A family from its definition. */
export const defineFamily = <S extends SettingSpecs>(name: string, definition: Definition<S>): Family => {
  const complete = (given: OperatorSettings) => settingsOf(name, definition.settings, given)
  return {
    ...definition,
    name,
    complete,
    draw: (given, request) => definition.draw(complete(given), request),
    make: (given, parameters, request) => definition.make(complete(given), parameters, request),
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

/** A family of operators: its settings, how parameters are drawn for each observation, and the operator that they make. */

import { TweedieError } from '../../error.ts'
import type { Settings } from '../../settings.ts'
import { type SettingSpecs, type SettingsOf, settingsOf } from '../../settings.ts'
import type { NdArray, Shape, Tensor } from '../../tensor/index.ts'
import type { Operator } from '../operator.ts'
import type { DataRange } from '../units.ts'
import { type FamilyName, type FamilySpec, familySpecs } from './specs.ts'

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

/** How the operators of a family come about; see {@link defineFamily}. */
export interface Definition<S extends SettingSpecs> {
  /** Whether it deletes entries: its parameters are then `mask` alone, and sets are those of masks. */
  readonly masks?: boolean
  /** Parameters that a blind set hides; default all. */
  readonly blindTo?: readonly string[]
  /** Row i depends on the seed and i only. */
  draw(settings: SettingsOf<S>, request: DrawRequest): Parameters<NdArray<'float32'>>
  make(settings: SettingsOf<S>, parameters: Parameters<Tensor>, request: MakeRequest): Operator
  /** 1 where y was observed, 0 elsewhere, broadcastable to y; default everywhere. */
  observed?(parameters: Parameters<Tensor>): Tensor
}

/** A family of operators; settings are checked whenever it is used. */
export interface Family extends FamilySpec {
  readonly name: string
  readonly masks: boolean
  /** Parameters that a blind set hides; all when absent. */
  readonly blindTo?: readonly string[]
  /** All settings: those given, and defaults. @throws TweedieError `input` for unknown ones and bad values */
  complete(given: Settings): Settings
  /** Parameters for each observation. @throws TweedieError `input` for settings that do not fit the data */
  draw(given: Settings, request: DrawRequest): Parameters<NdArray<'float32'>>
  /** @throws TweedieError `input` for settings, `shape` for parameters that do not fit the data */
  make(given: Settings, parameters: Parameters<Tensor>, request: MakeRequest): Operator
  /** 1 where y was observed, 0 elsewhere, broadcastable to y; absent when that is everywhere. */
  observed?(parameters: Parameters<Tensor>): Tensor
}

/** Units in which a non-linear operator is defined; families with settings `low` and `high` get them from the data. */
export const rangeSettings = (family: Family, [low, high]: DataRange): Settings =>
  'low' in family.settings && 'high' in family.settings ? { low, high } : {}

/** The family of a name, from its definition. */
export const defineFamily = <N extends FamilyName>(
  name: N,
  { masks = false, blindTo, draw, make, observed }: Definition<(typeof familySpecs)[N]['settings']>,
): Family => {
  const spec: (typeof familySpecs)[N] = familySpecs[name]
  const checked = (given: Settings) => settingsOf(`operator '${name}'`, spec.settings, given)
  return {
    ...spec,
    name,
    masks,
    blindTo,
    complete: checked,
    draw: (given, request) => draw(checked(given), request),
    make: (given, parameters, request) => make(checked(given), parameters, request),
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

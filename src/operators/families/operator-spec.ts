/** An operator as plain data, and the operator that it names. */
import { TweedieError } from '../../error.ts'
import type { Settings } from '../../settings.ts'
import type { NdArray, Shape, Tensor } from '../../tensor/index.ts'
import type { Operator } from '../operator.ts'
import type { DataRange } from '../units.ts'
import { type DrawRequest, type ParameterSpec, type Parameters, type Part, rangeSettings } from './family.ts'
import { familyOf } from './table.ts'

/** An operator by the name of its family, with the settings that differ from the defaults. */
export interface OperatorSpec {
  readonly name: string
  readonly settings: Settings
  /** Of families made of others (`compose`, `stack`, `scale`): these. */
  readonly of?: readonly OperatorSpec[]
}

/** Every operator in a specification, itself included. */
const eachOf = (spec: OperatorSpec): OperatorSpec[] => [spec, ...(spec.of ?? []).flatMap(eachOf)]

/** Whether y is linear in x. @throws TweedieError `input` for unknown operators */
export const isLinear = (spec: OperatorSpec): boolean =>
  eachOf(spec).every(({ name }) => familyOf(name).linear)

/** The parts, when there are as many as the family wants. */
const partsOf = ({ name, of = [] }: OperatorSpec): Part[] => {
  const { least, most = Number.POSITIVE_INFINITY } = familyOf(name).parts ?? { least: 0, most: 0 }
  if (of.length < least || of.length > most) {
    const wanted =
      most === 0
        ? 'is not made of others'
        : `needs ${least === most ? least : `at least ${least}`} of them in 'of'`
    throw new TweedieError('input', `operator '${name}': ${wanted}, got ${of.length}`)
  }
  return of.map((part) => ({
    make: (parameters, event) => makeOperator(part, parameters, event),
    draw: (request) => drawParameters(part, request),
    observed: (parameters, event) => observedEntries(part, parameters, event),
    eventOf: (y) => latentShape(part, y, {}),
  }))
}

/**
 * With all settings: those given, the range of the data where the operator depends on it, and defaults.
 *
 * @throws TweedieError `input` for unknown operators and settings, bad values, and a wrong number of parts
 */
export const completeSpec = (spec: OperatorSpec, range: DataRange): OperatorSpec => {
  const family = familyOf(spec.name)
  partsOf(spec)
  return {
    name: spec.name,
    settings: family.complete({ ...rangeSettings(family, range), ...spec.settings }),
    ...(spec.of ? { of: spec.of.map((part) => completeSpec(part, range)) } : {}),
  }
}

/** Parameters for each observation. @throws TweedieError `input` for settings that do not fit the data */
export const drawParameters = (spec: OperatorSpec, request: DrawRequest): Parameters<NdArray<'float32'>> =>
  familyOf(spec.name).draw(spec.settings, { ...request, parts: partsOf(spec) })

/**
 * The operator A, in the units of the data.
 *
 * @param parameters - of a batch, by name; of part i as `i.NAME`
 * @param event - shape of one x
 * @throws TweedieError `input` for settings and missing parameters, `shape` for parameters that do not fit
 *
 * @example
 * ```ts
 * const A = makeOperator({ name: 'blur', settings: { sigma: 2 } }, {}, [3, 64, 64])
 * ```
 */
export const makeOperator = (spec: OperatorSpec, parameters: Parameters<Tensor>, event: Shape): Operator =>
  familyOf(spec.name).make(spec.settings, parameters, { event, parts: partsOf(spec) })

/** 1 where y was observed, 0 elsewhere, broadcastable to y; undefined when it was everywhere. */
export const observedEntries = (
  spec: OperatorSpec,
  parameters: Parameters<Tensor>,
  event: Shape,
): Tensor | undefined => familyOf(spec.name).observed(parameters, { event, parts: partsOf(spec) })

/**
 * The shape of one x, where that of one y tells.
 *
 * @param shapes - of parameters, as they were given
 * @throws TweedieError `input` for settings
 *
 * @example
 * ```ts
 * latentShape({ name: 'pool', settings: { factor: 4 } }, [3, 16, 16], {}) // [3, 64, 64]
 * ```
 */
export const latentShape = (
  spec: OperatorSpec,
  y: Shape,
  shapes: Readonly<Record<string, Shape>>,
): Shape | undefined => familyOf(spec.name).eventOf(spec.settings, { y, shapes, parts: partsOf(spec) })

/** Shape and rules of a parameter; those of part i are named `i.NAME`. */
export const parameterOf = (
  { name, of = [] }: OperatorSpec,
  parameter: string,
): ParameterSpec | undefined => {
  const { parameters } = familyOf(name)
  if (Object.hasOwn(parameters, parameter)) return parameters[parameter]
  const [index, ...rest] = parameter.split('.')
  const part = of[Number(index)]
  return part && rest.length > 0 ? parameterOf(part, rest.join('.')) : undefined
}

/** Names of the parameters that a blind set hides, of those that there are. */
export const hiddenNames = (spec: OperatorSpec, names: readonly string[]): string[] => {
  const { blindTo } = familyOf(spec.name)
  const own = names.filter((name) => !name.includes('.') && (blindTo?.includes(name) ?? true))
  const parts = (spec.of ?? []).flatMap((part, i) => {
    const prefix = `${i}.`
    const within = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
    return hiddenNames(part, within).map((name) => `${prefix}${name}`)
  })
  return [...own, ...parts]
}

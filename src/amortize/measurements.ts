/** An observation set as distillation takes it: rows for every step, and what a batch of them means inside the program. */

import { TweedieError } from '../error.ts'
import {
  eventOf,
  type FamilyOperator,
  type ObservationOperator,
  type ObservationSet,
  observationsInPriorUnits,
  parametersOf,
  seenBy,
} from '../observations/index.ts'
import { diagonalNoise, familyOf, fromPrior, isotropicNoise, toPrior } from '../operators/index.ts'
import { add, constant, mul, type NdArray, type Shape, type Tensor } from '../tensor/index.ts'
import { type ConditionLayout, conditionFrom } from './condition.ts'
import type { Measurements } from './measured-rows.ts'

type Arrays = Readonly<Record<string, NdArray<'float32'>>>

/** How a set is learned from. */
export interface MeasurementOptions {
  readonly telling: ConditionLayout
  /** Shape of one condition. */
  readonly condition: Shape
  /** Sets observed blindly: the likelihood takes the parameters that each observation really had. */
  readonly blind?: boolean
}

/** The operator with its true parameters in place of the nominal ones. */
const unveiled = (operator: ObservationOperator): FamilyOperator => {
  if (operator.kind === 'family' && operator.truth)
    return { ...operator, parameters: { ...operator.parameters, ...operator.truth } }
  throw new TweedieError('input', "blind: the observations keep no true parameters; make them with 'blind'")
}

/** Names inside programs; those of parameters are their own, so they get a prefix. */
const PARAMETER = 'parameter.'

const prefixed = <L>(record: Readonly<Record<string, L>>): Record<string, L> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${PARAMETER}${name}`, value]))

/** Arrays with a row for each observation, and those that all share as constants. */
const divided = (arrays: Arrays, count: number): { own: Arrays; shared: Record<string, Tensor> } => {
  const entries = Object.entries(arrays)
  return {
    own: Object.fromEntries(entries.filter(([, { shape }]) => shape[0] === count)),
    shared: Object.fromEntries(
      entries.filter(([, { shape }]) => shape[0] !== count).map(([name, array]) => [name, constant(array)]),
    ),
  }
}

/** 1 where y was observed, 0 elsewhere; undefined when it was everywhere. */
const observedIn = (
  operator: ObservationOperator,
  parameters: Readonly<Record<string, Tensor>>,
): Tensor | undefined => {
  if (operator.kind === 'mask') return parameters.mask
  return operator.kind === 'family' ? familyOf(operator.name).observed?.(parameters) : undefined
}

/**
 * Measurements of a set in the units of the data, whose `range` is the prior's.
 *
 * @throws TweedieError `input` when `blind` is asked of a set that keeps no true parameters
 *
 * @example
 * ```ts
 * const telling = conditionLayout(set, true)
 * const measurements = measurementsOf(set, { telling, condition: conditionShape(telling, 'vector') })
 * ```
 */
export const measurementsOf = (
  set: ObservationSet,
  { telling, condition, blind = false }: MeasurementOptions,
): Measurements => {
  const scaled = observationsInPriorUnits(set)
  const [operator, inData] = [scaled.operator, set.operator].map((o) => (blind ? unveiled(o) : o))
  const event = eventOf(scaled)
  const units = toPrior(set.range)
  const back = fromPrior(set.range)
  const { own, shared } = divided(
    { ...prefixed(parametersOf(operator)), ...(scaled.std ? { std: scaled.std } : {}) },
    set.y.shape[0],
  )
  const names = Object.keys(parametersOf(operator))
  const parametersIn = (rows: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
    const all = { ...shared, ...rows }
    return Object.fromEntries(names.map((name) => [name, all[`${PARAMETER}${name}`]]))
  }
  /** What would be observed of x, in the units of the data. */
  const simulated = (rows: Readonly<Record<string, Tensor>>, x: Tensor, e: Tensor): Tensor => {
    const parameters = parametersIn(rows)
    const { A } = seenBy(inData, event, rows.told, parameters)
    const noise = mul(e, set.noise)
    const there = observedIn(inData, parameters)
    return add(A.apply(add(mul(x, back.scale), back.offset)), there ? mul(noise, there) : noise)
  }
  const conditionOn = (y: Tensor, rows: Readonly<Record<string, Tensor>>): Tensor =>
    conditionFrom(
      { kind: operator.kind, units, condition, nothing: telling.nothing },
      {
        y,
        beside: Object.fromEntries(
          Object.keys(telling.beside).map((name) => [name, rows[`${PARAMETER}${name}`]]),
        ),
      },
    )
  return {
    arrays: { y: scaled.y, told: set.y, ...own },
    observe: (rows) => ({
      ...seenBy(operator, event, rows.y, parametersIn(rows)),
      noise: scaled.std ? diagonalNoise({ ...shared, ...rows }.std) : isotropicNoise(scaled.noise),
    }),
    condition: (rows) => conditionOn(rows.told, rows),
    // The level of shot noise follows y: that of another y is not its own.
    ...(set.std ? {} : { simulate: (rows, x, e) => conditionOn(simulated(rows, x, e), rows) }),
  }
}

/**
 * An observation set as distillation takes it: rows for every step, and what a batch of them means inside the
 * program.
 */
import { TweedieError } from '../error.ts'
import { batchedObservations, type ObservationSet, unveiled } from '../observations/index.ts'
import { fromPrior, type Parameters, toPrior } from '../operators/index.ts'
import { add, constant, mul, type NdArray, type Shape, type Tensor } from '../tensor/index.ts'
import { type ConditionLayout, conditionFrom } from './condition.ts'
import type { Measurements } from './measured-rows.ts'

/** How a set is learned from. */
export interface MeasurementOptions {
  readonly layout: ConditionLayout
  /** Shape of one condition. */
  readonly condition: Shape
  /** Sets observed blindly: the likelihood takes the parameters that each observation really had. */
  readonly blind?: boolean
}

/** Names inside programs; those of parameters are their own, so they get a prefix. */
const PARAMETER = 'parameter.'

/** Arrays with a row for each observation, and those that all share as constants. */
const divided = (
  arrays: Parameters<NdArray<'float32'>>,
  count: number,
): { own: Parameters<NdArray<'float32'>>; shared: Record<string, Tensor> } => {
  const entries = Object.entries(arrays)
  return {
    own: Object.fromEntries(entries.filter(([, { shape }]) => shape[0] === count)),
    shared: Object.fromEntries(
      entries.filter(([, { shape }]) => shape[0] !== count).map(([name, array]) => [name, constant(array)]),
    ),
  }
}

/**
 * Measurements of a set in the units of the data, whose `range` is the prior's.
 *
 * @throws TweedieError `input` when `blind` is asked of a set that keeps no true parameters
 *
 * @example
 * ```ts
 * const layout = conditionLayout(set, true)
 * const measurements = measurementsOf(set, { layout, condition: conditionShape(layout, 'vector') })
 * ```
 */
export const measurementsOf = (
  set: ObservationSet,
  { layout, condition, blind = false }: MeasurementOptions,
): Measurements => {
  if (blind && !set.operator.truth)
    throw new TweedieError('input', "blind: the observations keep no true parameters; make them with 'blind'")
  const operator = blind ? unveiled(set.operator) : set.operator
  const batched = batchedObservations({ ...set, operator })
  const [units, back] = [toPrior(set.range), fromPrior(set.range)]
  const { event, parameters } = operator
  const prefixed = Object.entries(parameters).map(([name, array]) => [`${PARAMETER}${name}`, array] as const)
  const { own, shared } = divided(
    { ...Object.fromEntries(prefixed), ...(set.std ? { std: set.std } : {}) },
    set.y.shape[0],
  )
  const batchOf = (rows: Parameters<Tensor>) => {
    const all = { ...shared, ...rows }
    return {
      y: rows.y,
      parameters: Object.fromEntries(
        Object.keys(parameters).map((name) => [name, all[`${PARAMETER}${name}`]]),
      ),
      noise: set.std ? { std: all.std } : {},
    }
  }
  const conditionOn = (y: Tensor, rows: Parameters<Tensor>): Tensor => {
    const beside = Object.keys(layout.beside).map((name) => [name, rows[`${PARAMETER}${name}`]] as const)
    return conditionFrom(
      { layout, operator, event, units, condition },
      { y, beside: Object.fromEntries(beside) },
    )
  }
  /** An observation of x, simulated, in the units of the data. */
  const simulated = (rows: Parameters<Tensor>, x: Tensor, e: Tensor): Tensor => {
    const { A, observed, outside } = batched.raw(batchOf(rows))
    const noise = mul(e, set.noise)
    const clean = A.apply(add(mul(x, back.scale), back.offset))
    return add(outside ? add(clean, outside) : clean, observed ? mul(noise, observed) : noise)
  }
  return {
    arrays: { y: set.y, ...own },
    observe: (rows) => batched.observation(batchOf(rows)),
    condition: (rows) => conditionOn(rows.y, rows),
    // The level of shot noise follows y: that of another y is not its own.
    ...(set.std ? {} : { simulate: (rows, x, e) => conditionOn(simulated(rows, x, e), rows) }),
  }
}

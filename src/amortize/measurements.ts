/**
 * An observation set as distillation takes it: rows for every step, and what a batch of them means inside the
 * program.
 */
import { TweedieError } from '../error.ts'
import {
  batchedObservations,
  countOf,
  heldObservations,
  isInMemory,
  type ObservationFrame,
  type Observations,
  observationsAt,
  readRows,
  type Shaped,
  unveiledObservations,
} from '../observations/index.ts'
import { fromPrior, type Parameters, toPrior } from '../operators/index.ts'
import { add, constant, mul, type NdArray, reshape, type Shape, slice, type Tensor } from '../tensor/index.ts'
import { type ConditionLayout, conditionFrom } from './condition.ts'
import type { Measurements, RowArray } from './measured-rows.ts'

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

/** The arrays of observations by name, or what stands for them. */
const fieldsOf = <A extends Shaped>({ y, operator, std }: ObservationFrame<A>): Record<string, A> => {
  const { parameters } = operator
  const prefixed = Object.entries(parameters).map(([name, array]) => [`${PARAMETER}${name}`, array] as const)
  return { y, ...Object.fromEntries(prefixed), ...(std ? { std } : {}) }
}

/** The one standard deviation of each observation, [B, 1, ...], of those of all its entries, [B, ...]. */
const ofObservations = (std: Tensor): Tensor => {
  const [batch, ...rest] = std.shape
  const zero = rest.map(() => 0)
  return slice(std, [0, ...zero], [batch, ...rest.map(() => 1)])
}

/** Observations up to so many bytes are kept in memory: others are read at every step. */
const HELD_BYTES = 2 ** 25

/** Arrays with a row for each observation, and those that all share as constants. */
const divided = (
  observations: Observations,
): { own: Parameters<RowArray>; shared: Record<string, Tensor> } => {
  const count = countOf(observations)
  const entries = Object.entries(fieldsOf<Shaped>(observations))
  const names = (own: boolean) =>
    entries.flatMap(([name, { shape }]) => ((shape[0] === count) === own ? [name] : []))
  const first = fieldsOf(readRows(observations, 0, 1))
  return {
    own: rowArrays(observations, names(true)),
    shared: Object.fromEntries(names(false).map((name) => [name, constant(first[name])])),
  }
}

/** The arrays of all observations in memory, or of those that a step asks for. */
const rowArrays = (observations: Observations, names: readonly string[]): Parameters<RowArray> => {
  if (isInMemory(observations)) {
    const arrays = fieldsOf(observations)
    return Object.fromEntries(names.map((name) => [name, arrays[name]]))
  }
  let last: { readonly index: readonly number[]; readonly arrays: Parameters<NdArray<'float32'>> } | undefined
  const rowsAt = (index: readonly number[]) => {
    if (last?.index !== index) last = { index, arrays: fieldsOf(observationsAt(observations, index)) }
    return last.arrays
  }
  const shapes = fieldsOf<Shaped>(observations)
  return Object.fromEntries(
    names.map((name) => [name, { shape: shapes[name].shape, rowsAt: (index) => rowsAt(index)[name] }]),
  )
}

/**
 * Measurements of a set in the units of the data, whose `range` is the prior's. Those of a file stay there
 * when they are many, and are read at every step.
 *
 * @throws TweedieError `input` when `blind` is asked of a set that keeps no true parameters, and when a
 * layout tells noise that all observations share
 *
 * @example
 * ```ts
 * const layout = conditionLayout(set, true)
 * const measurements = measurementsOf(set, { layout, condition: conditionShape(layout, 'vector') })
 * ```
 */
export const measurementsOf = (
  observations: Observations,
  { layout, condition, blind = false }: MeasurementOptions,
): Measurements => {
  if (blind && !observations.operator.truth)
    throw new TweedieError('input', "blind: the observations keep no true parameters; make them with 'blind'")
  if (layout.noise && observations.std?.shape[0] !== countOf(observations))
    throw new TweedieError('input', 'condition: tells the noise of each observation, here all have the same')
  const set = heldObservations(blind ? unveiledObservations(observations) : observations, HELD_BYTES)
  const { operator } = set
  const batched = batchedObservations(set)
  const [units, back] = [toPrior(set.range), fromPrior(set.range)]
  const { event, parameters } = operator
  const { own, shared } = divided(set)
  /** Standard deviations as programs take them: of each entry, or, where it is told, of each observation. */
  const stdOf = (all: Parameters<Tensor>): Tensor => (layout.noise ? ofObservations(all.std) : all.std)
  const batchOf = (rows: Parameters<Tensor>) => {
    const all = { ...shared, ...rows }
    return {
      y: rows.y,
      parameters: Object.fromEntries(
        Object.keys(parameters).map((name) => [name, all[`${PARAMETER}${name}`]]),
      ),
      noise: set.std ? { std: stdOf(all) } : {},
    }
  }
  const conditionOn = (y: Tensor, rows: Parameters<Tensor>): Tensor => {
    const beside = Object.keys(layout.beside).map((name) => [name, rows[`${PARAMETER}${name}`]] as const)
    return conditionFrom(
      { layout, operator, event, units, condition },
      {
        y,
        beside: Object.fromEntries(beside),
        ...(layout.noise ? { noise: reshape(ofObservations(rows.std), [y.shape[0]]) } : {}),
      },
    )
  }
  /** An observation of x, simulated, in the units of the data. */
  const simulated = (rows: Parameters<Tensor>, x: Tensor, e: Tensor): Tensor => {
    const { A, observed, outside } = batched.raw(batchOf(rows))
    const noise = mul(e, layout.noise ? ofObservations(rows.std) : set.noise)
    const clean = A.apply(add(mul(x, back.scale), back.offset))
    return add(outside ? add(clean, outside) : clean, observed ? mul(noise, observed) : noise)
  }
  return {
    arrays: own,
    observe: (rows) => batched.observation(batchOf(rows)),
    condition: (rows) => conditionOn(rows.y, rows),
    // The level of shot noise follows y: that of another y is not its own.
    ...(set.std && !layout.noise
      ? {}
      : { simulate: (rows, x, e) => conditionOn(simulated(rows, x, e), rows) }),
  }
}

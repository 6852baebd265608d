/** From an observation set to the operators of its batches. */

import { TweedieError } from '../error.ts'
import type { Affine, LinearOperator, NonlinearOperator, Operator, Parameters } from '../operators/index.ts'
import { familyOf, identity, mask, projection } from '../operators/index.ts'
import {
  add,
  broadcastTo,
  constant,
  full,
  mul,
  type NdArray,
  rows,
  type Shape,
  sub,
  type Tensor,
} from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'
import type { ObservationSet } from './observation-set.ts'
import type { ObservationOperator } from './operator.ts'

/** Shape of one latent of a set. */
export const eventOf = ({ y, operator }: Pick<ObservationSet, 'y' | 'operator'>): Shape => {
  if (operator.kind === 'family') return operator.event
  return operator.kind === 'projection' ? operator.matrix.shape.slice(2) : y.shape.slice(1)
}

/** The operator's parameters by name; rows of them go with rows of y, single rows with all. */
export const parametersOf = (operator: ObservationOperator): Parameters<NdArray<'float32'>> => {
  switch (operator.kind) {
    case 'identity':
      return {}
    case 'mask':
      return { mask: operator.mask }
    case 'projection':
      return { matrix: operator.matrix }
    case 'family':
      return operator.parameters
  }
}

/** Rows start … stop − 1 of y's parameters. */
export const parameterRows = (
  parameters: Parameters<NdArray<'float32'>>,
  count: number,
  start: number,
  stop: number,
): Record<string, NdArray<'float32'>> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, array]) => [
      name,
      array.shape[0] === 1 && count > 1 ? array : rows(array, start, stop),
    ]),
  )

/** y and A of a batch, in the units of the set's latents. */
export interface Seen {
  readonly y: Tensor
  readonly A: Operator
}

/**
 * What a batch of a set is inside a program.
 *
 * A family works in its own units: of latents x' = s x + o, y becomes s y + o A 1 where A is linear, and A becomes
 * A((x' − o)/s) where it is not.
 *
 * @param parameters - of the batch, see {@link parametersOf}
 * @throws TweedieError `input` for unknown families, settings and missing parameters, `shape` for parameters that do not fit
 */
export const seenBy = (
  operator: ObservationOperator,
  event: Shape,
  y: Tensor,
  parameters: Parameters<Tensor>,
): Seen => {
  switch (operator.kind) {
    case 'identity':
      return { y, A: identity(event) }
    case 'mask':
      return { y, A: mask(parameters.mask, event) }
    case 'projection':
      return { y, A: projection(parameters.matrix, event) }
    case 'family': {
      const { name, settings, units } = operator
      const A = familyOf(name).make(settings, parameters, { event })
      if (!units) return { y, A }
      return A.linear ? { y: shifted(A, y, units), A } : { y, A: inUnits(A, units) }
    }
  }
}

/** s y + o A 1: A (s x + o) = s A x + o A 1. */
const shifted = (A: LinearOperator, y: Tensor, { scale, offset }: Affine): Tensor => {
  const ones = broadcastTo(constant(full([], 1, y.dtype)), [y.shape[0], ...A.inShape])
  return add(mul(y, scale), mul(A.apply(ones), offset))
}

/** x' ↦ A((x' − o)/s). */
const inUnits = (A: NonlinearOperator, { scale, offset }: Affine): NonlinearOperator => ({
  ...A,
  apply: (x) => A.apply(mul(sub(x, offset), 1 / scale)),
})

/**
 * Checks that the operator of a set can be made and gives observations of y's shape.
 *
 * @param where - file, for messages
 * @throws TweedieError `input` when it does not, for unknown families and for settings and parameters that do not fit
 */
export const checkSeen = ({ y, operator }: Pick<ObservationSet, 'y' | 'operator'>, where?: string): void => {
  if (operator.kind !== 'family') return
  const first = parameterRows(parametersOf(operator), y.shape[0], 0, 1)
  const parameters = Object.fromEntries(Object.entries(first).map(([name, array]) => [name, constant(array)]))
  fitting(where, () => {
    const { A } = seenBy(operator, operator.event, constant(rows(y, 0, 1)), parameters)
    const { name, event, linear } = operator
    if (String(A.outShape) !== String(y.shape.slice(1)))
      shapeError(name, `makes observations [${A.outShape}] of [${event}], y is [${y.shape.slice(1)}]`)
    if (A.linear !== linear)
      throw new TweedieError('input', `operator '${name}': 'linear' must be ${A.linear}`)
  })
}

/** Runs a check of what came from a file: what does not fit is the file's fault. */
const fitting = (where: string | undefined, check: () => void): void => {
  try {
    check()
  } catch (cause) {
    if (!(cause instanceof TweedieError)) throw cause
    const code = cause.code === 'shape' ? 'input' : cause.code
    throw new TweedieError(code, where === undefined ? cause.message : `${where}: ${cause.message}`, {
      cause,
    })
  }
}

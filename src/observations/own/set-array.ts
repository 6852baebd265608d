/** Arrays of sets that are made of a user's own numbers, rows of them when they are asked for. */
import type { NumberRows } from '../../formats/index.ts'
import { type NdArray, reshaped, type Shape } from '../../tensor/index.ts'
import type { Shaped } from '../operator.ts'

/** An array of a set: [N, ...], of which rows are made, or [1, ...], which all observations share. */
export interface SetArray extends Shaped {
  /** For observations `from … to − 1`. */
  readonly rows: (from: number, to: number) => Promise<NdArray<'float32'>>
}

/**
 * @param shape - as the set has it
 * @param count - observations
 * @param made - the array of a set from numbers, of any of their rows alike, but for axes of size 1
 */
export const setArray = (
  numbers: NumberRows,
  shape: Shape,
  count: number,
  made: (array: NdArray) => NdArray<'float32'>,
): SetArray => {
  const [first, ...rest] = shape
  const hasRows = first === count && numbers.shape[0] === count
  let shared: NdArray<'float32'> | undefined
  const whole = async () => {
    shared ??= reshaped(made(await numbers.whole()), shape)
    return shared
  }
  const part = async (from: number, to: number) =>
    reshaped(made(await numbers.rows(from, to)), [to - from, ...rest])
  return { shape, rows: hasRows ? part : whole }
}

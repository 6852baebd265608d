/** Weights of a file, in the form that its header describes: the header is believed as far as they reach. */
import { type NdArray, unflatten, withinElements } from '../tensor/index.ts'

/** How much more than its weights a fresh network may allocate while it is made. */
const SPARE = 4

/** Few weights may need more than that. */
const LEAST = 2 ** 16

/** How many numbers arrays hold. */
export const numbersIn = (arrays: readonly NdArray[]): number => arrays.reduce((n, { size }) => n + size, 0)

/**
 * The arrays `params.…` of a file in the form of fresh ones.
 *
 * @param fresh - makes them by the header
 * @param file - for messages
 * @throws TweedieError `input` when they are others than the header says, before anything is made that is
 * much larger than what the file holds
 */
export const weightsOf = <T>(fresh: () => T, arrays: Readonly<Record<string, NdArray>>, file: string): T => {
  const held = numbersIn(Object.values(arrays))
  const problem = `${file}: the header describes far more weights than the ${held} numbers of the file`
  const params = withinElements(SPARE * held + LEAST, problem, fresh)
  return unflatten({ params }, arrays, file).params
}

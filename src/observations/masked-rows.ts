/** Masked observations, for learners that know no other operator. */
import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import type { ObservationSet } from './observation-set.ts'
import { observationsInPriorUnits } from './units.ts'

/** y = m ∘ (x + noise z) of every row, in the units of the prior. */
export interface MaskedRows {
  /** [N, ...event]; 0 where nothing was observed. */
  readonly y: NdArray<'float32'>
  /** 1 where y was observed, 0 elsewhere; of the shape of y, or [N, 1, ...] where all channels share it. */
  readonly mask: NdArray<'float32'>
  /** Standard deviation of the noise. */
  readonly noise: number
}

/**
 * The rows of a set of masked observations.
 *
 * @param set - in the units of the data
 * @throws TweedieError `input` for other operators, and for noise that differs between entries
 *
 * @example
 * ```ts
 * const { y, mask, noise } = maskedRows(readObservations('digits.npz'))
 * ```
 */
export const maskedRows = (set: ObservationSet): MaskedRows => {
  const { operator } = set
  if (operator.kind !== 'mask') {
    const name = operator.kind === 'family' ? operator.name : operator.kind
    throw new TweedieError('input', `expected observations through known masks, got operator '${name}'`)
  }
  if (set.std)
    throw new TweedieError(
      'input',
      'expected noise of one standard deviation, got one that differs between entries',
    )
  const { y, noise } = observationsInPriorUnits(set)
  return { y, mask: operator.mask, noise }
}

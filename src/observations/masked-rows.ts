/** Masked observations, for learners that know no other operator. */
import { TweedieError } from '../error.ts'
import { familyOf, toPrior } from '../operators/index.ts'
import { eachBatch, float32, jit, type NdArray, sizeOf, type Tensor, zeros } from '../tensor/index.ts'
import { batchedObservations, type ObservationBatch } from './batches.ts'
import type { ObservationSet } from './observation-set.ts'
import { withinDomain } from './within-domain.ts'

/** y = m ∘ (x + noise z) of every row, in the units of the prior. */
export interface MaskedRows {
  /** [N, ...event]; 0 where nothing was observed. */
  readonly y: NdArray<'float32'>
  /** 1 where y was observed, 0 elsewhere; of the shape of y, or [N, 1, ...] where all channels share it. */
  readonly mask: NdArray<'float32'>
  /** Standard deviation of the noise. */
  readonly noise: number
}

/** Rows at once. */
const BATCH = 1024

/**
 * The rows of a set of masked observations.
 *
 * @param set - in the units of the data
 * @throws TweedieError `input` for other operators, and for noise that differs between entries
 *
 * @example
 * ```ts
 * const { y, mask, noise } = await maskedRows(readObservations('digits.npz'))
 * ```
 */
export const maskedRows = async (set: ObservationSet): Promise<MaskedRows> => {
  const { name, parameters, truth } = withinDomain(set).operator
  if (!familyOf(name).deletes || truth)
    throw new TweedieError('input', `expected observations through known masks, got operator '${name}'`)
  if (set.std)
    throw new TweedieError(
      'input',
      'expected noise of one standard deviation, got one that differs between entries',
    )
  const batched = batchedObservations(set)
  const program = jit((batch: ObservationBatch<Tensor>) => batched.observation(batch).y)
  const y = zeros(set.y.shape)
  try {
    await eachBatch(batched.count, BATCH, async (from, to) => {
      y.data.set(float32(await program(batched.batch(from, to))).data, from * sizeOf(batched.event))
    })
  } finally {
    await program.release()
  }
  return { y, mask: parameters.mask, noise: toPrior(set.range).scale * set.noise }
}

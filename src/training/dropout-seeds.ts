import type { Network } from '../nn/index.ts'
import { type Stream, wordsBatch } from '../random/index.ts'
import type { NdArray, Tensor } from '../tensor/index.ts'
import type { StepAddress } from './objective.ts'

/** Part of a batch whose network has dropout. */
export interface Seeded {
  /** Seeds of the masks, int32 [B, layers, 3]; see {@link dropoutSeeds}. */
  readonly seeds: Tensor
}

/**
 * The seeds of a network's dropout masks in one step, for `seededDropout`: three words of Philox for each row
 * and layer, addressed by (lap, step, row of the batch, layer).
 *
 * @param count - rows of the batch
 * @returns int32 [count, layers, 3]
 */
export const dropoutSeeds = (
  { dropouts }: Pick<Network, 'dropouts'>,
  count: number,
  stream: Stream,
  at: StepAddress,
): NdArray<'int32'> => wordsBatch(stream, at, [count, dropouts, 3])

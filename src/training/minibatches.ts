/** Which rows of the data a training step takes. */
import { integers, permutation, type Stream } from '../random/index.ts'
import type { StepAddress } from './objective.ts'

/** See {@link minibatches}. */
export interface MinibatchOptions {
  readonly batch: number
  /**
   * Rows drawn with replacement; default: by epochs, each a new permutation, the short last batch dropped.
   */
  readonly replacement?: boolean
}

/**
 * Chooses rows: a function of the number of rows and of (lap, step) alone, so that a resumed run sees the
 * same batches. Data smaller than a batch are drawn with replacement.
 */
export const minibatches = (stream: Stream, { batch, replacement = false }: MinibatchOptions) => {
  let epoch: { key: string; order: ArrayLike<number | bigint> } | undefined
  return (count: number, { lap = 0, step }: StepAddress): readonly number[] => {
    if (replacement || count < batch)
      return Array.from(integers(stream, 0, count, [batch], { lap, step }).data, Number)
    const perEpoch = Math.floor(count / batch)
    const at = { lap, step: Math.floor(step / perEpoch) }
    const key = `${lap} ${at.step} ${count}`
    if (epoch?.key !== key) epoch = { key, order: permutation(stream, count, at).data }
    const { order } = epoch
    const from = (step % perEpoch) * batch
    return Array.from({ length: batch }, (_, i) => Number(order[from + i]))
  }
}

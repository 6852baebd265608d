/** Masked observations, for learners that know no other operator. */
import { TweedieError } from '../error.ts'
import { familyOf, toPrior } from '../operators/index.ts'
import { float32, jit, type NdArray, rowsAt, type Shape, sizeOf, type Tensor } from '../tensor/index.ts'
import { batchedObservations, type ObservationBatch } from './batches.ts'
import { type Observations, observationsAt, sourceOf } from './observation-source.ts'

/** Some rows of y = m ∘ (x + noise z), in the units of the prior. */
export interface MaskedBatch {
  /** [n, ...event]; 0 where nothing was observed. */
  readonly y: NdArray<'float32'>
  /** 1 where y was observed, 0 elsewhere; of the shape of y, or [n, 1, ...] where all channels share it. */
  readonly mask: NdArray<'float32'>
}

/** y = m ∘ (x + noise z), in the units of the prior, of which rows are read when they are asked for. */
export interface MaskedRows {
  readonly count: number
  /** Shape of one y. */
  readonly event: Shape
  /** Shape of one mask. */
  readonly maskShape: Shape
  /** Standard deviation of the noise. */
  readonly noise: number
  /** The rows of these indices. @throws TweedieError `input` for rows that are unsound, `io` */
  rowsAt(rows: readonly number[]): Promise<MaskedBatch>
  /** The share of the entries that were observed, over all rows, which are read. */
  observedShare(): Promise<number>
  /** Frees what `rowsAt` has compiled. */
  release(): Promise<void>
}

/** Rows at once. */
const BATCH = 1024

/**
 * The rows of masked observations: a set in memory, or one that is read from its file.
 *
 * @param observations - in the units of the data
 * @throws TweedieError `input` for other operators, and for noise that differs between entries
 *
 * @example
 * ```ts
 * const rows = maskedRows(openObservations('digits.npz'))
 * const { y, mask } = await rows.rowsAt([3, 1, 4])
 * await rows.release()
 * ```
 */
export const maskedRows = (observations: Observations): MaskedRows => {
  const source = sourceOf(observations)
  const { name, parameters, truth, event } = source.operator
  if (!familyOf(name).deletes || truth)
    throw new TweedieError('input', `expected observations through known masks, got operator '${name}'`)
  if (source.std)
    throw new TweedieError(
      'input',
      'expected noise of one standard deviation, got one that differs between entries',
    )
  const { count, observation } = batchedObservations(source)
  const program = jit((batch: ObservationBatch<Tensor>) => observation(batch).y)
  const maskShape = parameters.mask.shape.slice(1)
  const isShared = parameters.mask.shape[0] !== count
  return {
    count,
    event,
    maskShape,
    noise: toPrior(source.range).scale * source.noise,
    rowsAt: async (at) => {
      const { y, operator } = observationsAt(source, at)
      const { mask } = operator.parameters
      return {
        y: float32(await program({ y, parameters: operator.parameters, noise: {} })),
        mask: isShared
          ? rowsAt(
              mask,
              at.map(() => 0),
            )
          : mask,
      }
    },
    observedShare: async () => {
      if (isShared) return shareOf(source.rows(0, 1).operator.parameters.mask)
      let seen = 0
      for (let from = 0; from < count; from += BATCH)
        seen += totalOf(source.rows(from, Math.min(count, from + BATCH)).operator.parameters.mask)
      return seen / (count * sizeOf(maskShape))
    },
    release: program.release,
  }
}

const totalOf = ({ data }: NdArray<'float32'>): number => data.reduce((sum, m) => sum + m, 0)
const shareOf = (mask: NdArray<'float32'>): number => totalOf(mask) / mask.size

import { isLinear } from '../operators/index.ts'
import {
  type ExecuteOptions,
  eachBatch,
  float32,
  jit,
  type NdArray,
  sizeOf,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { batchedObservations, type ObservationBatch } from './batches.ts'
import type { ObservationSet } from './observation-set.ts'

/**
 * A picture of y alone, in the shape of x: y where it has this shape; else A⁺ y where that
 * is known, else Aᵀ y (zero-filled reconstruction, unfiltered back-projection).
 *
 * @returns [N, ...event] in the units of the data, or undefined where A is not linear
 *
 * @example
 * ```ts
 * const pictures = await backProjection(readObservations('slices.npz'))
 * ```
 */
export const backProjection = async (
  set: ObservationSet,
  { batch = 64, ...execute }: ExecuteOptions & { readonly batch?: number } = {},
): Promise<NdArray<'float32'> | undefined> => {
  const { y, operator } = set
  const { event } = operator
  if (String(y.shape.slice(1)) === String(event)) return y
  if (!isLinear(operator)) return undefined
  const batched = batchedObservations(set)
  const program = jit((rows: ObservationBatch<Tensor>) => {
    const { A, y: observed } = batched.raw(rows)
    if (!A.linear) throw new Error('linear operators only')
    return A.pinv ? A.pinv(observed) : A.adjoint(observed)
  }, execute)
  const out = zeros([batched.count, ...event])
  try {
    await eachBatch(batched.count, batch, async (from, to) => {
      out.data.set(float32(await program(batched.batch(from, to))).data, from * sizeOf(event))
    })
  } finally {
    await program.release()
  }
  return out
}

/** A picture of y in the units of x, for operators whose y is not. */
import { isLinear } from '../operators/index.ts'
import {
  div,
  eachBatch,
  float32,
  jit,
  maximum,
  mul,
  type NdArray,
  reshape,
  sizeOf,
  square,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { batchedObservations, type ObservationBatch } from './batches.ts'
import type { ObservationSet } from './observation-set.ts'

/**
 * The first step of steepest descent on ‖y − A x‖² from 0: α Aᵀ y, with α = ‖Aᵀ y‖² / ‖A Aᵀ y‖². Its scale
 * is that of x, whatever the scale of A.
 *
 * @returns [N, ...event], or undefined where A is not linear
 */
export const firstStep = async (set: ObservationSet): Promise<NdArray<'float32'> | undefined> => {
  if (!isLinear(set.operator)) return undefined
  const batched = batchedObservations(set)
  const program = jit((rows: ObservationBatch<Tensor>) => {
    const { A, y } = batched.raw(rows)
    if (!A.linear) throw new Error('linear operators only')
    const total = (v: Tensor) =>
      sum(square(v), { axes: v.shape.map((_, axis) => axis).slice(1), keepdims: true })
    const g = A.adjoint(y)
    const through = total(A.apply(g))
    const ones = set.operator.event.map(() => 1)
    const alpha = div(total(g), maximum(reshape(through, [through.shape[0], ...ones]), 1e-37))
    return mul(g, alpha)
  })
  const out = zeros([batched.count, ...batched.event])
  try {
    await eachBatch(batched.count, 64, async (from, to) => {
      const made = await program(batched.batch(from, to))
      out.data.set(float32(made).data, from * sizeOf(batched.event))
    })
  } finally {
    await program.release()
  }
  return out
}

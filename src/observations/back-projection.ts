import { type ExecuteOptions, jit, type NdArray, rows, sizeOf, type Tensor, zeros } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'
import { eventOf, parameterRows, parametersOf, seenBy } from './operator-of.ts'

/**
 * What y says by itself, in the shape of x, to be looked at: y where it has this shape; else A⁺ y where that is known, else Aᵀ y
 * (zero-filled reconstruction, unfiltered back-projection).
 *
 * @returns [N, ...event], or undefined where A is not linear
 *
 * @example
 * ```ts
 * const pictures = await backProjection(readObservations('slices.npz'))
 * ```
 */
export const backProjection = async (
  set: ObservationSet,
  { batch = 64, ...execute }: ExecuteOptions & { batch?: number } = {},
): Promise<NdArray<'float32'> | undefined> => {
  const { y, operator } = set
  const event = eventOf(set)
  if (String(y.shape.slice(1)) === String(event)) return y
  if (operator.kind === 'family' && !operator.linear) return undefined
  const count = y.shape[0]
  const parameters = parametersOf(operator)
  const program = jit((y: Tensor, p: Readonly<Record<string, Tensor>>) => {
    const { A, y: seen } = seenBy(operator, event, y, p)
    if (!A.linear) throw new Error('linear operators only')
    return A.pinv ? A.pinv(seen) : A.adjoint(seen)
  }, execute)
  const out = zeros([count, ...event])
  const size = Math.min(batch, count)
  try {
    for (let i = 0; i < count; i += size) {
      const from = Math.min(i, count - size) // the last batch is shifted back: one compiled shape serves all
      const { data } = await program(
        rows(y, from, from + size),
        parameterRows(parameters, count, from, from + size),
      )
      if (data instanceof Float32Array) out.data.set(data, from * sizeOf(event))
    }
  } finally {
    await program.release()
  }
  return out
}

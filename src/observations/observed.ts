import { familyOf, observedEntries, type Parameters } from '../operators/index.ts'
import {
  broadcastTo,
  type ExecuteOptions,
  eachBatch,
  float32,
  jit,
  NdArray,
  sizeOf,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'
import { parameterRows } from './operator.ts'

/**
 * Where a set was observed: 1, else 0, in the shape of y. Undefined when its operator leaves nothing out.
 *
 * @example
 * ```ts
 * const mask = await observedMask(readObservations('observations.npz')) // [N, ...]
 * ```
 */
export const observedMask = async (
  { y, operator }: Pick<ObservationSet, 'y' | 'operator'>,
  { batch = 256, ...execute }: ExecuteOptions & { readonly batch?: number } = {},
): Promise<NdArray<'float32'> | undefined> => {
  const [count, ...shape] = y.shape
  let leavesOut = true
  const program = jit((parameters: Parameters<Tensor>, size: Tensor) => {
    const observed = observedEntries(operator, parameters, operator.event)
    leavesOut = observed !== undefined
    return observed ? broadcastTo(observed, [Math.max(size.shape[0], observed.shape[0]), ...shape]) : size
  }, execute)
  const out = zeros(y.shape)
  try {
    await eachBatch(count, batch, async (from, to) => {
      const mask = await program(parameterRows(operator.parameters, count, from, to), zeros([to - from]))
      if (leavesOut) out.data.set(float32(mask).data, from * sizeOf(shape))
    })
  } finally {
    await program.release()
  }
  return leavesOut ? out : undefined
}

/**
 * Of operators that delete entries: 1 where x was observed, 0 elsewhere, in the shape of x, [N, ...event].
 * Undefined for all others, and for blind sets, which do not tell.
 *
 * @example
 * ```ts
 * const mask = keptEntries(readObservations('observations.npz'))
 * ```
 */
export const keptEntries = ({
  y,
  operator: { name, event, parameters, truth },
}: Pick<ObservationSet, 'y' | 'operator'>): NdArray<'float32'> | undefined => {
  if (!familyOf(name).deletes || truth) return undefined
  const { mask } = parameters
  if (mask.size === y.size) return mask
  const [count, size] = [y.shape[0], sizeOf(event)]
  const own = sizeOf(mask.shape.slice(1)) // less than `size` where channels share a mask: it repeats
  const shared = mask.shape[0] === 1
  const data = Float32Array.from({ length: count * size }, (_, i) => {
    const row = shared ? 0 : Math.floor(i / size)
    return mask.data[row * own + ((i % size) % own)]
  })
  return new NdArray('float32', [count, ...event], data)
}

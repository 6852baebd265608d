/** Floating-point operations of a traced function: see `graphCost`. */
import { graphCost, input, leavesOf, toTensors } from '../src/tensor/index.ts'

/** @param args - arrays as the compiled function would get them; numbers are scalars */
export const flopsOf = <A extends readonly unknown[]>(
  fn: (...args: { [K in keyof A]: never }) => unknown,
  args: A,
): number => {
  const traced: (...args: readonly unknown[]) => unknown = fn as (...args: readonly unknown[]) => unknown
  const tensors = toTensors(args, (leaf) =>
    typeof leaf === 'number' ? input('float32', []) : input(leaf.dtype, leaf.shape),
  )
  const result = traced(...Object.values(tensors))
  return graphCost(leavesOf(result)).flops
}

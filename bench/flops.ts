/**
 * Floating-point operations of a traced function: those of its convolutions and matrix products, done
 * directly.
 */
import { input, leavesOf, sizeOf, type Tensor, topological, toTensors } from '../src/tensor/index.ts'

const ofNode = ({ op, inputs, shape, attrs }: Tensor): number => {
  const [a, b] = inputs
  switch (op.name) {
    case 'conv2d':
      return 2 * sizeOf(shape) * sizeOf(b.shape.slice(1))
    case 'convInput': // as many as the convolution whose transpose it is
      return 2 * sizeOf(a.shape) * sizeOf(b.shape.slice(1))
    case 'convKernel':
      return 2 * sizeOf(b.shape) * sizeOf(shape.slice(1))
    case 'matmul':
      return 2 * sizeOf(shape) * (a.shape.at(attrs.transA ? -2 : -1) ?? 1)
    default:
      return 0
  }
}

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
  return topological(leavesOf(result)).reduce((sum, node) => sum + ofNode(node), 0)
}

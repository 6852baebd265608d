/**
 * What a graph costs before it runs: floating-point operations, and the bytes that are alive at once. Both
 * are counted from the nodes, so they say nothing of what a runtime adds or saves.
 */
import { type DType, elementBytes } from './dtype.ts'
import { topological } from './gradient.ts'
import { sizeOf } from './ndarray.ts'
import { Constant, type Tensor } from './tensor.ts'

/** The cost of a graph. */
export interface GraphCost {
  /** Floating-point operations of its convolutions and matrix products, done directly. */
  readonly flops: number
  /** Bytes of results that are alive at once, at most: outputs included, inputs and constants not. */
  readonly live: number
  /** Bytes of its constants, such as weights that are frozen. */
  readonly constants: number
  /** Bytes of its inputs, those that it uses. */
  readonly inputs: number
}

/** Bytes of an array. */
export const bytesOf = ({
  dtype,
  shape,
}: {
  readonly dtype: DType
  readonly shape: readonly number[]
}): number => elementBytes(dtype) * sizeOf(shape)

const flopsOfNode = ({ op, inputs, shape, attrs }: Tensor): number => {
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

/** Ops whose result cannot take the place of an argument, although it has its size. */
const ELSEWHERE = new Set(['conv2d', 'convInput', 'convKernel', 'matmul', 'transpose', 'take', 'scatterAdd'])

/** Bytes alive at once, when each node is computed in this order and let go after its last reader. */
const liveBytes = (order: readonly Tensor[], outputs: ReadonlySet<Tensor>): number => {
  const last = new Map<Tensor, number>()
  for (const [i, node] of order.entries()) for (const read of node.inputs) last.set(read, i)
  const held = new Map<Tensor, number>()
  let [now, most] = [0, 0]
  for (const [i, node] of order.entries()) {
    if (node.inputs.length === 0) continue
    const bytes = bytesOf(node)
    const ends = [...new Set(node.inputs)].filter((read) => last.get(read) === i && !outputs.has(read))
    // Views and elementwise results take the place of an argument that nobody reads any more.
    const replaced = ELSEWHERE.has(node.op.name) ? undefined : ends.find((read) => held.get(read) === bytes)
    now += replaced ? 0 : bytes
    held.set(node, bytes)
    most = Math.max(most, now)
    for (const read of ends) {
      if (read !== replaced) now -= held.get(read) ?? 0
      held.delete(read)
    }
  }
  return most
}

const total = (nodes: readonly Tensor[]): number => nodes.reduce((sum, node) => sum + bytesOf(node), 0)

/**
 * The cost of the graph that leads to the outputs.
 *
 * @example
 * ```ts
 * const [a, b] = [input('float32', [64, 32]), input('float32', [32, 16])]
 * graphCost([matmul(a, b)]).flops // 2 · 64 · 32 · 16
 * ```
 */
export const graphCost = (outputs: readonly Tensor[]): GraphCost => {
  const order = topological(outputs)
  const leaves = order.filter(({ inputs }) => inputs.length === 0)
  const constants = leaves.filter((node) => node instanceof Constant)
  return {
    flops: order.reduce((sum, node) => sum + flopsOfNode(node), 0),
    live: liveBytes(order, new Set(outputs)),
    constants: total(constants),
    inputs: total(leaves.filter((node) => node.op.name === 'input')),
  }
}

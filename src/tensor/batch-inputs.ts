/** Symbolic batches of any size, from the shapes of small ones. */
import { TweedieError } from '../error.ts'
import type { Shape } from './ndarray.ts'
import { input } from './tensor.ts'
import { type Feeds, toTensors, type Value } from './tree.ts'

/** Sizes grow by the same from row to row: the axis of the batch by one, others not at all. */
const grown = (one: Shape, two: Shape, rows: number): Shape =>
  one.map((size, axis) => size + (rows - 1) * ((two[axis] ?? size) - size))

/** Numbers are scalars. */
const arraysOf = (tree: unknown): Record<string, Value | number> => {
  const found: Record<string, Value | number> = {}
  toTensors(tree, (leaf, path) => {
    found[path] = leaf
    return input('float32', [])
  })
  return found
}

/**
 * The inputs of a program for a batch of so many rows, which nobody has to make: their shapes follow from
 * those of a batch of one row and a batch of two.
 *
 * @param one - arrays of one row, as the program would get them
 * @param two - the same of two rows
 * @throws TweedieError `input` when they do not have the same nesting
 *
 * @example
 * ```ts
 * const { x } = batchInputs({ x: zeros([1, 3]) }, { x: zeros([2, 3]) }, 256) // a tensor [256, 3]
 * ```
 */
export const batchInputs = <B>(one: Feeds<B>, two: Feeds<B>, rows: number): B => {
  const others = arraysOf(two)
  const inputs = toTensors(one, (leaf, path) => {
    const other = others[path]
    if (other === undefined) throw new TweedieError('input', `batchInputs: two rows lack '${path}'`)
    if (typeof leaf === 'number' || typeof other === 'number') return input('float32', [])
    return input(leaf.dtype, grown(leaf.shape, other.shape, rows))
  })
  return inputs as B
}

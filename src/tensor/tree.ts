/**
 * Nested records: `{ a: x, b: [y, { c: z }] }`, the shape in which parameters, batches and results travel.
 */
import { TweedieError } from '../error.ts'
import type { DType } from './dtype.ts'
import { NdArray } from './ndarray.ts'
import { Tensor } from './tensor.ts'

/** A leaf, or a list or record of trees. */
export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> }

/** The same nesting with every tensor replaced by an array; a tree of unknown nesting stays one. */
export type Arrays<T> = [Tree<Tensor>] extends [T]
  ? Tree<NdArray>
  : T extends Tensor
    ? NdArray<DType>
    : T extends object
      ? { [K in keyof T]: Arrays<T[K]> }
      : T

/** Arguments of a program where the traced function takes `T`: arrays, or plain numbers for f32 scalars. */
export type Feeds<T> = [Tree<Tensor>] extends [T]
  ? Tree<NdArray>
  : T extends Tensor
    ? NdArray | number
    : T extends object
      ? { [K in keyof T]: Feeds<T[K]> }
      : T

/** The same nesting with every array replaced by a tensor. */
export type Tensors<T> = [Tree<NdArray>] extends [T]
  ? Tree<Tensor>
  : T extends NdArray
    ? Tensor
    : T extends object
      ? { [K in keyof T]: Tensors<T[K]> }
      : T

const isLeaf = (node: unknown): node is NdArray | Tensor | number =>
  node instanceof NdArray || node instanceof Tensor || typeof node === 'number'

const step = (path: string, key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`)

/** Calls `visit` at each leaf, in the order of the keys as written. */
export const walk = (
  tree: unknown,
  visit: (leaf: NdArray | Tensor | number, path: string) => void,
  path = '',
): void => {
  if (isLeaf(tree)) visit(tree, path)
  else if (Array.isArray(tree)) for (const [i, item] of tree.entries()) walk(item, visit, step(path, i))
  else if (typeof tree === 'object' && tree !== null) {
    for (const [key, item] of Object.entries(tree)) walk(item, visit, step(path, key))
  } else
    throw new TweedieError(
      'input',
      `expected an array or a record of arrays at '${path}', got ${typeof tree}`,
    )
}

const map = (
  tree: unknown,
  fn: (leaf: NdArray | Tensor | number, path: string) => unknown,
  path: string,
): unknown => {
  if (isLeaf(tree)) return fn(tree, path)
  if (Array.isArray(tree)) return tree.map((item, i) => map(item, fn, step(path, i)))
  if (typeof tree === 'object' && tree !== null) {
    return Object.fromEntries(
      Object.entries(tree).map(([key, item]) => [key, map(item, fn, step(path, key))]),
    )
  }
  throw new TweedieError('input', `expected an array or a record of arrays at '${path}', got ${typeof tree}`)
}

/** Tensors → arrays. The nesting is kept, so the static type follows. */
export const toArrays = <T>(tree: T, fn: (leaf: Tensor, path: string) => NdArray): Arrays<T> =>
  map(
    tree,
    (leaf, path) => (leaf instanceof Tensor ? fn(leaf, path) : wrongLeaf(leaf, path)),
    '',
  ) as Arrays<T>

/** Arrays → tensors. */
export const toTensors = <T>(tree: T, fn: (leaf: NdArray | number, path: string) => Tensor): Tensors<T> =>
  map(
    tree,
    (leaf, path) => (leaf instanceof Tensor ? wrongLeaf(leaf, path) : fn(leaf, path)),
    '',
  ) as Tensors<T>

/** Leaf by leaf over one tree of tensors or several of the same nesting. */
export const mapTensors = <T>(fn: (...leaves: Tensor[]) => Tensor, first: T, ...others: readonly T[]): T => {
  const lists = others.map((tree) => leavesOf(tree))
  let i = 0
  return map(
    first,
    (leaf, path) => {
      if (!(leaf instanceof Tensor)) return wrongLeaf(leaf, path)
      const rest = lists.map((list) => list[i])
      i++
      return fn(leaf, ...rest)
    },
    '',
  ) as T
}

/** Leaf by leaf over a tree of arrays; plain numbers stay as they are. */
export const mapArrays = <T>(fn: (leaf: NdArray, path: string) => NdArray, tree: T): T =>
  map(
    tree,
    (leaf, path) =>
      typeof leaf === 'number' ? leaf : leaf instanceof NdArray ? fn(leaf, path) : wrongLeaf(leaf, path),
    '',
  ) as T

/** The tensors of a tree, in order. */
export const leavesOf = (tree: unknown): Tensor[] => {
  const list: Tensor[] = []
  walk(tree, (leaf, path) => {
    if (leaf instanceof Tensor) list.push(leaf)
    else wrongLeaf(leaf, path)
  })
  return list
}

/** The arrays of a tree by their dotted paths: how checkpoints name them. */
export const flatten = (tree: unknown): Record<string, NdArray> => {
  const flat: Record<string, NdArray> = {}
  walk(tree, (leaf, path) => {
    if (leaf instanceof NdArray) flat[path] = leaf
    else wrongLeaf(leaf, path)
  })
  return flat
}

/**
 * The inverse of {@link flatten}, with `like` giving the nesting, shapes and dtypes.
 * @throws TweedieError `input` when an array is missing or has another shape or dtype.
 */
export const unflatten = <T>(like: T, flat: Readonly<Record<string, NdArray>>, where = 'arrays'): T =>
  mapArrays((leaf, path) => {
    const found = Object.hasOwn(flat, path) ? flat[path] : undefined
    if (!found) throw new TweedieError('input', `${where}: '${path}' is missing`)
    if (found.dtype !== leaf.dtype || found.shape.join() !== leaf.shape.join()) {
      const [want, got] = [leaf, found].map((a) => `${a.dtype}[${a.shape}]`)
      throw new TweedieError('input', `${where}: '${path}' should be ${want}, got ${got}`)
    }
    return found
  }, like)

const wrongLeaf = (leaf: unknown, path: string): never => {
  const kind =
    leaf instanceof Tensor ? 'a symbolic tensor' : leaf instanceof NdArray ? 'an array' : `${typeof leaf}`
  throw new TweedieError('input', `did not expect ${kind} at '${path}'`)
}

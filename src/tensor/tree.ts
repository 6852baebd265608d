/**
 * Nested records: `{ a: x, b: [y, { c: z }] }`, the shape in which parameters, batches and results travel.
 */
import { TweedieError } from '../error.ts'
import { DeviceArray } from './device-array.ts'
import type { DType } from './dtype.ts'
import { NdArray, zeros } from './ndarray.ts'
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

/** An array, here or on a device. */
export type Value = NdArray | DeviceArray

/** The same nesting with every tensor replaced by an array, here or on a device. */
export type Held<T> = [Tree<Tensor>] extends [T]
  ? Tree<Value>
  : T extends Tensor
    ? Value
    : T extends object
      ? { [K in keyof T]: Held<T[K]> }
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

type Leaf = Value | Tensor | number

const isLeaf = (node: unknown): node is Leaf =>
  node instanceof NdArray || node instanceof Tensor || node instanceof DeviceArray || typeof node === 'number'

const step = (path: string, key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`)

/** Calls `visit` at each leaf, in the order of the keys as written. */
export const walk = (tree: unknown, visit: (leaf: Leaf, path: string) => void, path = ''): void => {
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

const map = (tree: unknown, fn: (leaf: Leaf, path: string) => unknown, path: string): unknown => {
  if (isLeaf(tree)) return fn(tree, path)
  if (Array.isArray(tree)) return tree.map((item, i) => map(item, fn, step(path, i)))
  if (typeof tree === 'object' && tree !== null) {
    return Object.fromEntries(
      Object.entries(tree).map(([key, item]) => [key, map(item, fn, step(path, key))]),
    )
  }
  throw new TweedieError('input', `expected an array or a record of arrays at '${path}', got ${typeof tree}`)
}

/** Arrays on a device → arrays here; the others stay. */
export const toHost = <T>(tree: Held<T>, fn: (leaf: DeviceArray, path: string) => NdArray): Arrays<T> =>
  map(
    tree,
    (leaf, path) =>
      leaf instanceof DeviceArray ? fn(leaf, path) : leaf instanceof Tensor ? wrongLeaf(leaf, path) : leaf,
    '',
  ) as Arrays<T>

const ofTensors = (tree: unknown, fn: (leaf: Tensor, path: string) => Value): unknown =>
  map(tree, (leaf, path) => (leaf instanceof Tensor ? fn(leaf, path) : wrongLeaf(leaf, path)), '')

/** Tensors → arrays, here or on a device. The nesting is kept, so the static type follows. */
export const toHeld = <T>(tree: T, fn: (leaf: Tensor, path: string) => Value): Held<T> =>
  ofTensors(tree, fn) as Held<T>

/** Tensors → arrays. */
export const toArrays = <T>(tree: T, fn: (leaf: Tensor, path: string) => NdArray): Arrays<T> =>
  ofTensors(tree, fn) as Arrays<T>

/** Zeros on the host like the arrays of a tree, wherever these are. */
export const zerosLike = (tree: Tree<Value>): Tree<NdArray> =>
  map(
    tree,
    (leaf, path) =>
      leaf instanceof NdArray || leaf instanceof DeviceArray
        ? zeros(leaf.shape, leaf.dtype)
        : wrongLeaf(leaf, path),
    '',
  ) as Tree<NdArray>

/** The arrays of a tree, here or on a device, in order. */
export const valuesOf = (tree: Tree<Value>): Value[] => {
  const list: Value[] = []
  walk(tree, (leaf, path) => {
    if (leaf instanceof NdArray || leaf instanceof DeviceArray) list.push(leaf)
    else wrongLeaf(leaf, path)
  })
  return list
}

/** A tree of the same nesting with other arrays, in the order of {@link valuesOf}. */
export const withValues = (tree: Tree<Value>, values: readonly Value[]): Tree<Value> => {
  let leaf = 0
  return map(tree, () => values[leaf++], '') as Tree<Value>
}

/** Arrays → tensors. */
export const toTensors = <T>(tree: T, fn: (leaf: Value | number, path: string) => Tensor): Tensors<T> =>
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

const kindOf = (leaf: unknown): string => {
  if (leaf instanceof Tensor) return 'a symbolic tensor'
  if (leaf instanceof NdArray) return 'an array'
  return leaf instanceof DeviceArray ? 'an array on a device' : typeof leaf
}

const wrongLeaf = (leaf: unknown, path: string): never => {
  throw new TweedieError('input', `did not expect ${kindOf(leaf)} at '${path}'`)
}

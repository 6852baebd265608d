/**
 * Values that are known while a graph is read: shapes are computed by nodes too (Shape, Gather, Mul, Concat
 * …), and end in a Reshape that wants numbers. Such expressions of constants are computed here, in double
 * precision.
 */
import { TweedieError } from '../../error.ts'
import type { DType } from '../dtype.ts'
import { topological } from '../gradient.ts'
import { type NdArray, type Shape, sizeOf, toNumbers } from '../ndarray.ts'
import { broadcastShapes } from '../shape.ts'
import { Constant, type Tensor } from '../tensor.ts'

/** An array of known numbers. */
export interface Known {
  readonly dtype: DType
  readonly shape: Shape
  readonly values: readonly number[]
}

/** Entries that a known array may have: shapes, axes, small tables. */
const MOST = 2 ** 20

const stridesOf = (shape: Shape): number[] => shape.map((_, i) => sizeOf(shape.slice(i + 1)))

/** The index of each entry of a shape, row-major. */
const indexAt = (flat: number, shape: Shape): number[] => {
  const strides = stridesOf(shape)
  return shape.map((d, i) => Math.floor(flat / strides[i]) % d)
}

/** An array of a shape whose entries are those of x at the places that `from` says; 0 where it says none. */
const moved = (x: Known, shape: Shape, from: (index: number[]) => number[] | undefined, fill = 0): Known => {
  const strides = stridesOf(x.shape)
  const values = Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const place = from(indexAt(flat, shape))
    return place ? x.values[place.reduce((sum, j, i) => sum + j * strides[i], 0)] : fill
  })
  return { dtype: x.dtype, shape, values }
}

const spread = (x: Known, shape: Shape): Known =>
  moved(x, shape, (index) => x.shape.map((d, i) => (d === 1 ? 0 : index[i + shape.length - x.shape.length])))

const isInteger = (dtype: DType): boolean => dtype !== 'float32' && dtype !== 'float64'

/** Functions of one number. */
const unary: Readonly<Record<string, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  not: (x) => (x ? 0 : 1),
}

/** Functions of two numbers, whose results are numbers or 0 and 1. */
const binary: Readonly<Record<string, (a: number, b: number, integer: boolean) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b, integer) => (integer ? Math.trunc(a / b) : a / b),
  pow: (a, b) => a ** b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  equal: (a, b) => Number(a === b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
  and: (a, b) => Number(a !== 0 && b !== 0),
  or: (a, b) => Number(a !== 0 || b !== 0),
}

const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value : [])

type Compute = (node: Tensor, inputs: readonly Known[]) => Known

const joined: Compute = ({ shape, attrs, dtype }, inputs) => {
  const axis = Number(attrs.axis)
  const outer = sizeOf(shape.slice(0, axis))
  const values = Array.from({ length: outer }, (_, o) =>
    inputs.flatMap((x) => {
      const each = sizeOf(x.shape.slice(axis))
      return x.values.slice(o * each, (o + 1) * each)
    }),
  ).flat()
  return { dtype, shape, values }
}

const taken: Compute = ({ shape, attrs }, [x, indices]) => {
  const axis = Number(attrs.axis)
  const rank = indices.shape.length
  const strides = stridesOf(indices.shape)
  return moved(x, shape, (index) => {
    const which = index.slice(axis, axis + rank).reduce((sum, j, i) => sum + j * strides[i], 0)
    const j = indices.values[which]
    return [...index.slice(0, axis), j < 0 ? j + x.shape[axis] : j, ...index.slice(axis + rank)]
  })
}

/** Ops that move entries. */
const moving: Readonly<Record<string, Compute>> = {
  reshape: ({ shape }, [x]) => ({ ...x, shape }),
  broadcastTo: ({ shape }, [x]) => spread(x, shape),
  transpose: ({ shape, attrs }, [x]) => {
    const perm = numbers(attrs.perm)
    return moved(x, shape, (index) => perm.map((_, i) => index[perm.indexOf(i)]))
  },
  slice: ({ shape, attrs }, [x]) => {
    const [starts, steps] = [numbers(attrs.starts), numbers(attrs.steps)]
    return moved(x, shape, (index) => index.map((j, i) => starts[i] + j * steps[i]))
  },
  pad: ({ shape, attrs }, [x]) => {
    const before = numbers(attrs.before)
    const inside = (index: number[]) => {
      const place = index.map((j, i) => j - before[i])
      return place.every((j, i) => j >= 0 && j < x.shape[i]) ? place : undefined
    }
    return moved(x, shape, inside, Number(attrs.value))
  },
  concat: joined,
  take: taken,
  where: ({ shape, dtype }, inputs) => {
    const [c, a, b] = inputs.map((x) => spread(x, shape).values)
    return { dtype, shape, values: c.map((yes, i) => (yes ? a[i] : b[i])) }
  },
  cast: ({ dtype }, [x]) => {
    if (dtype === 'bool') return { ...x, dtype, values: x.values.map((v) => Number(v !== 0)) }
    return { ...x, dtype, values: isInteger(dtype) ? x.values.map(Math.trunc) : x.values }
  },
}

const compute: Compute = (node, inputs) => {
  const { name } = node.op
  const { dtype, shape } = node
  if (Object.hasOwn(moving, name)) return moving[name](node, inputs)
  if (Object.hasOwn(unary, name)) return { dtype, shape, values: inputs[0].values.map(unary[name]) }
  if (Object.hasOwn(binary, name)) {
    const wide = broadcastShapes(name, inputs[0].shape, inputs[1].shape)
    const [a, b] = inputs.map((x) => spread(x, wide).values)
    const integer = isInteger(inputs[0].dtype)
    return { dtype, shape, values: a.map((v, i) => binary[name](v, b[i], integer)) }
  }
  throw new TweedieError('input', `'${name}' is not computed where a number is needed`)
}

/** What is known of leaves that are no constants, such as weights of the file. */
export type LeafValue = (leaf: Tensor) => NdArray | undefined

/** Remembers what was computed, by node. */
export class KnownValues {
  private readonly values = new Map<Tensor, Known>()
  private readonly leafValue: LeafValue

  constructor(leafValue: LeafValue = () => undefined) {
    this.leafValue = leafValue
  }

  /** Whether a value follows from constants, and from leaves whose value is known. */
  private isKnown(order: readonly Tensor[]): boolean {
    return order.every((t) => t.inputs.length > 0 || t instanceof Constant || this.leafValue(t) !== undefined)
  }

  /**
   * The numbers of a tensor, when they follow from constants alone.
   *
   * @throws TweedieError `input` when there are too many of them to be shapes, or by an op that is not
   *   computed
   */
  of(t: Tensor): Known | undefined {
    const done = this.values.get(t)
    if (done) return done
    const order = topological([t])
    if (!this.isKnown(order)) return undefined
    for (const node of order) if (!this.values.has(node)) this.values.set(node, this.computed(node))
    return this.values.get(t)
  }

  private computed(node: Tensor): Known {
    if (sizeOf(node.shape) > MOST)
      throw new TweedieError('input', `[${node.shape}] numbers are too many to be known while reading`)
    const leaf =
      node instanceof Constant ? node.value : node.inputs.length === 0 ? this.leafValue(node) : undefined
    if (leaf) return { dtype: leaf.dtype, shape: leaf.shape, values: toNumbers(leaf) }
    return compute(
      node,
      node.inputs.map((input) => this.values.get(input)).flatMap((known) => (known ? [known] : [])),
    )
  }
}

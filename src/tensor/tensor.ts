/**
 * Expressions. A {@link Tensor} is an immutable node of a graph: an op, its inputs, attributes, dtype and
 * static shape. Nothing is computed when one is made; `jit` compiles the graph that leads to the outputs.
 *
 * Equal nodes are shared (hash-consing): each node keeps the nodes derived from it, keyed by op, attributes
 * and the other inputs, so the table lives and dies with the graph and there is no global state.
 */
import type { DType } from './dtype.ts'
import { full, type NdArray, type Shape } from './ndarray.ts'
import type { Attribute } from './onnx/proto.ts'
import { show } from './shape.ts'

/** Static parameters of an op, comparable by value. */
export type Attrs = Readonly<Record<string, number | string | boolean | readonly number[]>>

/** The type of an op's result: dtype and shape. */
export interface Type {
  readonly dtype: DType
  readonly shape: Shape
}

/** One kind of node. Methods, so that ops with narrower attributes fit where any op is asked for. */
export interface Op<A extends Attrs = Attrs> {
  /** Key of the op in tables of lowerings, and its name in messages. */
  readonly name: string
  /** Shape rule; throws a TweedieError `shape` that names the op and the shapes. */
  infer(inputs: readonly Tensor[], attrs: A): Type
  /**
   * Cotangents of the inputs, given that of the node: written in ops, so it can be differentiated again.
   * Where the op broadcast an input they may keep the larger shape: `vjp` sums them.
   */
  grad(node: Tensor<A>, cotangent: Tensor): readonly (Tensor | undefined)[]
  /** Portable ONNX: returns the name of the value that holds the node. */
  lower(node: Tensor<A>, emit: Emit): string
}

/** The writer of ONNX nodes that ops use; values go by name. */
export interface Emit {
  /** Name of the value that holds a tensor. */
  value(t: Tensor): string
  /** A node with one output. */
  node(op: string, inputs: readonly string[], attributes?: Attributes, domain?: string): string
  /** A node with several outputs. */
  multi(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes?: Attributes,
    domain?: string,
  ): string[]
  /** A fixed array. */
  constant(value: NdArray): string
  /** A fixed list of integers, as axes and shapes are given. */
  ints(values: readonly number[]): string
  /** Emits once per key. */
  once(key: string, make: () => string): string
  /** A tensor without inputs. */
  leaf(t: Tensor): string
}

/** Attributes of an ONNX node. */
export type Attributes = Readonly<Record<string, Attribute>>

let serial = 0

/**
 * A symbolic array: see the module comment. Made by ops only.
 *
 * @example
 * ```ts
 * const squared = jit((v: Tensor) => square(v)) // v is symbolic; arrays go in and come out
 * ```
 */
export class Tensor<A extends Attrs = Attrs> {
  readonly id: number = serial++
  readonly op: Op<A>
  readonly inputs: readonly Tensor[]
  readonly attrs: A
  readonly dtype: DType
  readonly shape: Shape
  /** Identifies the node among others: its content where that is short, else its identity. */
  readonly key: string
  /** Nodes derived from this one, for hash-consing. */
  private readonly derived = new Map<string, Tensor>()

  constructor(op: Op<A>, inputs: readonly Tensor[], attrs: A, type: Type, content?: string) {
    this.op = op
    this.inputs = inputs
    this.attrs = attrs
    this.dtype = type.dtype
    this.shape = type.shape
    this.key = content ?? `#${this.id}`
  }

  /** The derived node of this key, made when it does not exist. */
  intern(key: string, make: () => Tensor): Tensor {
    const known = this.derived.get(key)
    if (known) return known
    const made = make()
    this.derived.set(key, made)
    return made
  }
}

/** Distinguishes −0 from 0, and keeps NaN and infinities, as JSON does not. */
const exact = (value: number | bigint): string => (Object.is(value, -0) ? '-0' : `${value}`)

const contentOf = ({ dtype, shape, data }: NdArray): string | undefined =>
  data.length === 1 ? `${dtype}${show(shape)}=${exact(data[0])}` : undefined

/** A value known while the graph is built: weights of a frozen program, scalars. */
export class Constant extends Tensor {
  readonly value: NdArray

  constructor(value: NdArray) {
    super(constantOp, [], {}, value, contentOf(value))
    this.value = value
  }
}

const leaf = (name: string): Op => ({
  name,
  infer: () => {
    throw new Error(`${name} has no shape rule`)
  },
  grad: () => [],
  lower: (node, emit) => emit.leaf(node),
})

const inputOp = leaf('input')
const constantOp = leaf('constant')

const probeOp: Op = {
  ...leaf('probe'),
  lower: ({ dtype, shape }, emit) =>
    emit.node('Expand', [emit.constant(full([], 0, dtype)), emit.ints(shape)]),
}

/**
 * A leaf of zeros that nothing simplifies away: where a derivative is taken at a point that does not matter.
 */
export const probe = (dtype: DType, shape: Shape): Tensor => new Tensor(probeOp, [], {}, { dtype, shape })

/** A leaf whose value is given when the program runs. */
export const input = (dtype: DType, shape: Shape): Tensor => new Tensor(inputOp, [], {}, { dtype, shape })

/** A leaf whose value is fixed in the program. */
export const constant = (value: NdArray): Constant => new Constant(value)

const attrKey = (attrs: Attrs): string =>
  Object.entries(attrs)
    .map(([name, value]) => {
      if (typeof value === 'object') return `${name}=[${value.map(exact)}]`
      return `${name}=${typeof value === 'number' ? exact(value) : value}`
    })
    .join(' ')

const isClosed = (t: Tensor): boolean => !t.key.startsWith('#')

/** Keys of nodes made from scalar constants alone grow with the nodes; longer ones go by identity. */
const LONGEST_KEY = 200

/** The node `op(inputs; attrs)`, shared when it exists already. */
export const apply = <A extends Attrs>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor => {
  const key = `${op.name}(${inputs.map((t) => t.key).join(' ')} ${attrKey(attrs)})`
  const host = inputs.find((t) => !isClosed(t)) ?? inputs[0]
  const content = inputs.every(isClosed) && key.length <= LONGEST_KEY ? key : undefined
  return host.intern(key, () => new Tensor(op, inputs, attrs, op.infer(inputs, attrs), content))
}

/** Turns a graph of tensors into an ONNX model, node by node, each value once. */
import { TweedieError } from '../../error.ts'
import { type NdArray, ndarray } from '../ndarray.ts'
import { type Attributes, Constant, type Emit, type Tensor } from '../tensor.ts'
import { encodeModel, type InitializerProto, type NodeProto, type ValueProto } from './proto.ts'

/**
 * Ways to write an op other than its portable one, by op name; `undefined` from one means "not this node".
 */
export type Lowering = Readonly<Record<string, (node: Tensor, emit: Emitter) => string | undefined>>

/** Version of the ONNX operator set that we write. */
const OPSET = 18

/** Whether two arrays of one size hold the same numbers: 0 is not −0, NaN is NaN. */
const isSame = (a: NdArray['data'], b: NdArray['data']): boolean => {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}

/** The model that grows as a graph is walked. */
export class Emitter implements Emit {
  private readonly nodes: NodeProto[] = []
  private readonly initializers: InitializerProto[] = []
  private readonly names = new Map<Tensor, string>()
  private readonly memoised = new Map<string, string>()
  private readonly large = new Map<string, readonly Pick<InitializerProto, 'name' | 'data'>[]>()
  private readonly inputs: ValueProto[] = []
  private readonly lowering: Lowering

  constructor(lowering: Lowering = {}) {
    this.lowering = lowering
  }

  private fresh(stem: string): string {
    return `${stem}_${this.nodes.length + this.initializers.length}`
  }

  /**
   * Name of the ONNX value that holds `t`; emits it when it is not there yet. Inputs must be lowered before.
   */
  value(t: Tensor): string {
    const known = this.names.get(t)
    if (known !== undefined) return known
    const name = this.lowering[t.op.name]?.(t, this) ?? t.op.lower(t, this)
    this.names.set(t, name)
    return name
  }

  /**
   * The nodes that `make` emits when some tensors go by other names: the same ops on the same
   * elements in another order.
   */
  renamed(names: ReadonlyMap<Tensor, string>, make: () => string): string {
    const before = [...names.keys()].map((t) => [t, this.names.get(t)] as const)
    for (const [t, name] of names) this.names.set(t, name)
    const result = make()
    for (const [t, name] of before) {
      if (name === undefined) this.names.delete(t)
      else this.names.set(t, name)
    }
    return result
  }

  /** Declares a run-time input of the program. */
  declare(t: Tensor, name: string): void {
    this.names.set(t, name)
    this.inputs.push({ name, dtype: t.dtype, shape: t.shape })
  }

  /** Leaves: constants become initializers; an input that was not declared cannot be used. */
  leaf(t: Tensor): string {
    if (t instanceof Constant) return this.constant(t.value)
    throw new TweedieError(
      'input',
      'jit: the function uses a tensor of another program; pass it as an argument',
    )
  }

  /** An ONNX node with one output. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    return this.multi(op, inputs, 1, attributes, domain)[0]
  }

  /** An ONNX node with several outputs. */
  multi(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes = {},
    domain = '',
  ): string[] {
    const stem = this.fresh(op)
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? stem : `${stem}.${i}`))
    this.nodes.push({ op, domain, inputs, outputs, attributes })
    return outputs
  }

  /** Emits once per key: layout conversions, outputs shared by two tensors. */
  once(key: string, make: () => string): string {
    const known = this.memoised.get(key)
    if (known !== undefined) return known
    const name = make()
    this.memoised.set(key, name)
    return name
  }

  /**
   * An initializer; those of equal content are shared: every layer over a mesh brings the table of its
   * neighbours.
   */
  constant(value: NdArray): string {
    const make = () => {
      const name = this.fresh('const')
      this.initializers.push({ name, dtype: value.dtype, shape: value.shape, data: value.data })
      return name
    }
    if (value.size > 64) return this.largeConstant(value, make)
    const elements = Array.from<number | bigint, string>(value.data, (v) =>
      Object.is(v, -0) ? '-0' : `${v}`,
    )
    return this.once(`const ${value.dtype}[${value.shape}] ${elements}`, make)
  }

  private largeConstant({ dtype, shape, data }: NdArray, make: () => string): string {
    const kind = `${dtype}[${shape}]`
    const alike = this.large.get(kind) ?? []
    const known = alike.find((other) => isSame(other.data, data))
    if (known) return known.name
    const name = make()
    this.large.set(kind, [...alike, { name, data }])
    return name
  }

  /** A 1-d int64 initializer, as axes and shapes are given. */
  ints(values: readonly number[]): string {
    return this.constant(ndarray(values, [values.length], 'int64'))
  }

  /**
   * The finished model. Outputs that are inputs or constants, or appear twice, are named through Identity.
   */
  finish(outputs: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>>): Uint8Array {
    const values: ValueProto[] = []
    const computed = new Set(this.nodes.flatMap((node) => node.outputs))
    const renamed = new Map<string, string>()
    for (const [name, t] of outputs) {
      const value = this.value(t)
      if (computed.has(value) && !renamed.has(value)) renamed.set(value, name)
      else this.nodes.push({ op: 'Identity', domain: '', inputs: [value], outputs: [name], attributes: {} })
      values.push({ name, dtype: t.dtype, shape: t.shape })
    }
    const final = (name: string) => renamed.get(name) ?? name
    const all = this.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(final),
      outputs: node.outputs.map(final),
    }))
    const { nodes, used } = reachable(all, outputs.keys())
    const opsets: Record<string, number> = { '': OPSET }
    for (const { domain } of nodes) if (domain) opsets[domain] = 1
    const initializers = this.initializers.filter(({ name }) => used.has(name))
    return encodeModel({ nodes, inputs: this.inputs, outputs: values, initializers, opsets, metadata })
  }
}

/** Drops what a fusion has made superfluous: ONNX Runtime would compute it. */
const reachable = (
  all: readonly NodeProto[],
  outputs: Iterable<string>,
): { nodes: NodeProto[]; used: Set<string> } => {
  const used = new Set(outputs)
  const nodes: NodeProto[] = []
  for (const node of [...all].reverse()) {
    if (!node.outputs.some((name) => used.has(name))) continue
    nodes.push(node)
    for (const name of node.inputs) used.add(name)
  }
  return { nodes: nodes.reverse(), used }
}

/** Small ONNX models, made by hand. */
import type { NdArray } from '../../../src/tensor/index.ts'
import {
  type Attribute,
  encodeModel,
  type ModelProto,
  type NodeProto,
  type ValueProto,
} from '../../../src/tensor/onnx/proto.ts'

/** A node with outputs y, y1, … */
export const node = (
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  outputs: readonly string[] = ['y'],
): NodeProto => ({ op, domain: '', inputs, outputs, attributes })

/** What {@link modelOf} is made of. */
export interface Graph {
  readonly nodes: readonly NodeProto[]
  /** Inputs of a run, by name. */
  readonly inputs: Readonly<Record<string, Pick<ValueProto, 'dtype' | 'shape'>>>
  /** Arrays in the file. */
  readonly constants?: Readonly<Record<string, NdArray>>
  readonly outputs?: ModelProto['outputs']
  readonly opset?: number
}

/** The bytes of a model whose output is y. */
export const modelOf = ({ nodes, inputs, constants = {}, outputs, opset = 17 }: Graph): Uint8Array =>
  encodeModel({
    nodes,
    inputs: Object.entries(inputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    outputs: outputs ?? [{ name: 'y', dtype: 'float32', shape: [] }],
    initializers: Object.entries(constants).map(([name, { dtype, shape, data }]) => ({
      name,
      dtype,
      shape,
      data,
    })),
    opsets: { '': opset },
    metadata: {},
  })

const utf8 = new TextEncoder()

/** A field of protobuf with a length, which has to be short. */
const field = (number: number, bytes: Iterable<number>): number[] => {
  const content = [...bytes]
  const length = content.length < 128 ? [content.length] : [(content.length & 127) | 128, content.length >> 7]
  return [(number << 3) | 2, ...length, ...content]
}

const named = (number: number, text: string) => field(number, utf8.encode(text))

/** An input of a graph, float32 [2, 3] or [2]. */
const declared = (name: string, sizes: readonly number[]) => {
  const shape = sizes.flatMap((d) => field(1, [8, d]))
  return field(11, [...named(1, name), ...field(2, field(1, [8, 1, ...field(2, shape)]))])
}

const output = field(12, [...named(1, 'y'), ...field(2, field(1, [8, 1]))])
const whole = (graph: readonly number[]) => Uint8Array.from([...field(7, graph), ...field(8, [16, 17])])
const bothInputs = [...declared('x', [2, 3]), ...declared('t', [2])]

/** A model whose one node has a graph among its attributes, as loops and branches have. */
export const withGraph = ({ op, inputs, outputs }: NodeProto): Uint8Array => {
  const body = field(5, [...named(1, 'body'), ...field(6, []), 160, 1, 5])
  const made = [
    ...inputs.flatMap((name) => named(1, name)),
    ...outputs.flatMap((name) => named(2, name)),
    ...named(4, op),
    ...body,
  ]
  return whole([...field(1, made), ...bothInputs, ...output])
}

/** A model whose weights lie in another file. */
export const external = (): Uint8Array => {
  const weight = field(5, [8, 3, 16, 1, ...named(8, 'w'), ...field(13, named(1, 'location')), 112, 1])
  const add = field(1, [...named(1, 'x'), ...named(1, 'w'), ...named(2, 'y'), ...named(4, 'Add')])
  return whole([...add, ...weight, ...bothInputs, ...output])
}

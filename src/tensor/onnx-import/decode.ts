/** The messages of an ONNX file (onnx.proto3), read as the records that `onnx/proto.ts` writes. */
import { TweedieError } from '../../error.ts'
import type { Attribute, InitializerProto, NodeProto, ValueProto } from '../onnx/proto.ts'
import { decodeArray, dtypeOf } from './array-proto.ts'
import { bytesOf, type Field, fieldsOf, fixedOf, intOf, intsOf, textOf } from './wire.ts'

/** What an ONNX file holds, as far as it is read. */
export interface OnnxModel {
  readonly nodes: readonly NodeProto[]
  /** Inputs of a run: without those that the file gives a value. */
  readonly inputs: readonly ValueProto[]
  readonly outputs: readonly ValueProto[]
  readonly initializers: readonly InitializerProto[]
  /** Version of the standard operators. */
  readonly opset: number
}

type Readers = Readonly<Record<number, (field: Field) => void>>

const read = (message: Uint8Array, readers: Readers): void => {
  for (const field of fieldsOf(message)) readers[field.number]?.(field)
}

const floatsOf = (field: Field): number[] => {
  const bytes = fixedOf(field, 4)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true))
}

/** Types of an attribute: AttributeProto.AttributeType. */
const FLOAT = 1
const INT = 2
const TEXT = 3
const ARRAY = 4
const GRAPH = 5
const FLOATS = 6
const INTS = 7
const GRAPHS = 10

/** An attribute of a node, and its name; those of other types say nothing that is read. */
const decodeAttribute = (message: Uint8Array, node: string): readonly [string, Attribute] | undefined => {
  const ints: number[] = []
  const floats: number[] = []
  let [name, type, float, int, text] = ['', 0, 0, 0, '']
  let array: Uint8Array | undefined
  read(message, {
    1: (field) => {
      name = textOf(field)
    },
    2: (field) => {
      ;[float = 0] = floatsOf(field)
      type ||= FLOAT
    },
    3: (field) => {
      int = Number(intOf(field))
      type ||= INT
    },
    4: (field) => {
      text = textOf(field)
      type ||= TEXT
    },
    5: (field) => {
      array = bytesOf(field)
      type ||= ARRAY
    },
    6: () => {
      type ||= GRAPH
    },
    7: (field) => {
      floats.push(...floatsOf(field))
      type ||= FLOATS
    },
    8: (field) => {
      for (const value of intsOf(field)) ints.push(Number(value))
      type ||= INTS
    },
    20: (field) => {
      type = Number(intOf(field))
    },
  })
  switch (type) {
    case FLOAT:
      return [name, { float }]
    case INT:
      return [name, { int }]
    case TEXT:
      return [name, { text }]
    case FLOATS:
      return [name, { floats }]
    case INTS:
      return [name, { ints }]
    case ARRAY:
      return array && [name, { array: decodeArray(array, `${node}: '${name}'`) }]
    case GRAPH:
    case GRAPHS:
      throw new TweedieError('input', `${node} holds a graph of its own: loops and branches are not read`)
    default:
      return undefined
  }
}

/** How messages name a node: `node 'up.0/Conv' (Conv)`. */
export const nodeText = ({ name, outputs, op, domain }: NodeProto): string =>
  `node '${name || outputs[0] || ''}' (${domain ? `${domain}.` : ''}${op})`

const decodeNode = (message: Uint8Array): NodeProto => {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes: Uint8Array[] = []
  let [name, op, domain] = ['', '', '']
  read(message, {
    1: (field) => inputs.push(textOf(field)),
    2: (field) => outputs.push(textOf(field)),
    3: (field) => {
      name = textOf(field)
    },
    4: (field) => {
      op = textOf(field)
    },
    5: (field) => attributes.push(bytesOf(field)),
    7: (field) => {
      domain = textOf(field)
    },
  })
  const node = { name: name || outputs[0], op, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs }
  const where = nodeText({ ...node, attributes: {} })
  const entries = attributes.flatMap((bytes) => {
    const found = decodeAttribute(bytes, where)
    return found ? [found] : []
  })
  return { ...node, attributes: Object.fromEntries(entries) }
}

/** One size of a shape: a number, or the name that a run decides. */
const decodeSize = (message: Uint8Array): number | string => {
  let size: number | string = ''
  read(message, {
    1: (field) => {
      size = Number(intOf(field))
    },
    2: (field) => {
      size = textOf(field)
    },
  })
  return size
}

const decodeShape = (message: Uint8Array): (number | string)[] => {
  const shape: (number | string)[] = []
  read(message, { 1: (field) => shape.push(decodeSize(bytesOf(field))) })
  return shape
}

/** An input or output of the graph, its type read when somebody asks. */
interface Declared {
  readonly name: string
  readonly type?: Uint8Array
}

const decodeDeclared = (message: Uint8Array): Declared => {
  let name = ''
  let type: Uint8Array | undefined
  read(message, {
    1: (field) => {
      name = textOf(field)
    },
    2: (field) => {
      type = bytesOf(field)
    },
  })
  return type ? { name, type } : { name }
}

/** @throws TweedieError `input` for what is no array, or one of a type that is not read */
const typed = ({ name, type }: Declared): ValueProto => {
  let element: number | undefined
  let shape: readonly (number | string)[] = []
  if (type)
    read(type, {
      1: (tensor) =>
        read(bytesOf(tensor), {
          1: (field) => {
            element = Number(intOf(field))
          },
          2: (field) => {
            shape = decodeShape(bytesOf(field))
          },
        }),
    })
  if (element === undefined) throw new TweedieError('input', `'${name}' is not declared as an array`)
  return { name, dtype: dtypeOf(element, `'${name}'`), shape }
}

type Graph = Omit<OnnxModel, 'opset'>

const decodeGraph = (message: Uint8Array): Graph => {
  const nodes: NodeProto[] = []
  const initializers: InitializerProto[] = []
  const inputs: Declared[] = []
  const outputs: Declared[] = []
  read(message, {
    1: (field) => nodes.push(decodeNode(bytesOf(field))),
    5: (field) => initializers.push(decodeArray(bytesOf(field), 'an initializer')),
    11: (field) => inputs.push(decodeDeclared(bytesOf(field))),
    12: (field) => outputs.push(decodeDeclared(bytesOf(field))),
    15: () => {
      throw new TweedieError('input', 'sparse weights are not read')
    },
  })
  const given = new Set(initializers.map(({ name }) => name))
  return {
    nodes,
    initializers,
    inputs: inputs.filter(({ name }) => !given.has(name)).map(typed),
    outputs: outputs.map(typed),
  }
}

const decodeOpset = (message: Uint8Array): { domain: string; version: number } => {
  let [domain, version] = ['', 0]
  read(message, {
    1: (field) => {
      domain = textOf(field)
    },
    2: (field) => {
      version = Number(intOf(field))
    },
  })
  return { domain, version }
}

/** Versions of the operator set whose meaning the rules know. */
const OPSETS = { first: 9, last: 23 } as const

const checkOpset = (opset: number): void => {
  if (opset >= OPSETS.first && opset <= OPSETS.last) return
  throw new TweedieError(
    'input',
    `operators of version ${opset}; versions ${OPSETS.first} to ${OPSETS.last} are read (opset_version)`,
  )
}

/**
 * The model in the bytes of an ONNX file.
 *
 * @throws TweedieError `input` for bytes that are none, and for what is not read: data in other files,
 * half-precision and quantised weights, loops and branches
 */
export const decodeModel = (bytes: Uint8Array): OnnxModel => {
  let graph: Uint8Array | undefined
  let opset = 0
  read(bytes, {
    7: (field) => {
      graph = bytesOf(field)
    },
    8: (field) => {
      const { domain, version } = decodeOpset(bytesOf(field))
      if (domain === '' || domain === 'ai.onnx') opset = version
    },
    25: () => {
      throw new TweedieError('input', 'functions of its own are not read; inline them before saving')
    },
  })
  if (!graph) throw new TweedieError('input', 'no ONNX model (it has no graph)')
  checkOpset(opset)
  return { ...decodeGraph(graph), opset }
}

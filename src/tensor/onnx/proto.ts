/**
 * The few messages of ONNX that we emit, written by hand: protobuf wire format is a tag, a length and bytes
 * (https://protobuf.dev/programming-guides/encoding), and field numbers come from onnx.proto3. A generic
 * protobuf library with the schema would be larger than this file. `onnx-import/` reads the same messages.
 */
import type { Data, DType } from '../dtype.ts'

const utf8 = new TextEncoder()

/** Blobs from here on are kept where they are until the end: weights are then copied once. */
const LARGE = 2 ** 16

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0)

/** Growing bytes: small ones in a buffer, large ones beside it, in order. */
class Writer {
  private readonly pieces: Uint8Array[] = []
  private bytes = new Uint8Array(1 << 8)
  private length = 0

  private reserve(n: number): void {
    if (this.length + n <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + n))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  varint(value: number | bigint): this {
    let v = BigInt.asUintN(64, BigInt(value))
    this.reserve(10)
    while (v > 0x7fn) {
      this.bytes[this.length++] = Number(v & 0x7fn) | 0x80
      v >>= 7n
    }
    this.bytes[this.length++] = Number(v)
    return this
  }

  raw(bytes: Uint8Array): this {
    if (bytes.length >= LARGE) {
      this.pieces.push(this.bytes.subarray(0, this.length), bytes)
      this.bytes = new Uint8Array(1 << 8)
      this.length = 0
      return this
    }
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
    return this
  }

  int(field: number, value: number | bigint): this {
    return this.varint(field << 3).varint(value)
  }

  float(field: number, value: number): this {
    return this.varint((field << 3) | 5).raw(new Uint8Array(new Float32Array([value]).buffer))
  }

  blob(field: number, bytes: Uint8Array): this {
    return this.varint((field << 3) | 2)
      .varint(bytes.length)
      .raw(bytes)
  }

  text(field: number, value: string): this {
    return this.blob(field, utf8.encode(value))
  }

  message(field: number, write: (w: Writer) => void): this {
    const inner = new Writer()
    write(inner)
    const parts = inner.parts()
    this.varint((field << 3) | 2).varint(lengthOf(parts))
    for (const part of parts) this.raw(part)
    return this
  }

  private parts(): Uint8Array[] {
    return [...this.pieces, this.bytes.subarray(0, this.length)]
  }

  finish(): Uint8Array {
    const parts = this.parts()
    const whole = new Uint8Array(lengthOf(parts))
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
}

/** TensorProto.DataType. */
export const onnxType: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
}

/** Attribute values: integers are `{ int }`, since JavaScript does not distinguish 1 from 1.0. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly array: ArrayProto }

/** An array inside a model. */
export interface ArrayProto {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: Data
}

export interface NodeProto {
  /** Default: that of its first output. */
  readonly name?: string
  readonly op: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** An input or output; a size that a run decides is a name, or '' without one. */
export interface ValueProto {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly (number | string)[]
}

export interface InitializerProto extends ArrayProto {
  readonly name: string
}

export interface ModelProto {
  readonly nodes: readonly NodeProto[]
  readonly inputs: readonly ValueProto[]
  readonly outputs: readonly ValueProto[]
  readonly initializers: readonly InitializerProto[]
  readonly opsets: Readonly<Record<string, number>>
  /** Shown by model viewers; also where a program keeps its calling convention. */
  readonly metadata: Readonly<Record<string, string>>
}

const writeAttribute = (w: Writer, name: string, value: Attribute): void => {
  w.text(1, name)
  if ('int' in value) w.int(20, 2).int(3, value.int)
  else if ('float' in value) w.int(20, 1).float(2, value.float)
  else if ('text' in value) w.int(20, 3).text(4, value.text)
  else if ('array' in value) w.int(20, 4).message(5, (t) => writeArray(t, value.array))
  else if ('floats' in value) {
    w.int(20, 6)
    for (const f of value.floats) w.float(7, f)
  } else {
    w.int(20, 7)
    for (const i of value.ints) w.int(8, i)
  }
}

const writeNode = (w: Writer, node: NodeProto): void => {
  for (const name of node.inputs) w.text(1, name)
  for (const name of node.outputs) w.text(2, name)
  w.text(3, node.name ?? node.outputs[0]).text(4, node.op)
  for (const [name, value] of Object.entries(node.attributes))
    w.message(5, (a) => writeAttribute(a, name, value))
  if (node.domain) w.text(7, node.domain)
}

const writeValue = (w: Writer, value: ValueProto): void => {
  w.text(1, value.name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.int(1, onnxType[value.dtype]).message(2, (shape) => {
        for (const d of value.shape)
          shape.message(1, (dim) => (typeof d === 'number' ? dim.int(1, d) : dim.text(2, d)))
      }),
    ),
  )
}

const writeArray = (w: Writer, { dtype, shape, data }: ArrayProto, name?: string): void => {
  for (const d of shape) w.int(1, d)
  w.int(2, onnxType[dtype])
  if (name !== undefined) w.text(8, name)
  w.blob(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

/** The bytes of an `.onnx` file. */
export const encodeModel = (model: ModelProto): Uint8Array => {
  const w = new Writer().int(1, 9).text(2, 'tweedie')
  w.message(7, (g) => {
    for (const node of model.nodes) g.message(1, (n) => writeNode(n, node))
    g.text(2, 'tweedie')
    for (const value of model.initializers) g.message(5, (t) => writeArray(t, value, value.name))
    for (const value of model.inputs) g.message(11, (v) => writeValue(v, value))
    for (const value of model.outputs) g.message(12, (v) => writeValue(v, value))
  })
  for (const [domain, version] of Object.entries(model.opsets)) {
    w.message(8, (o) => o.text(1, domain).int(2, version))
  }
  for (const [key, value] of Object.entries(model.metadata))
    w.message(14, (m) => m.text(1, key).text(2, value))
  return w.finish()
}

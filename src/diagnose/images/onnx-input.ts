/**
 * The image input of an ONNX network from elsewhere, and the same network for images of one shape. Network
 * files leave the batch and often the size of the images open (or fix them to what their author had); a
 * program has static shapes. So the shape of the input is written inbit for bits of the model before it is
 * opened, and shapes that follow from it are left to ONNX Runtime.
 *
 * Field numbers are those of onnx.proto3: ModelProto.graph 7; GraphProto.initializer 5, input 11, output 12,
 * value_info 13; ValueInfoProto.name 1, type 2; TypeProto.tensor_type 1; its elem_type 1, shape 2;
 * TensorShapeProto.dim 1 with dim_value 1; TensorProto.name 8. The wire format is
 * https://protobuf.dev/programming-guides/encoding.
 */
import { TweedieError } from '../../error.ts'
import { joined } from '../../formats/index.ts'

/** One field of a message: where it starts (its tag), and where its content lies. */
interface Field {
  readonly number: number
  readonly start: number
  readonly from: number
  readonly to: number
  /** Value of a varint field, else 0. */
  readonly value: number
}

const readVarint = (bytes: Uint8Array, at: number): { value: number; next: number } => {
  let value = 0
  let scale = 1
  for (let next = at; next < bytes.length && next < at + 10; scale *= 128) {
    const byte = bytes[next++]
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, next }
  }
  throw new TweedieError('input', `not an ONNX model: broken number at byte ${at}`)
}

const fieldsOf = (bytes: Uint8Array): Field[] => {
  const fields: Field[] = []
  for (let start = 0; start < bytes.length; ) {
    const tag = readVarint(bytes, start)
    const [number, wire] = [Math.floor(tag.value / 8), tag.value % 8]
    const read = wire === 0 || wire === 2 ? readVarint(bytes, tag.next) : { value: 0, next: tag.next }
    const length = { 0: 0, 1: 8, 2: read.value, 5: 4 }[wire]
    const to = read.next + (length ?? Number.NaN)
    if (!(to <= bytes.length)) {
      throw new TweedieError('input', `not an ONNX model: field ${number} at byte ${start} does not fit`)
    }
    fields.push({ number, start, from: read.next, to, value: wire === 0 ? read.value : 0 })
    start = to
  }
  return fields
}

/** The content of the first field of a number in a message; empty when there is none. */
const inside = (bytes: Uint8Array, number: number): Uint8Array => {
  const field = fieldsOf(bytes).find((f) => f.number === number)
  return field ? bytes.subarray(field.from, field.to) : new Uint8Array()
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]

/** A field that holds bytes. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  joined([Uint8Array.from([...varint(8 * number + 2), ...varint(content.length)]), content])

/** A ValueInfoProto of the same name and element type, with the given shape or with none. */
const shaped = (value: Uint8Array, shape: readonly number[] | undefined): Uint8Array => {
  const [elementType = 0] = fieldsOf(inside(inside(value, 2), 1))
    .filter(({ number }) => number === 1)
    .map((f) => f.value)
  const dims = shape?.map((d) => field(1, Uint8Array.from([8, ...varint(d)])))
  const tensor = joined([
    Uint8Array.from([8, ...varint(elementType)]),
    dims ? field(2, joined(dims)) : new Uint8Array(),
  ])
  return joined([field(1, inside(value, 1)), field(2, field(1, tensor))])
}

/** Name and sizes of the input that takes the images; a size that the model leaves open is `undefined`. */
export interface ImageInput {
  readonly name: string
  readonly shape: readonly (number | undefined)[]
}

/** The inputs that are no weights (old files list their weights as inputs too). */
const imageFields = (graph: Uint8Array, fields: readonly Field[]): readonly Field[] => {
  const nameOf = ({ from, to }: Field, number: number) => textOf(inside(graph.subarray(from, to), number))
  const inputs = fields.filter(({ number }) => number === 11)
  // Weights can be many and large: their names are read only when there is a choice.
  const weights =
    inputs.length > 1 ? fields.filter(({ number }) => number === 5).map((f) => nameOf(f, 8)) : []
  const found = inputs.filter((f) => !weights.includes(nameOf(f, 1)))
  if (found.length === 0) throw new TweedieError('input', 'not an ONNX model with an input for images')
  return found
}

const inputIn = (value: Uint8Array): ImageInput => {
  const shape = inside(inside(inside(value, 2), 1), 2)
  return {
    name: textOf(inside(value, 1)),
    shape: fieldsOf(shape).map((dim) => {
      const size = fieldsOf(shape.subarray(dim.from, dim.to)).find(({ number }) => number === 1)
      return size && size.value > 0 ? size.value : undefined
    }),
  }
}

/**
 * The inputs of an ONNX model, weights left out.
 *
 * @throws TweedieError `input` when these are not the bytes of a model with an input
 */
export const imageInputs = (model: Uint8Array): readonly [ImageInput, ...ImageInput[]] => {
  const graph = inside(model, 7)
  const [first, ...more] = imageFields(graph, fieldsOf(graph)).map(({ from, to }) =>
    inputIn(graph.subarray(from, to)),
  )
  return [first, ...more]
}

/**
 * The same model for images of one shape: all of its inputs have it.
 *
 * @throws TweedieError `input` when these are not the bytes of a model with an input
 */
export const withImageShape = (model: Uint8Array, shape: readonly number[]): Uint8Array => {
  const graph = inside(model, 7)
  const fields = fieldsOf(graph)
  const images = imageFields(graph, fields).map(({ start }) => start)
  const parts = fields
    .filter(({ number }) => number !== 13)
    .map((f) => {
      const content = graph.subarray(f.from, f.to)
      if (images.includes(f.start)) return field(11, shaped(content, shape))
      return f.number === 12 ? field(12, shaped(content, undefined)) : graph.subarray(f.start, f.to)
    })
  const bound = field(7, joined(parts))
  return joined(fieldsOf(model).map((f) => (f.number === 7 ? bound : model.subarray(f.start, f.to))))
}

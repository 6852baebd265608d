/** Arrays in an ONNX file (TensorProto): weights, and constants of the graph. */
import { TweedieError } from '../../error.ts'
import { allocate, type Data, type DType } from '../dtype.ts'
import { type ArrayProto, onnxType } from '../onnx/proto.ts'
import { bytesOf, type Field, fieldsOf, fixedOf, intOf, intsOf, textOf } from './wire.ts'

/** Types of ONNX that this package has no arrays of, by their number in TensorProto.DataType. */
const foreignTypes: Readonly<Record<number, string>> = {
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  8: 'string',
  10: 'float16',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  21: 'uint4',
  22: 'int4',
}

const dtypes = new Map<number, DType>([
  [onnxType.float32, 'float32'],
  [onnxType.uint8, 'uint8'],
  [onnxType.int32, 'int32'],
  [onnxType.int64, 'int64'],
  [onnxType.bool, 'bool'],
  [onnxType.float64, 'float64'],
])

/**
 * The dtype of a number of TensorProto.DataType.
 *
 * @param what - whose, for messages
 * @throws TweedieError `input` for types that are not read
 */
export const dtypeOf = (type: number, what: string): DType => {
  const dtype = dtypes.get(type)
  if (dtype) return dtype
  const name = foreignTypes[type] ?? `type ${type}`
  throw new TweedieError('input', `${what} is ${name}; export the network in float32, not quantised`)
}

/** Elements of a shape of a file, which cannot be more than its bytes. @throws TweedieError `input` */
const elementsOf = (shape: readonly number[], most: number, what: string): number => {
  const n = shape.reduce((total, d) => total * d, 1)
  if (shape.every((d) => Number.isInteger(d) && d >= 0) && n <= most) return n
  throw new TweedieError('input', `${what} has shape [${shape}], which its file has no bytes for`)
}

/** What a TensorProto says before it is made an array. */
interface Raw {
  readonly name: string
  readonly type: number
  readonly shape: readonly number[]
  readonly external: boolean
  /** The elements as bytes of the dtype, when they are given so. */
  readonly bytes: readonly Uint8Array[]
  /** The elements as integers, when they are given so. */
  readonly integers: readonly bigint[]
}

const rawOf = (message: Uint8Array): Raw => {
  const shape: number[] = []
  const bytes: Uint8Array[] = []
  const integers: bigint[] = []
  let [name, type, external] = ['', 0, false]
  const readers: Readonly<Record<number, (field: Field) => void>> = {
    1: (field) => shape.push(...intsOf(field).map(Number)),
    2: (field) => {
      type = Number(intOf(field))
    },
    4: (field) => bytes.push(fixedOf(field, 4)),
    5: (field) => addTo(integers, field),
    7: (field) => addTo(integers, field),
    8: (field) => {
      name = textOf(field)
    },
    9: (field) => bytes.push(bytesOf(field)),
    10: (field) => bytes.push(fixedOf(field, 8)),
    13: () => {
      external = true
    },
    14: (field) => {
      external ||= intOf(field) !== 0n
    },
  }
  for (const field of fieldsOf(message)) readers[field.number]?.(field)
  return { name, type, shape, external, bytes, integers }
}

/** One by one: a list as long as a weight does not go through the arguments of a call. */
const addTo = (list: bigint[], field: Field): void => {
  for (const value of intsOf(field)) list.push(value)
}

const fill = (data: Data, { bytes, integers }: Raw, what: string): void => {
  const target = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const given = bytes.reduce((n, part) => n + part.length, 0)
  const mismatch = () => new TweedieError('input', `${what}: its data do not fill its shape`)
  if (integers.length > 0) {
    if (given > 0 || integers.length !== data.length) throw mismatch()
    if (data instanceof BigInt64Array) data.set(integers)
    else for (const [i, value] of integers.entries()) data[i] = Number(value)
    return
  }
  if (given !== target.length) throw mismatch()
  let at = 0
  for (const part of bytes) {
    target.set(part, at)
    at += part.length
  }
}

/**
 * The array of a TensorProto.
 *
 * @param owner - where it is, for messages, when it has no name of its own
 * @throws TweedieError `input` for data in other files, types that are not read, and shapes that the bytes do
 * not fill, before anything is allocated for them
 */
export const decodeArray = (message: Uint8Array, owner: string): ArrayProto & { readonly name: string } => {
  const raw = rawOf(message)
  const what = raw.name === '' ? owner : `'${raw.name}'`
  if (raw.external)
    throw new TweedieError(
      'input',
      `${what} has its data in another file; save the model as one file (of at most 2 GB)`,
    )
  const dtype = dtypeOf(raw.type, what)
  const data = allocate(dtype, elementsOf(raw.shape, message.length, what))
  fill(data, raw, what)
  return { name: raw.name, dtype, shape: raw.shape, data }
}

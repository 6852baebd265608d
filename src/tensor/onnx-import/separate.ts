/** A graph apart from its weights: what is learned becomes inputs, and what shapes are made of stays. */
import { TweedieError } from '../../error.ts'
import { isFloat } from '../dtype.ts'
import { NdArray } from '../ndarray.ts'
import { encodeModel, type InitializerProto } from '../onnx/proto.ts'
import { input, type Tensor } from '../tensor.ts'
import type { OnnxModel } from './decode.ts'
import { readGraph } from './read.ts'

/** A graph whose weights are inputs of their names, and these weights. */
export interface Separated {
  readonly graph: OnnxModel
  readonly weights: Readonly<Record<string, NdArray>>
}

const arrayOf = ({ dtype, shape, data }: InitializerProto): NdArray => new NdArray(dtype, shape, data)

/**
 * Separates the float arrays of a model from its graph, but for those whose numbers the graph must know while
 * it is read, such as the factors of a Resize; one reading tells which.
 *
 * @param feeds - a symbolic tensor for each input of the model
 * @throws TweedieError `input` as {@link readGraph}
 */
export const separateWeights = (
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
  output: string,
): Separated & { readonly result: Tensor } => {
  const learned = model.initializers.filter(({ dtype }) => isFloat(dtype))
  const symbols = new Map(learned.map((weight) => [input(weight.dtype, weight.shape), weight] as const))
  const known = new Set<string>()
  const named = Object.fromEntries([...symbols].map(([t, { name }]) => [name, t]))
  const result = readGraph(model, { ...named, ...feeds }, output, (leaf) => {
    const weight = symbols.get(leaf)
    if (!weight) return undefined
    known.add(weight.name)
    return arrayOf(weight)
  })
  const apart = learned.filter(({ name }) => !known.has(name))
  const names = new Set(apart.map(({ name }) => name))
  return {
    result,
    weights: Object.fromEntries(apart.map((weight) => [weight.name, arrayOf(weight)])),
    graph: {
      ...model,
      inputs: [...model.inputs, ...apart.map(({ name, dtype, shape }) => ({ name, dtype, shape }))],
      initializers: model.initializers.filter(({ name }) => !names.has(name)),
    },
  }
}

/** The bytes of a model, which any program that reads ONNX opens. */
export const encodeGraph = ({ opset, ...model }: OnnxModel): Uint8Array =>
  encodeModel({ ...model, opsets: { '': opset }, metadata: {} })

/**
 * The shape of an input for a batch.
 *
 * @throws TweedieError `input` for a size that only a run decides
 */
export const batchShape = ({ name, shape }: OnnxModel['inputs'][number], batch: number): readonly number[] =>
  shape.map((d, i) => {
    if (i === 0) return batch
    if (typeof d === 'number') return d
    throw new TweedieError('input', `input '${name}' has the shape [${shape}], of which '${d}' is unknown`)
  })

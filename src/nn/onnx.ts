/**
 * A network that came as an ONNX file: its graph is read as ours, so it has derivatives. The graph is kept
 * without its weights, which are inputs there, by their names. Unlike our own networks it is called with
 * whatever it takes for the noise level, its label, and it says only what it was trained to say.
 */
import { TweedieError } from '../error.ts'
import {
  batchShape,
  broadcastTo,
  cast,
  constant,
  decodeModel,
  isFloat,
  type NdArray,
  type OnnxModel,
  readGraph,
  reshape,
  round,
  scalar,
  slice,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { Network } from './network.ts'
import { networkKind, unfit } from './network-kind.ts'

/** Which input of a graph is what. */
export interface OnnxRoles {
  /** Name of the input that takes the noisy x. */
  readonly image: string
  /** Name of the input that takes the noise level's label. */
  readonly time: string
  /** Name of the output. */
  readonly output: string
  /** Channels of the output that are the prediction, the first ones; default all. */
  readonly first?: number
  /** Other inputs, each one number everywhere: `y=0,w=1.5`. */
  readonly fixed?: string
}

/** A graph in base64 and the roles of its inputs. */
interface OnnxOptions extends OnnxRoles {
  readonly graph: string
}

/** The numbers of `y=0,w=1.5` by name. @throws TweedieError `input` for other text */
export const fixedInputs = (text: string | undefined): ReadonlyMap<string, number> => {
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '')
  return new Map(
    pairs.map((pair) => {
      const at = pair.lastIndexOf('=')
      const value = Number(pair.slice(at + 1))
      if (at < 1 || pair.slice(at + 1).trim() === '' || !Number.isFinite(value))
        throw new TweedieError('input', `expected an input and its number, such as y=0, got '${pair}'`)
      return [pair.slice(0, at).trim(), value] as const
    }),
  )
}

type Input = OnnxModel['inputs'][number]

const inputNamed = ({ inputs }: OnnxModel, name: string): Input => {
  const found = inputs.find((input) => input.name === name)
  if (found) return found
  throw new TweedieError('input', `onnx: the graph has no input '${name}'`)
}

/** Ops through which a label goes on its way to a cast. */
const PASSING = new Set(['Identity', 'Unsqueeze', 'Squeeze', 'Reshape', 'Expand', 'Flatten'])

/**
 * Whether an integer input is made a float at once, as the argument of sines is: then it may be any number,
 * and the network knows levels between those that it was trained on.
 */
const isMadeFloat = ({ nodes }: OnnxModel, name: string): boolean => {
  const names = new Set([name]) // grows while it is gone through
  for (const integer of names) {
    for (const { op, attributes, inputs, outputs } of nodes) {
      if (!inputs.includes(integer) || op === 'Shape') continue
      if (PASSING.has(op)) names.add(outputs[0])
      else if (op !== 'Cast' || !('to' in attributes && 'int' in attributes.to && attributes.to.int === 1))
        return false
    }
  }
  return true
}

/** A label [B] as an input takes it: with its axes, in its dtype. */
const asLabel = (model: OnnxModel, input: Input, label: Tensor): Tensor => {
  const shaped = reshape(label, [label.shape[0], ...input.shape.slice(1).map(() => 1)])
  if (isFloat(input.dtype)) return cast(shaped, input.dtype)
  return isMadeFloat(model, input.name) ? shaped : cast(round(shaped), input.dtype)
}

/** One number in the shape of an input. */
const asFixed = (input: Input, value: number, batch: number): Tensor =>
  broadcastTo(constant(scalar(value, input.dtype)), batchShape(input, batch))

/** The tensors that a graph is fed with beside its weights. */
export const onnxFeeds = (
  model: OnnxModel,
  { image, time, fixed }: OnnxRoles,
  x: Tensor,
  label: Tensor,
): Record<string, Tensor> => ({
  [image]: x,
  [time]: asLabel(model, inputNamed(model, time), label),
  ...Object.fromEntries(
    [...fixedInputs(fixed)].map(([name, value]) => [
      name,
      asFixed(inputNamed(model, name), value, x.shape[0]),
    ]),
  ),
})

/** The part of an output that is the prediction. @throws TweedieError `input` when it is not like x */
export const predictionIn = (y: Tensor, { output, first }: OnnxRoles, x: Tensor): Tensor => {
  const [b] = y.shape
  const part = first === undefined || first === y.shape[1] ? y : slice(y, [], [b, first])
  if (part.dtype === 'float32' && String(part.shape) === String(x.shape)) return part
  const doubled = first === undefined && x.shape.length > 1 && y.shape[1] === 2 * x.shape[1]
  throw new TweedieError(
    'input',
    `output '${output}' is ${y.dtype} [${y.shape.slice(1)}] for x of [${x.shape.slice(1)}]` +
      `${doubled ? `; with a learned variance, take the first ${x.shape[1]} channels (--channels)` : ''}`,
  )
}

/** The bytes of base64. @throws TweedieError `input` */
const graphIn = (text: string): OnnxModel => {
  try {
    return decodeModel(Buffer.from(text, 'base64'))
  } catch (cause) {
    if (!(cause instanceof TweedieError)) throw cause
    throw new TweedieError('input', `onnx: the graph of the network: ${cause.message}`, { cause })
  }
}

type Weights<L> = Readonly<Record<string, L>>

/**
 * The network of a graph. Its weights are those of the file: `init` gives zeros of their shapes.
 *
 * @throws TweedieError `input` when the bytes are no graph, or the graph has not the inputs that it should
 */
const onnx = ({ graph, ...roles }: OnnxOptions): Network<Weights<NdArray>, Weights<Tensor>> => {
  const model = graphIn(graph)
  const taken = new Set([roles.image, roles.time, ...fixedInputs(roles.fixed).keys()])
  for (const name of taken) inputNamed(model, name)
  const weights = model.inputs.filter(({ name }) => !taken.has(name))
  return {
    dropout: 0,
    dropouts: 0,
    init: () =>
      Object.fromEntries(
        weights.map((weight) => [
          weight.name,
          zeros(batchShape(weight, Number(weight.shape[0])), weight.dtype),
        ]),
      ),
    apply: (params, x, label) => {
      const feeds = { ...params, ...onnxFeeds(model, roles, x, label) }
      return predictionIn(readGraph(model, feeds, roles.output), roles, x)
    },
  }
}

const named = (description: string) => ({ kind: 'text', required: true, description }) as const

/**
 * The imported network in checkpoints. Configurations do not name it: its graph comes by `tweedie import`.
 */
export const onnxKind = networkKind({
  kind: 'onnx',
  summary: 'a network that was exported to ONNX',
  spatial: false,
  settings: {
    graph: named('the ONNX file without its weights, in base64'),
    image: named('input of the noisy x'),
    time: named('input of the label of the noise level'),
    output: named('output that is the prediction'),
    first: { kind: 'integer', min: 1, description: 'so many of its channels, the first ones' },
    fixed: { kind: 'text', description: 'numbers of other inputs, y=0' },
  },
  sizes: {},
  sizesFor: () => {
    throw unfit("a network of kind 'onnx' comes by 'tweedie import'")
  },
  make: onnx,
})

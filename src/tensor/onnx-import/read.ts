/** A graph of an ONNX file as a function of tensors: its nodes become ops, in their order, by the table. */
import { TweedieError } from '../../error.ts'
import { NdArray, sizeOf } from '../ndarray.ts'
import type { NodeProto } from '../onnx/proto.ts'
import { constant, type Tensor } from '../tensor.ts'
import { nodeText, type OnnxModel } from './decode.ts'
import { KnownValues, type LeafValue } from './known.ts'
import { Site } from './site.ts'
import { rules } from './table.ts'

/** Elements of one value beyond which a graph is taken for damaged. */
const LARGEST = 2 ** 32

/** Reasons that some ops have for not being there. */
const reasonFor = ({ op, domain }: NodeProto): string => {
  if (/^Q(Linear|Gemm|Attention)|quantize|Integer$/i.test(op))
    return 'quantised weights (int8) have no derivatives; export the network in float32'
  if (/^(If|Loop|Scan)$/.test(op)) return 'loops and branches are not read'
  if (/^(RandomNormal|RandomUniform|Bernoulli|Multinomial)/.test(op))
    return 'a network that draws random numbers is no denoiser; export with model.eval()'
  if (domain !== '') return `operators of ${domain} are not read; export standard ones`
  return 'this operator is not read'
}

/**
 * @throws TweedieError `input` that names the first node whose op has no rule, and how many more there are
 */
export const checkOps = ({ nodes }: Pick<OnnxModel, 'nodes'>): void => {
  const missing = nodes.filter(({ op, domain }) => domain !== '' || !Object.hasOwn(rules, op))
  if (missing.length === 0) return
  const [first] = missing
  const others = new Set(missing.map(({ op }) => op))
  others.delete(first.op)
  const more = others.size > 0 ? ` (nor are ${[...others].join(', ')})` : ''
  throw new TweedieError('input', `${nodeText(first)}: ${reasonFor(first)}${more}`)
}

/** The same model with the nodes, weights and inputs that an output needs. */
export const reachable = (model: OnnxModel, output: string): OnnxModel => {
  const needed = new Set([output])
  const nodes: NodeProto[] = []
  for (const node of [...model.nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue
    nodes.push(node)
    for (const name of node.inputs) if (name !== '') needed.add(name)
  }
  return {
    ...model,
    nodes: nodes.reverse(),
    outputs: model.outputs.filter(({ name }) => name === output),
    initializers: model.initializers.filter(({ name }) => needed.has(name)),
  }
}

const applyRule = (
  node: NodeProto,
  opset: number,
  inputs: readonly (Tensor | undefined)[],
  known: KnownValues,
): readonly Tensor[] => {
  const site = new Site(node, opset, inputs, known)
  try {
    const made = rules[node.op](site)
    const outputs = Array.isArray(made) ? made : [made]
    for (const { shape } of outputs)
      if (!(sizeOf(shape) < LARGEST)) site.refuse(`a value of shape [${shape}]`)
    return outputs
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    const text = nodeText(node)
    const message = error.message.startsWith(text) ? error.message : `${text}: ${error.message}`
    throw new TweedieError('input', message, { cause: error })
  }
}

/**
 * The tensor of an output.
 *
 * @param feeds - a tensor for each input of the model, and perhaps for weights, which then replace those of
 *   the file
 * @param leafValue - numbers of such weights where a shape or a setting needs them
 * @throws TweedieError `input` that names the node: ops that are not read, shapes that do not fit, numbers
 *   that must be known and follow from the data
 *
 * @example
 * ```ts
 * const prediction = readGraph(decodeModel(readBytes('model.onnx')), { x }, 'y')
 * ```
 */
export const readGraph = (
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
  output: string,
  leafValue?: LeafValue,
): Tensor => {
  checkOps(model)
  const values = new Map<string, Tensor>(Object.entries(feeds))
  for (const { name, dtype, shape, data } of model.initializers)
    if (!values.has(name)) values.set(name, constant(new NdArray(dtype, shape, data)))
  const known = new KnownValues(leafValue)
  for (const node of model.nodes) {
    const inputs = node.inputs.map((name) => {
      if (name === '') return undefined
      const value = values.get(name)
      if (!value) throw new TweedieError('input', `${nodeText(node)}: nothing makes its input '${name}'`)
      return value
    })
    const outputs = applyRule(node, model.opset, inputs, known)
    for (const [i, name] of node.outputs.entries()) if (outputs[i]) values.set(name, outputs[i])
  }
  const result = values.get(output)
  if (!result) throw new TweedieError('input', `the graph does not make its output '${output}'`)
  return result
}

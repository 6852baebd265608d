/**
 * The network in an ONNX file: which of its inputs is what, the shape of one x, its graph and its weights.
 */
import { TweedieError } from '../../error.ts'
import { fixedInputs, type NetworkConfig, type OnnxRoles, onnxFeeds, predictionIn } from '../../nn/index.ts'
import {
  checkOps,
  decodeModel,
  encodeGraph,
  input,
  type NdArray,
  type OnnxModel,
  reachable,
  type Separated,
  type Shape,
  separateWeights,
  sizeOf,
} from '../../tensor/index.ts'

/** What the file does not say; everything has a usual answer. */
export interface NetworkChoice {
  /** Name of the input of the noisy x; default the first float array with more than a batch axis. */
  readonly image?: string
  /** Name of the input of the time; default the first other one with a number for each row. */
  readonly time?: string
  /** Name of the output that is the prediction, where there are several. */
  readonly prediction?: string
  /** Channels of it that are, the first ones; the others are a learned variance. */
  readonly channels?: number
  /** Numbers of other inputs, `y=0`. */
  readonly fixed?: string
  /** Shape of one x, where the file leaves sizes to its runs. */
  readonly event?: Shape
}

/** A network that was read. */
export interface ImportedNetwork {
  readonly net: NetworkConfig
  readonly params: Readonly<Record<string, NdArray>>
  readonly event: Shape
  readonly roles: OnnxRoles
  readonly model: OnnxModel
  /** Rows of a batch of the file, when it takes no others. */
  readonly fixedBatch?: number
}

type Input = OnnxModel['inputs'][number]

const listed = (values: readonly { readonly name: string }[]): string =>
  values.map(({ name }) => `'${name}'`).join(', ')

const outputOf = ({ outputs }: OnnxModel, name: string | undefined): string => {
  const found = name === undefined ? outputs : outputs.filter((output) => output.name === name)
  if (found.length === 1) return found[0].name
  throw new TweedieError(
    'input',
    name === undefined
      ? `${outputs.length} outputs (${listed(outputs)}); say which is the prediction (--prediction)`
      : `no output '${name}'; it has ${listed(outputs)}`,
  )
}

/** Whether an input has one number for each row. */
const isPerRow = ({ shape }: Input): boolean => shape.length > 0 && shape.slice(1).every((d) => d === 1)

const named = (inputs: readonly Input[], name: string, option: string): Input => {
  const found = inputs.find((candidate) => candidate.name === name)
  if (found) return found
  throw new TweedieError('input', `no input '${name}' (${option}); it has ${listed(inputs)}`)
}

const checkTime = (time: Input, image: Input): void => {
  const [rows] = time.shape
  if (time.shape.length === 0 || (typeof rows === 'number' && rows !== image.shape[0]))
    throw new TweedieError(
      'input',
      `input '${time.name}' has shape [${time.shape}]: one time for a whole batch; export it with one for ` +
        "each row (a tensor [batch] as example, and dynamic_axes for its axis 'batch')",
    )
  if (!isPerRow(time))
    throw new TweedieError('input', `input '${time.name}' has shape [${time.shape}]: no time for each row`)
}

const imageOf = (inputs: readonly Input[], { image }: NetworkChoice): Input => {
  const found =
    image === undefined
      ? (inputs.find(({ dtype, shape }) => dtype === 'float32' && shape.length > 1 && shape[1] !== 1) ??
        inputs.find((candidate) => candidate.dtype === 'float32' && !isPerRow(candidate)))
      : named(inputs, image, '--image')
  if (found && found.dtype === 'float32' && found.shape.length > 1) return found
  if (found)
    throw new TweedieError(
      'input',
      `input '${found.name}' is ${found.dtype} [${found.shape}], no x in float32`,
    )
  throw new TweedieError('input', `none of its inputs takes x in float32: ${listed(inputs) || 'it has none'}`)
}

const timeOf = (inputs: readonly Input[], image: Input, { time, fixed }: NetworkChoice): Input => {
  const taken = fixedInputs(fixed)
  const others = inputs.filter((candidate) => candidate !== image && !taken.has(candidate.name))
  const found = time === undefined ? (others.find(isPerRow) ?? others[0]) : named(inputs, time, '--time')
  if (found) return found
  throw new TweedieError('input', `no input beside '${image.name}' takes the noise level; it needs one`)
}

const rolesOf = (model: OnnxModel, choice: NetworkChoice, output: string): OnnxRoles & { of: Input } => {
  const { inputs } = model
  const image = imageOf(inputs, choice)
  const time = timeOf(inputs, image, choice)
  checkTime(time, image)
  const fixed = fixedInputs(choice.fixed)
  for (const name of fixed.keys()) named(inputs, name, '--fixed')
  const open = inputs.find(
    (candidate) => candidate !== image && candidate !== time && !fixed.has(candidate.name),
  )
  if (open)
    throw new TweedieError(
      'input',
      `input '${open.name}' (${open.dtype} [${open.shape}]) is neither x nor its time; give it a number ` +
        `(--fixed ${open.name}=0), or export the network without it`,
    )
  return {
    of: image,
    image: image.name,
    time: time.name,
    output,
    ...(choice.channels === undefined ? {} : { first: choice.channels }),
    ...(choice.fixed === undefined ? {} : { fixed: choice.fixed }),
  }
}

const eventOf = ({ name, shape }: Input, { event }: NetworkChoice): Shape => {
  const sizes = shape.slice(1)
  const given = event ?? sizes.map(Number)
  const fits = given.length === sizes.length && sizes.every((d, i) => typeof d === 'string' || d === given[i])
  if (event && !fits)
    throw new TweedieError(
      'input',
      `input '${name}' has shape [${shape}], which x of [${event}] does not fit`,
    )
  if (given.every((d) => Number.isInteger(d) && d > 0) && sizeOf(given) < 2 ** 28) return given
  throw new TweedieError(
    'input',
    `input '${name}' has shape [${shape}], whose sizes a run decides; say the shape of one x (--event)`,
  )
}

/**
 * Rows with which a graph is read: others than those of its file, so that whatever works with them works with
 * any.
 */
const readWith = (rows: number | string): number => (typeof rows === 'number' ? rows + 1 : 2)

/** The graph and the weights of a model that was read with so many rows. */
const separated = (model: OnnxModel, roles: OnnxRoles, event: Shape, batch: number): Separated => {
  const x = input('float32', [batch, ...event])
  const feeds = onnxFeeds(model, roles, x, input('float32', [batch]))
  const { result, ...parts } = separateWeights(model, feeds, roles.output)
  predictionIn(result, roles, x)
  return parts
}

/** Whether a model is read with the rows of its file, and so fails for the others alone. */
const isReadWith = (...[model, roles, event, batch]: Parameters<typeof separated>): boolean => {
  try {
    separated(model, roles, event, batch)
    return true
  } catch (error) {
    if (error instanceof TweedieError) return false
    throw error
  }
}

/**
 * The network in the bytes of an ONNX file.
 *
 * @throws TweedieError `input` for bytes that are no such file, operators that are not read (with their
 * node), and choices that the file leaves open
 */
export const importedNetwork = (bytes: Uint8Array, choice: NetworkChoice = {}): ImportedNetwork => {
  const whole = decodeModel(bytes)
  const output = outputOf(whole, choice.prediction)
  const model = reachable(whole, output)
  checkOps(model)
  const { of, ...roles } = rolesOf(model, choice, output)
  const event = eventOf(of, choice)
  const [rows] = of.shape
  try {
    const { graph, weights } = separated(model, roles, event, readWith(rows))
    const net = { kind: 'onnx', graph: Buffer.from(encodeGraph(graph)).toString('base64'), ...roles } as const
    const fixedBatch = typeof rows === 'number' ? { fixedBatch: rows } : {}
    return { net, params: weights, event, roles, model: graph, ...fixedBatch }
  } catch (error) {
    const hasReason = error instanceof TweedieError && typeof rows === 'number'
    if (!hasReason || !isReadWith(model, roles, event, rows)) throw error
    const fixed = `the file is of a batch of ${rows} alone (export it with dynamic_axes for the batch)`
    throw new TweedieError('input', `${error.message}; ${fixed}`, { cause: error })
  }
}

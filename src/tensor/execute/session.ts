/** A compiled model, ready to run: here in this thread, or behind a worker (worker-session.ts). */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { TweedieError } from '../../error.ts'
import { DeviceArray } from '../device-array.ts'
import type { DataOf, DType } from '../dtype.ts'
import { NdArray, type Shape } from '../ndarray.ts'
import { show } from '../shape.ts'
import type { Value } from '../tree.ts'
import { type ExecuteOptions, providerOf, threadsOf } from './device.ts'

/** Named arrays in, named arrays out. */
export interface Session {
  /** Names of the inputs, in the order of the model. */
  readonly inputs: readonly string[]
  /** Names of the outputs, in the order of the model. */
  readonly outputs: readonly string[]
  /**
   * @throws TweedieError `input` when an array is missing or has another dtype or shape than the program
   *   takes
   */
  run(feeds: Readonly<Record<string, NdArray>>): Promise<Record<string, NdArray>>
  /** Frees the memory of the compiled model; the session cannot run any more. */
  release(): Promise<void>
}

/** A session of arrays here and on the device. */
export interface HoldingSession extends Omit<Session, 'run'> {
  /** @throws TweedieError `input` as {@link Session.run} */
  run(feeds: Readonly<Record<string, Value>>): Promise<Record<string, Value>>
}

type Optimisation = 'all' | 'basic'

/** What ONNX Runtime is asked for. */
export const sessionOptions = (
  { device = 'cpu', spinning = true, strict = false, arena = true, ...execute }: ExecuteOptions,
  graphOptimizationLevel: Optimisation,
  held: readonly string[] = [],
): InferenceSession.SessionOptions => ({
  executionProviders: [providerOf(device)],
  intraOpNumThreads: threadsOf(execute),
  interOpNumThreads: 1,
  // A pattern is one more block of the size of the peak, from the second run on, beside the pieces of the
  // first, which the arena keeps: almost twice the memory, and no step was faster for it.
  enableMemPattern: false,
  enableCpuMemArena: arena,
  graphOptimizationLevel,
  ...(held.length > 0
    ? { preferredOutputLocation: Object.fromEntries(held.map((name) => [name, 'gpu-buffer'] as const)) }
    : {}),
  logSeverityLevel: 4, // failures come as errors, the copy on stderr would only confuse
  extra: {
    session: {
      set_denormal_as_zero: '1', // denormals cost up to 100 × and carry nothing
      intra_op: { allow_spinning: spinning ? '1' : '0' },
      disable_cpu_ep_fallback: strict && device !== 'cpu' ? '1' : '0',
    },
  },
})

const isDType = (type: string): type is DType =>
  ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'].includes(type)

/** An array in a buffer of the device, as ONNX Runtime knows it. */
class BufferArray extends DeviceArray {
  readonly tensor: OrtTensor

  constructor(dtype: DType, tensor: OrtTensor) {
    super(dtype, tensor.dims)
    this.tensor = tensor
  }

  release(): void {
    this.tensor.dispose()
  }
}

const toValue = (tensor: OrtTensor): Value => {
  if (!isDType(tensor.type)) throw new Error(`ONNX Runtime returned a tensor of type ${tensor.type}`)
  if (tensor.location === 'gpu-buffer') return new BufferArray(tensor.type, tensor)
  return new NdArray(tensor.type, tensor.dims, tensor.data as DataOf[DType])
}

/** Without the place in ONNX Runtime's source where the check failed. */
const reasonOf = (cause: unknown): string => {
  const [line] = (cause instanceof Error ? cause.message : `${cause}`).split('\n')
  return line.replace(/^.* was false\. /, '')
}

const create = async (
  model: Uint8Array,
  execute: ExecuteOptions,
  level: Optimisation,
  held: readonly string[],
): Promise<InferenceSession> => {
  const { env, InferenceSession: Ort } = await import('onnxruntime-node')
  env.logLevel = 'fatal'
  return Ort.create(model, sessionOptions(execute, level, held)).catch((cause: unknown) => {
    const { device = 'cpu', strict = false } = execute
    if (device === 'cpu') throw cause
    const problem = strict ? 'is not available here or lacks an op' : 'is not available here'
    throw new TweedieError('device', `device '${device}' ${problem} (${reasonOf(cause)}); use 'cpu'`, {
      cause,
    })
  })
}

const hasDouble = ({ inputMetadata, outputMetadata }: InferenceSession): boolean =>
  [...inputMetadata, ...outputMetadata].some((value) => value.isTensor && value.type === 'float64')

/** ONNX Runtime's larger fusions round scalar factors to float32: programs in float64 go without. */
const createExact = async (
  model: Uint8Array,
  execute: ExecuteOptions,
  held: readonly string[],
): Promise<InferenceSession> => {
  const session = await create(model, execute, 'all', held)
  if (!hasDouble(session)) return session
  await session.release()
  return create(model, execute, 'basic', held)
}

/** Sizes that a model leaves to its runs have a name; our own have none of these. */
const fitsShape = (shape: Shape, wanted: readonly (number | string)[]): boolean =>
  shape.length === wanted.length &&
  wanted.every((d, i) => (typeof d === 'string' && !/^\d+$/.test(d)) || Number(d) === shape[i])

const expectFeed = (meta: InferenceSession.ValueMetadata, array: Value | undefined): Value => {
  if (!array) throw new TweedieError('input', `program: input '${meta.name}' is missing`)
  if (!meta.isTensor) return array
  if (meta.type !== array.dtype || !fitsShape(array.shape, meta.shape)) {
    const got = `${array.dtype}${show(array.shape)}`
    throw new TweedieError(
      'input',
      `program: input '${meta.name}' should be ${meta.type}[${meta.shape}], got ${got}`,
    )
  }
  return array
}

/** Of a session that keeps nothing on the device. */
export const expectHost = (value: Value): NdArray => {
  if (value instanceof NdArray) return value
  throw new TweedieError('device', 'this program takes and gives arrays of the host, got one on a device')
}

/**
 * Compiles an ONNX model, some outputs of which stay on the device.
 *
 * @param held - their names; of devices that can keep arrays
 * @throws TweedieError `device` when the device is not available here
 */
export const openHolding = async (
  model: Uint8Array,
  execute: ExecuteOptions,
  held: readonly string[],
): Promise<HoldingSession> => {
  const { Tensor } = await import('onnxruntime-node')
  const session = await createExact(model, execute, held)
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds) => {
      const given: Record<string, OrtTensor> = {}
      for (const meta of session.inputMetadata) {
        const feed = expectFeed(meta, feeds[meta.name])
        if (feed instanceof BufferArray) given[meta.name] = feed.tensor
        else {
          const { dtype, data, shape } = expectHost(feed)
          given[meta.name] = new Tensor(dtype, data, shape)
        }
      }
      const results = await session.run(given)
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toValue(tensor)]))
    },
    release: () => session.release(),
  }
}

/**
 * Compiles an ONNX model.
 * @throws TweedieError `device` when the device is not available here
 */
export const openSession = async (model: Uint8Array, execute: ExecuteOptions = {}): Promise<Session> => {
  const session = await openHolding(model, execute, [])
  return {
    ...session,
    run: async (feeds) =>
      Object.fromEntries(
        Object.entries(await session.run(feeds)).map(([name, value]) => [name, expectHost(value)]),
      ),
  }
}

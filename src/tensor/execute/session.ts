/** A compiled model, ready to run: here in this thread, or behind a worker (worker-session.ts). */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { TweedieError } from '../../error.ts'
import type { DataOf, DType } from '../dtype.ts'
import { NdArray } from '../ndarray.ts'
import { defaultThreads, type ExecuteOptions } from './device.ts'

/** Named arrays in, named arrays out. */
export interface Session {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  run(feeds: Readonly<Record<string, NdArray>>): Promise<Record<string, NdArray>>
  release(): Promise<void>
}

const options = ({
  device = 'cpu',
  threads,
  spinning = true,
}: ExecuteOptions): InferenceSession.SessionOptions => ({
  executionProviders: [device],
  intraOpNumThreads: threads ?? defaultThreads(),
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  extra: {
    session: {
      set_denormal_as_zero: '1', // denormals cost up to 100 × and carry nothing
      intra_op: { allow_spinning: spinning ? '1' : '0' },
    },
  },
})

const isDType = (type: string): type is DType =>
  ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'].includes(type)

const toArray = (tensor: OrtTensor): NdArray => {
  if (!isDType(tensor.type)) throw new Error(`ONNX Runtime returned a tensor of type ${tensor.type}`)
  return new NdArray(tensor.type, tensor.dims, tensor.data as DataOf[DType])
}

/**
 * Compiles an ONNX model.
 * @throws TweedieError `device` when the device is not available here
 */
export const openSession = async (model: Uint8Array, execute: ExecuteOptions = {}): Promise<Session> => {
  const { InferenceSession: Ort, Tensor } = await import('onnxruntime-node')
  const session = await Ort.create(model, options(execute)).catch((cause: unknown) => {
    if (execute.device === undefined || execute.device === 'cpu') throw cause
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : `${cause}`
    throw new TweedieError(
      'device',
      `device '${execute.device}' is not available here (${reason}); use 'cpu'`,
      { cause },
    )
  })
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds) => {
      const given: Record<string, OrtTensor> = {}
      for (const name of session.inputNames) {
        const { dtype, data, shape } = feeds[name]
        given[name] = new Tensor(dtype, data, shape)
      }
      const results = await session.run(given)
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toArray(tensor)]))
    },
    release: () => session.release(),
  }
}

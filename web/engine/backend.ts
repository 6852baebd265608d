/** A model opened by one of ONNX Runtime's builds for browsers. */
import type { InferenceSession, Tensor } from 'onnxruntime-web'
import type { ModelArrays } from './messages.ts'

/** What of a build of ONNX Runtime is used; each build has classes of its own. */
export interface Ort {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: InferenceSession.SessionOptions,
    ): Promise<Pick<InferenceSession, 'run' | 'release'>>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => Tensor
}

/** A model that can be evaluated. */
export interface Backend {
  run(inputs: ModelArrays): Promise<ModelArrays>
  release(): Promise<void>
}

const outputsOf = (outputs: Readonly<Record<string, Pick<Tensor, 'data' | 'dims'>>>): ModelArrays =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { data, dims }]) => {
      if (!(data instanceof Float32Array)) throw new Error(`output '${name}' is not of 32-bit floating point`)
      return [name, { shape: dims, data }] as const
    }),
  )

/** @throws Error when the runtime refuses the model, or has no such provider here */
export const backendOf = async (
  { InferenceSession, Tensor }: Ort,
  model: Uint8Array,
  provider: 'wasm' | 'webgpu',
): Promise<Backend> => {
  const session = await InferenceSession.create(model, { executionProviders: [provider] })
  return {
    run: async (inputs) => {
      const feeds = Object.entries(inputs).map(
        ([name, { data, shape }]) => [name, new Tensor('float32', data, shape)] as const,
      )
      return outputsOf(await session.run(Object.fromEntries(feeds)))
    },
    release: () => session.release(),
  }
}

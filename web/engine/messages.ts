/** What the page and the worker that computes say to each other. */

/** An array of a model: name → values in row-major order. */
interface ModelArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export type ModelArrays = Readonly<Record<string, ModelArray>>

/** A file to fetch. */
export interface RemoteFile {
  /** Absolute address. */
  readonly url: string
  /** Its size, where it is known before it is fetched. */
  readonly bytes?: number
}

/** Where ONNX Runtime is: its script, and its WebAssembly, gzipped. */
export interface Runtime {
  readonly script: string
  readonly binary: RemoteFile
}

/** What is being fetched. */
export type Part = 'engine' | 'model' | 'card'

/** To the worker. */
export type Order =
  | { readonly kind: 'open'; readonly runtime: Runtime; readonly model: RemoteFile }
  /** Leaves off fetching; the next `open` of the same files goes on where it stopped. */
  | { readonly kind: 'stop' }
  /** Tries the graphics card with inputs, and takes it if it agrees and is faster. */
  | { readonly kind: 'accelerate'; readonly runtime: Runtime; readonly inputs: ModelArrays }
  | { readonly kind: 'run'; readonly id: number; readonly inputs: ModelArrays }

/** From the worker. */
export type Report =
  | { readonly kind: 'fetched'; readonly part: Part; readonly done: number; readonly total?: number }
  | { readonly kind: 'retrying'; readonly part: Part; readonly attempt: number; readonly reason: string }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly threads: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'accelerated' }
  | { readonly kind: 'unaccelerated'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | {
      readonly kind: 'result'
      readonly id: number
      readonly outputs: ModelArrays
      /** Of the evaluation alone. */
      readonly milliseconds: number
    }
  | { readonly kind: 'unanswered'; readonly id: number; readonly reason: string }

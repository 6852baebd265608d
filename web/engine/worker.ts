/** The worker that computes: ONNX Runtime on WebAssembly, one model at a time. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm'
import { type Download, download } from './download.ts'
import type { ModelArrays, Order, Part, RemoteFile, Report, Runtime } from './messages.ts'

/** Threads beyond these gain nothing with models of a page. */
const MOST_THREADS = 4

const say = (report: Report, transfer: Transferable[] = []): void => postMessage(report, { transfer })

const downloads = new Map<string, Download>()

/** A file, going on with what has arrived of it before. */
const fetched = async (
  part: Part,
  file: RemoteFile,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> => {
  const own = downloads.get(file.url) ?? download(file)
  downloads.set(file.url, own)
  const bytes = await own.bytes({
    signal,
    onProgress: (done, total) => say({ kind: 'fetched', part, done, total }),
    onRetry: (attempt, reason) => say({ kind: 'retrying', part, attempt, reason }),
  })
  downloads.delete(file.url)
  return bytes
}

/** Unpacked, unless the server has done so on the way. */
const gunzipped = async (bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> => {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.buffer
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(unpacked).arrayBuffer()
}

let binary: ArrayBuffer | undefined
let session: InferenceSession | undefined
let opening = new AbortController()

const open = async (runtime: Runtime, model: RemoteFile): Promise<void> => {
  opening.abort()
  opening = new AbortController()
  const { signal } = opening
  try {
    await session?.release()
    session = undefined
    binary ??= await gunzipped(await fetched('engine', runtime.binary, signal))
    const bytes = await fetched('model', model, signal)
    say({ kind: 'starting' })
    env.wasm.wasmBinary = binary
    env.wasm.wasmPaths = { mjs: runtime.script }
    // Shared memory exists only where the server isolates the page from other origins.
    const threads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1
    env.wasm.numThreads = threads
    const made = await InferenceSession.create(bytes, { executionProviders: ['wasm'] })
    if (signal.aborted) return void made.release()
    session = made
    say({ kind: 'ready', threads })
  } catch (cause) {
    if (signal.aborted) return
    say({ kind: 'failed', reason: cause instanceof Error ? cause.message : String(cause) })
  }
}

const evaluated = async (own: InferenceSession, inputs: ModelArrays): Promise<ModelArrays> => {
  const feeds = Object.entries(inputs).map(
    ([name, { data, shape }]) => [name, new Tensor('float32', data, shape)] as const,
  )
  const outputs = await own.run(Object.fromEntries(feeds))
  const arrays = Object.entries(outputs).map(([name, { data, dims }]) => {
    if (!(data instanceof Float32Array)) throw new Error(`output '${name}' is not of 32-bit floating point`)
    return [name, { shape: dims, data }] as const
  })
  return Object.fromEntries(arrays)
}

const run = async (id: number, inputs: ModelArrays): Promise<void> => {
  try {
    if (!session) throw new Error('no model is open')
    const start = performance.now()
    const outputs = await evaluated(session, inputs)
    const milliseconds = performance.now() - start
    say({ kind: 'result', id, outputs, milliseconds })
  } catch (cause) {
    say({ kind: 'unanswered', id, reason: cause instanceof Error ? cause.message : String(cause) })
  }
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  switch (data.kind) {
    case 'open':
      return void open(data.runtime, data.model)
    case 'stop':
      opening.abort()
      return say({ kind: 'stopped' })
    case 'run':
      return void run(data.id, data.inputs)
  }
})

/** The worker that computes: ONNX Runtime on WebAssembly, and on the graphics card where that is better. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm'
import { type Backend, backendOf } from './backend.ts'
import { type Download, download } from './download.ts'
import type { ModelArrays, Order, Part, RemoteFile, Report, Runtime } from './messages.ts'
import { compared } from './self-test.ts'

/** Threads beyond these gain nothing with models of a page. */
const MOST_THREADS = 4

const say = (report: Report): void => postMessage(report)

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

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

/** A model and what evaluates it. */
interface Opened {
  readonly bytes: Uint8Array
  readonly backend: Backend
}

let binary: ArrayBuffer | undefined
let opened: Opened | undefined
let opening = new AbortController()

let last: Promise<unknown> = Promise.resolve()

/** One evaluation after the other: a backend is not given back while it works. */
const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
  const done = last.then(work, work)
  last = done.catch(() => undefined)
  return done
}

/** Shared memory, and so threads, exist only where the server isolates the page from other origins. */
const threads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1

const open = async (runtime: Runtime, model: RemoteFile): Promise<void> => {
  opening.abort()
  opening = new AbortController()
  const { signal } = opening
  try {
    await opened?.backend.release()
    opened = undefined
    binary ??= await gunzipped(await fetched('engine', runtime.binary, signal))
    const bytes = await fetched('model', model, signal)
    say({ kind: 'starting' })
    Object.assign(env.wasm, {
      wasmBinary: binary,
      wasmPaths: { mjs: runtime.script },
      numThreads: threads,
    })
    const backend = await backendOf({ InferenceSession, Tensor }, bytes, 'wasm')
    if (signal.aborted) return void backend.release()
    opened = { bytes, backend }
    say({ kind: 'ready', threads })
  } catch (cause) {
    if (!signal.aborted) say({ kind: 'failed', reason: textOf(cause) })
  }
}

/** Takes what is better; gives the other one back. */
const chosen = async (trusted: Opened, card: Backend, inputs: ModelArrays): Promise<void> => {
  const verdict = await compared(card, trusted.backend, inputs)
  if (verdict.kind === 'refused' || opened !== trusted) {
    await card.release()
    return say({ kind: 'unaccelerated', reason: verdict.kind === 'refused' ? verdict.reason : 'too late' })
  }
  opened = { ...trusted, backend: card }
  await trusted.backend.release()
  say({ kind: 'accelerated' })
}

/** The graphics card takes over if it agrees with WebAssembly on these inputs, and is faster. */
const accelerate = async (runtime: Runtime, inputs: ModelArrays): Promise<void> => {
  const trusted = opened
  const { signal } = opening
  if (!trusted) return
  try {
    if (!(await navigator.gpu?.requestAdapter())) throw new Error('this browser finds none')
    const unpacked = await gunzipped(await fetched('card', runtime.binary, signal))
    const ort = await import('onnxruntime-web/webgpu')
    Object.assign(ort.env.wasm, {
      wasmBinary: unpacked,
      wasmPaths: { mjs: runtime.script },
      numThreads: 1,
    })
    const card = await backendOf(ort, trusted.bytes, 'webgpu')
    await inTurn(() => chosen(trusted, card, inputs))
  } catch (cause) {
    if (!signal.aborted) say({ kind: 'unaccelerated', reason: textOf(cause) })
  }
}

const run = async (id: number, inputs: ModelArrays): Promise<void> => {
  try {
    if (!opened) throw new Error('no model is open')
    const start = performance.now()
    const outputs = await opened.backend.run(inputs)
    say({ kind: 'result', id, outputs, milliseconds: performance.now() - start })
  } catch (cause) {
    say({ kind: 'unanswered', id, reason: textOf(cause) })
  }
}

const obeyed = (order: Order): unknown => {
  switch (order.kind) {
    case 'open':
      return open(order.runtime, order.model)
    case 'stop':
      opening.abort()
      return say({ kind: 'stopped' })
    case 'accelerate':
      return accelerate(order.runtime, order.inputs)
    case 'run':
      return inTurn(() => run(order.id, order.inputs))
  }
}

addEventListener('message', ({ data }: MessageEvent<Order>) => void obeyed(data))

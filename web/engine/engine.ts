/** The page's side of the worker that computes. */
import { type ReadonlySignal, signal } from '@preact/signals'
import { type EngineState, stateAfter } from './engine-state.ts'
import type { ModelArrays, Order, RemoteFile, Report, Runtime } from './messages.ts'
import { type Answered, newest } from './newest.ts'

/** What a model gave, and how long its evaluation alone took. */
interface Evaluation {
  readonly outputs: ModelArrays
  readonly milliseconds: number
}

/** The builds of ONNX Runtime: the one that is trusted, and the one with the graphics card. */
interface Runtimes {
  readonly wasm: Runtime
  readonly webgpu: Runtime
}

/** A worker with one model. */
export interface Engine {
  readonly state: ReadonlySignal<EngineState>
  /** Fetches the engine and the model, or goes on doing so. */
  open(): void
  /** Leaves off fetching. */
  stop(): void
  /** Tries the graphics card on inputs; it takes over if it agrees with WebAssembly and is faster. */
  accelerate(inputs: ModelArrays): void
  /**
   * Evaluates the model; a newer request takes the place of one that waits.
   *
   * @throws Error in one line, when the model cannot be evaluated
   */
  run(inputs: ModelArrays): Promise<Answered<Evaluation>>
  close(): void
}

/** ONNX Runtime where it was laid. @param base - address of the folder `engine/` */
export const runtimesAt = (base: string | URL): Runtimes => {
  const runtime = (name: string, bytes: number): Runtime => ({
    script: new URL(`${name}.mjs`, base).href,
    binary: { url: new URL(`${name}.wasm.gz`, base).href, bytes },
  })
  return {
    wasm: runtime('ort-wasm-simd-threaded', __ENGINE_BYTES__),
    webgpu: runtime('ort-wasm-simd-threaded.asyncify', __CARD_BYTES__),
  }
}

interface Asked {
  readonly resolve: (evaluation: Evaluation) => void
  readonly reject: (cause: Error) => void
}

/**
 * @param start - makes a worker; its caller's bundler must see the worker's address
 *
 * @example
 * ```ts
 * const engine = engineOf(startWorker, runtimesAt(new URL('engine/', document.baseURI)), { url: model })
 * engine.open()
 * const answer = await engine.run({ y, mask, z })
 * ```
 */
export const engineOf = (start: () => Worker, runtimes: Runtimes, model: RemoteFile): Engine => {
  const state = signal<EngineState>({ kind: 'idle' })
  const asked = new Map<number, Asked>()
  let ids = 0
  let worker: Worker | undefined

  /** Gives up the worker; the next `open` starts another one. */
  const fail = (reason: string): void => {
    worker?.terminate()
    worker = undefined
    state.value = { kind: 'failed', reason }
    for (const { reject } of asked.values()) reject(new Error(reason))
    asked.clear()
  }
  const hear = (report: Report): void => {
    state.value = stateAfter(state.value, report)
    if (report.kind !== 'result' && report.kind !== 'unanswered') return
    const own = asked.get(report.id)
    asked.delete(report.id)
    if (report.kind === 'result') own?.resolve(report)
    else own?.reject(new Error(report.reason))
  }
  const started = (): Worker => {
    const fresh = start()
    fresh.addEventListener('error', ({ message }) => fail(message || 'its worker could not be started'))
    fresh.addEventListener('message', ({ data }: MessageEvent<Report>) => hear(data))
    return fresh
  }
  const order = (message: Order): void => worker?.postMessage(message)

  return {
    state,
    open: () => {
      worker ??= started()
      state.value = { kind: 'fetching', arrived: {} }
      order({ kind: 'open', runtime: runtimes.wasm, model })
    },
    stop: () => order({ kind: 'stop' }),
    accelerate: (inputs) => {
      if (state.value.kind !== 'ready') return
      state.value = { ...state.value, card: { kind: 'trying' } }
      order({ kind: 'accelerate', runtime: runtimes.webgpu, inputs })
    },
    run: newest(
      (inputs: ModelArrays) =>
        new Promise<Evaluation>((resolve, reject) => {
          if (!worker) return reject(new Error('the engine is not open'))
          const id = ids++
          asked.set(id, { resolve, reject })
          order({ kind: 'run', id, inputs })
        }),
    ),
    close: () => fail('closed'),
  }
}

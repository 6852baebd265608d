/**
 * A session in a worker thread: `run` of ONNX Runtime blocks the thread that calls it, this keeps ours free.
 */
import type { Worker } from 'node:worker_threads'
import { type ErrorCode, TweedieError } from '../../error.ts'
import { startWorker } from '../../worker-thread.ts'
import type { NdArray } from '../ndarray.ts'
import { compact, revive } from './clone.ts'
import type { ExecuteOptions } from './device.ts'
import type { Session } from './session.ts'

/** An answer of the worker. */
export type Reply =
  | { readonly id: number; readonly kind: 'ready'; readonly inputs: string[]; readonly outputs: string[] }
  | { readonly id: number; readonly kind: 'result'; readonly arrays: Record<string, NdArray> }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string; readonly code?: ErrorCode }

/** A request to the worker. */
export type Request =
  | { readonly kind: 'run'; readonly id: number; readonly feeds: Record<string, NdArray> }
  | { readonly kind: 'close' }

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

const errorOf = (reply: Extract<Reply, { kind: 'failed' }>): Error =>
  reply.code ? new TweedieError(reply.code, reply.message) : new Error(reply.message)

/** Questions to a worker, each with one answer; after its end every question fails. */
class Dialogue {
  private readonly worker: Worker
  private readonly waiting = new Map<number, Waiting>()
  private serial = 0
  private ended: Error | undefined

  constructor(worker: Worker) {
    this.worker = worker
    worker.on('message', (reply: Reply) => this.settle(reply))
    worker.on('error', (error) => this.end(error))
    worker.on('exit', () =>
      this.end(new TweedieError('interrupted', 'the worker thread of the program has ended')),
    )
  }

  /** The first answer, which comes unasked. */
  ready(): Promise<Reply> {
    return this.expect(this.serial++)
  }

  ask(feeds: Record<string, NdArray>): Promise<Reply> {
    if (this.ended) return Promise.reject(this.ended)
    const id = this.serial++
    this.worker.postMessage({ kind: 'run', id, feeds } satisfies Request)
    return this.expect(id)
  }

  /**
   * Fails all requests and lets the thread end by itself, after the run that it is in: ending it from here,
   * inside ONNX Runtime's native code, would abort the whole process.
   */
  async close(): Promise<void> {
    const exit = new Promise((resolve) => this.worker.once('exit', resolve))
    const running = !this.ended
    this.end(new TweedieError('interrupted', 'the program was released'))
    if (!running) return
    this.worker.ref()
    this.worker.postMessage({ kind: 'close' } satisfies Request)
    await exit
  }

  /** The worker keeps the process alive only while an answer is due. */
  private expect(id: number): Promise<Reply> {
    this.worker.ref()
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }))
  }

  private settle(reply: Reply): void {
    const entry = this.waiting.get(reply.id)
    this.waiting.delete(reply.id)
    if (this.waiting.size === 0 && !this.ended) this.worker.unref()
    if (reply.kind === 'failed') entry?.reject(errorOf(reply))
    else entry?.resolve(reply)
  }

  private end(error: Error): void {
    this.ended ??= error
    for (const { reject } of this.waiting.values()) reject(this.ended)
    this.waiting.clear()
  }
}

/** Compiles a model in a worker of its own; arrays are copied to and fro. */
export const openWorkerSession = async (model: Uint8Array, execute: ExecuteOptions): Promise<Session> => {
  const workerData = { model, execute: { ...execute, worker: false } }
  const worker = startWorker('./worker', import.meta.url, { workerData })
  const dialogue = new Dialogue(worker)
  const ready = await dialogue.ready()
  if (ready.kind !== 'ready') throw new Error('the worker thread answered out of turn')
  return {
    inputs: ready.inputs,
    outputs: ready.outputs,
    run: async (feeds) => {
      const reply = await dialogue.ask(compact(feeds))
      if (reply.kind !== 'result') throw new Error('the worker thread answered out of turn')
      return revive(reply.arrays)
    },
    release: () => dialogue.close(),
  }
}

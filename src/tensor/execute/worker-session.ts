/** A session in a worker thread: `run` of ONNX Runtime blocks the thread that calls it, this keeps ours free. */
import { Worker } from 'node:worker_threads'
import { TweedieError } from '../../error.ts'
import type { NdArray } from '../ndarray.ts'
import type { ExecuteOptions } from './device.ts'
import { revive } from './revive.ts'
import type { Session } from './session.ts'

/** What the worker answers. */
export type Reply =
  | { readonly id: number; readonly kind: 'ready'; readonly inputs: string[]; readonly outputs: string[] }
  | { readonly id: number; readonly kind: 'result'; readonly arrays: Record<string, NdArray> }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string; readonly device: boolean }

/** Compiles a model in a worker of its own; arrays are copied to and fro. */
export const openWorkerSession = async (model: Uint8Array, execute: ExecuteOptions): Promise<Session> => {
  const script = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
  const worker = new Worker(new URL(script, import.meta.url), { workerData: { model, execute } })
  const waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>()
  const failAll = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('message', (reply: Reply) => {
    const entry = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.kind === 'failed')
      entry?.reject(new TweedieError(reply.device ? 'device' : 'numeric', reply.message))
    else entry?.resolve(reply)
  })
  worker.on('error', failAll)
  worker.on('exit', (code) => failAll(new Error(`the worker thread ended with code ${code}`)))
  let serial = 0
  const ask = (feeds?: Readonly<Record<string, NdArray>>) =>
    new Promise<Reply>((resolve, reject) => {
      const id = serial++
      waiting.set(id, { resolve, reject })
      if (feeds) worker.postMessage({ id, feeds })
    })
  const ready = await ask()
  if (ready.kind !== 'ready') throw new Error('the worker thread answered out of turn')
  worker.unref()
  return {
    inputs: ready.inputs,
    outputs: ready.outputs,
    run: async (feeds) => {
      worker.ref()
      const reply = await ask(feeds).finally(() => waiting.size === 0 && worker.unref())
      if (reply.kind !== 'result') throw new Error('the worker thread answered out of turn')
      return revive(reply.arrays)
    },
    release: async () => {
      waiting.clear()
      await worker.terminate()
    },
  }
}

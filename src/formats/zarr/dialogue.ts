/**
 * Zarr without waiting for promises: zarrita runs in a worker thread, and this one waits for its answer, as
 * for a file that is read.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads'
import { type ErrorCode, TweedieError } from '../../error.ts'
import { startWorker } from '../../worker-thread.ts'
import type { ZarrPlace } from './place.ts'
import type { Answer, Question } from './reading.ts'

/** A question about an open hierarchy; without any it is closed. */
export interface Call {
  readonly id: number
  readonly place: ZarrPlace
  readonly where: string
  readonly question?: Question
}

/** What the thread says. */
export type Reply =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly code?: ErrorCode
      /** Whether the thread may not work any more: a codec that failed on damage. */
      readonly isSpoilt: boolean
    }

/** Milliseconds without any sign of life after which the thread is given up: a disk that does not answer. */
const SILENCE = 120_000

interface Thread {
  readonly worker: Worker
  readonly port: MessagePort
  /** Counts the signs of life. */
  readonly signal: Int32Array
}

let thread: Thread | undefined

const start = (): Thread => {
  const { port1: port, port2 } = new MessageChannel()
  const signal = new Int32Array(new SharedArrayBuffer(4))
  const workerData = { port: port2, signal }
  const worker = startWorker('./worker', import.meta.url, { workerData, transferList: [port2] })
  // neither of them keeps the process alive
  worker.unref()
  port.unref()
  return { worker, port, signal }
}

const isReply = (message: unknown): message is Reply =>
  typeof message === 'object' && message !== null && 'kind' in message

/** Waits for the next message. @throws TweedieError `io` when there is no sign of life */
const nextReply = ({ port, signal }: Thread, where: string): Reply => {
  for (;;) {
    const seen = Atomics.load(signal, 0)
    const received: { readonly message: unknown } | undefined = receiveMessageOnPort(port)
    if (received && isReply(received.message)) return received.message
    if (Atomics.wait(signal, 0, seen, SILENCE) === 'timed-out')
      throw new TweedieError('io', `${where}: cannot read: no answer for ${SILENCE / 1000} s`)
  }
}

/** Ends the thread: the next question starts another. */
const drop = (): void => {
  void thread?.worker.terminate()
  thread = undefined
}

const call = (message: Call): Answer => {
  thread ??= start()
  thread.port.postMessage(message)
  let reply: Reply
  try {
    reply = nextReply(thread, message.where)
  } catch (error) {
    drop()
    throw error
  }
  if (reply.kind === 'answer') return reply.answer
  if (reply.isSpoilt) drop()
  throw reply.code ? new TweedieError(reply.code, reply.message) : new Error(reply.message)
}

/** A hierarchy of which questions are answered at once. */
export interface Dialogue {
  readonly where: string
  /** @throws TweedieError `input` for damage; `io` when the system or the server refuses */
  readonly ask: (question: Question) => Answer
  readonly close: () => void
}

let opened = 0

/** @param where - the path, for messages */
export const openDialogue = (place: ZarrPlace, where: string): Dialogue => {
  const id = opened++
  return {
    where,
    ask: (question) => call({ id, place, where, question }),
    close: () => {
      if (thread) call({ id, place, where })
    },
  }
}

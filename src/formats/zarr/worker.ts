/** The worker thread of dialogue.ts: answers one message after the other, while the main thread waits. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { TweedieError } from '../../error.ts'
import type { Call, Reply } from './dialogue.ts'
import type { Reading } from './reading.ts'

const { port, signal }: { port: MessagePort; signal: Int32Array } = workerData

/** Tells the thread that waits that this one lives, or has answered. */
const beat = (): void => {
  Atomics.add(signal, 0, 1)
  Atomics.notify(signal, 0)
}

const open = new Map<number, Reading>()

const answerTo = async ({ id, place, where, question }: Call): Promise<Reply> => {
  if (!question) {
    open.get(id)?.close()
    open.delete(id)
    return { kind: 'answer', answer: undefined }
  }
  const { openReading } = await import('./reading.ts')
  const reading = open.get(id) ?? openReading(place, where)
  open.set(id, reading)
  return { kind: 'answer', answer: await reading.answer(question) }
}

const reply = async (call: Call): Promise<Reply> => {
  const beating = setInterval(beat, 1000)
  try {
    return await answerTo(call)
  } catch (error) {
    const { spoils } = await import('./reading.ts')
    const isKnown = error instanceof TweedieError
    return {
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
      code: isKnown ? error.code : undefined,
      isSpoilt: !isKnown || spoils(error),
    }
  } finally {
    clearInterval(beating)
  }
}

port.on('message', async (call: Call) => {
  const answer = await reply(call)
  const bytes = answer.kind === 'answer' && answer.answer instanceof Uint8Array ? answer.answer : undefined
  const whole = bytes && bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer
  port.postMessage(answer, whole ? [bytes.buffer] : [])
  beat()
})

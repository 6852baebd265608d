/** A file fetched piece by piece: it says how far it is, tries again, and goes on where it stopped. */
import type { RemoteFile } from './messages.ts'

/** How a file is fetched. */
interface DownloadOptions {
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number | undefined) => void
  /** Told before each new try, from 2 on. */
  readonly onRetry: (attempt: number, reason: string) => void
  /** Milliseconds before each new try; as many tries as entries, and one. Default 0.5, 2 and 5 s. */
  readonly waits?: readonly number[]
  /** Default: `fetch` of the engine. */
  readonly fetch?: typeof globalThis.fetch
}

const WAITS = [500, 2000, 5000]

/** A file that can be asked for again, and then goes on. */
export interface Download {
  /**
   * All bytes of the file.
   *
   * @throws Error in one line, when the last try failed; DOMException `AbortError` when it was stopped
   */
  bytes(options: DownloadOptions): Promise<Uint8Array<ArrayBuffer>>
}

/** Of a range behind the end of the file, which has changed. */
const NO_SUCH_RANGE = 416

/** Whether another try may have another answer: too slow, too many at once, a fault of the server. */
const passes = (status: number): boolean => [408, NO_SUCH_RANGE, 429].includes(status) || status >= 500

/** An answer that no new try will change, such as 404. */
class Refused extends Error {}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', stop, { once: true })
  })

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** What has arrived of a file. */
interface Arrived {
  parts: Uint8Array[]
  done: number
  /** What says that the rest is of the same file: its ETag or date. */
  mark: string | undefined
}

const nothing = (): Arrived => ({ parts: [], done: 0, mark: undefined })

const wholeOf = ({ parts, done }: Arrived): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(done)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The size of the whole file by the headers of an answer, unless it is packed on its way. */
const sizeOf = ({ headers }: Response, from: number): number | undefined => {
  const length = headers.get('content-length')
  return length === null || headers.has('content-encoding') ? undefined : from + Number(length)
}

/**
 * @example
 * ```ts
 * const model = download({ url: 'sampler.onnx' })
 * const bytes = await model.bytes({ signal, onProgress, onRetry })
 * ```
 */
export const download = ({ url, bytes: expected }: RemoteFile): Download => {
  let arrived = nothing()

  /** Asks for the rest, if the server knows parts of this file, or for all of it. */
  const asked = async (fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Response> => {
    const rest = arrived.done > 0 && arrived.mark !== undefined
    const headers = rest ? { range: `bytes=${arrived.done}-`, 'if-range': arrived.mark ?? '' } : undefined
    const answer = await fetch(url, { signal, ...(headers ? { headers } : {}) })
    if (!answer.ok) {
      const reason = `${new URL(url).pathname.split('/').at(-1)}: the server answered ${answer.status}`
      if (answer.status === NO_SUCH_RANGE) arrived = nothing()
      throw passes(answer.status) ? new Error(reason) : new Refused(reason)
    }
    if (answer.status !== 206) arrived = nothing()
    arrived.mark = answer.headers.get('etag') ?? answer.headers.get('last-modified') ?? undefined
    return answer
  }

  const once = async ({ signal, onProgress, fetch = globalThis.fetch }: DownloadOptions): Promise<void> => {
    const answer = await asked(fetch, signal)
    const size = sizeOf(answer, arrived.done)
    const total = size ?? expected
    const reader = answer.body?.getReader()
    if (!reader) throw new Error('the server sent nothing')
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      arrived.parts.push(piece.value)
      arrived.done += piece.value.length
      onProgress(arrived.done, total)
    }
    if (size !== undefined && arrived.done !== size)
      throw new Error(`the connection broke after ${arrived.done} of ${size} bytes`)
  }

  return {
    bytes: async (options) => {
      const { signal, onRetry, waits = WAITS } = options
      for (let attempt = 1; ; attempt++) {
        try {
          await once(options)
          return wholeOf(arrived)
        } catch (cause) {
          if (signal.aborted || cause instanceof Refused || attempt > waits.length) throw cause
          onRetry(attempt + 1, textOf(cause))
          await pause(waits[attempt - 1], signal)
        }
      }
    },
  }
}

/**
 * A server for tests, in a thread of its own: the one that reads waits for it. It keeps files of one folder,
 * and does to some paths what servers do.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

const script = `
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
let left = workerData.failures
const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, 'http://x').pathname)
  if (path.includes(workerData.hangs)) return // for ever
  if (path.includes(workerData.fails)) return response.writeHead(left-- > 0 ? 503 : 403).end()
  if (path.includes(workerData.breaks)) {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('some of it')
    return setTimeout(() => response.destroy(), 50)
  }
  if (path.includes(workerData.floods)) {
    response.writeHead(200)
    const pour = () => { while (response.write(Buffer.alloc(65536))); }
    response.on('drain', pour)
    return pour()
  }
  let bytes
  try {
    bytes = readFileSync(join(workerData.folder, path))
  } catch {
    return response.writeHead(404).end()
  }
  const range = /bytes=(\\d*)-(\\d*)/.exec(request.headers.range ?? '')
  if (!range || !workerData.ranges) return response.writeHead(200).end(bytes)
  const from = range[1] === '' ? Math.max(0, bytes.length - Number(range[2])) : Number(range[1])
  const to = range[1] === '' ? bytes.length : Math.min(bytes.length, Number(range[2]) + 1)
  if (from >= bytes.length) return response.writeHead(416).end()
  const sent = \`bytes \${from}-\${to - 1}/\${bytes.length}\`
  response.writeHead(206, { 'content-range': sent }).end(bytes.subarray(from, to))
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

/** Paths that hold such a text are treated so. */
export interface Habits {
  /** Never answered. */
  readonly hangs?: string
  /** Answered with 503, so many times, then with 403. */
  readonly fails?: string
  readonly failures?: number
  /** The connection breaks in the body. */
  readonly breaks?: string
  /** The body has no end. */
  readonly floods?: string
  /** Whether parts of files are sent. Default true. */
  readonly ranges?: boolean
}

/** Serves a folder until the test ends. @returns its address */
export const serve = async (folder: string, habits: Habits = {}): Promise<string> => {
  const none = '\0'
  const plain = { hangs: none, fails: none, failures: 0, breaks: none, floods: none, ranges: true }
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`)
  const worker = new Worker(url, { workerData: { ...plain, folder, ...habits } })
  onTestFinished(async () => {
    await worker.terminate()
  })
  const [port] = await once(worker, 'message')
  return `http://127.0.0.1:${port}`
}

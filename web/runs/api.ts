/** What the page asks the server of the studio for. Losing the server is a state, see {@link connection}. */
import { signal } from '@preact/signals'
import { mode } from '../app/mode.ts'

/** Whether the server answered last. */
export const connection = signal<'here' | 'lost'>('here')

/** Grows each time that the server is back: what is shown is then asked for again. */
export const returns = signal(0)

/** The server's refusal: one line. */
export class Refused extends Error {}

/** The address of something of the server. */
export const at = (path: string, query: Readonly<Record<string, string | number>> = {}): string => {
  const asked = new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)])).toString()
  return `${mode.kind === 'studio' ? mode.api : 'api/'}${path}${asked ? `?${asked}` : ''}`
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks until the server is back. */
const waitForServer = async (): Promise<void> => {
  for (let wait = 500; ; wait = Math.min(5000, 1.5 * wait)) {
    await pause(wait)
    try {
      await fetch(at('here'))
      connection.value = 'here'
      returns.value++
      return
    } catch {} // still gone
  }
}

/** The server did not answer: says so, and looks for it. */
export const serverIsLost = (): void => {
  if (connection.peek() === 'lost') return
  connection.value = 'lost'
  void waitForServer()
}

const answerOf = async (request: Promise<Response>): Promise<Response> => {
  let response: Response
  try {
    response = await request
  } catch {
    serverIsLost()
    throw new Refused('The server does not answer.')
  }
  if (response.ok) return response
  const body: unknown = await response.json().catch(() => undefined)
  const said = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : ''
  throw new Refused(said || `The server answered ${response.status}.`)
}

/** An answer of the server as JSON; its type is that of `src/studio/wire.ts`. @throws Refused */
export const asked = async <T>(
  path: string,
  query: Readonly<Record<string, string | number>> = {},
  signal?: AbortSignal,
): Promise<T> => (await answerOf(fetch(at(path, query), { signal }))).json()

/** Bytes of the server, and the shape that they have. @throws Refused */
export const askedArray = async (
  path: string,
  query: Readonly<Record<string, string | number>>,
): Promise<{ readonly shape: readonly number[]; readonly values: Float32Array }> => {
  const response = await answerOf(fetch(at(path, query)))
  const shape = (response.headers.get('x-shape') ?? '').split(',').filter(Boolean).map(Number)
  return { shape, values: new Float32Array(await response.arrayBuffer()) }
}

/** Asks for a change. @throws Refused */
export const ordered = async <T>(path: string, body: unknown): Promise<T> => {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  return (await answerOf(fetch(at(path), request))).json()
}

/** Sends a file of arrays, and gives the path under which a configuration names it. @throws Refused */
export const sentFile = async (file: File): Promise<string> => {
  const headers = { 'content-type': 'application/octet-stream' }
  const request = fetch(at('uploads', { name: file.name }), { method: 'POST', headers, body: file })
  const { path }: { readonly path: string } = await (await answerOf(request)).json()
  return path
}

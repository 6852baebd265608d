/** Listens for a studio. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { TweedieError } from '../error.ts'
import { doorOf, hostInUrl } from './door.ts'
import type { Studio } from './routes/family.ts'
import { studioApp } from './studio.ts'

/** A studio that listens. */
export interface Serving {
  /** The address to open; with the token where there is one. */
  readonly url: string
  /** Ends it: open connections are closed. */
  close(): Promise<void>
}

/** Where to listen. */
export interface Listening {
  /** Name or address of this machine; 127.0.0.1 cannot be reached from elsewhere. */
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

/** Milliseconds that a request may take to arrive: files may be large. */
const UPLOAD = 1_800_000

const words: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: choose another one with --port, or 0 for any that is free',
  EACCES: 'may not be used: choose one above 1023',
}

const refusedBy = (cause: unknown, { host, port }: Listening): TweedieError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code in words) return new TweedieError('io', `port ${port} ${words[code]}`, { cause })
  return new TweedieError('input', `--host ${host}: not an address of this machine (${code})`, { cause })
}

/**
 * Serves a studio until it is closed.
 *
 * @throws TweedieError `io` when the port is in use; `input` for a host that is not this machine's
 */
export const serveStudio = async (studio: Studio, where: Listening): Promise<Serving> => {
  const door = doorOf(where.host)
  const app = studioApp(studio, door)
  const server = createServer(
    { headersTimeout: 20_000, requestTimeout: UPLOAD },
    getRequestListener(app.fetch),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(refusedBy(cause, where)))
    server.listen(where.port, where.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  // The first rows of the table are read while the browser opens; what is wrong with them is said to it.
  const own = { host: 'localhost', authorization: `Bearer ${door.token}` }
  void Promise.resolve(app.request('/api/runs', { headers: own })).catch(() => undefined)
  const query = door.token === undefined ? '' : `?token=${door.token}`
  return {
    url: `http://${hostInUrl(where.host)}:${port}/${query}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

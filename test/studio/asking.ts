/** A studio over a folder, asked without a network. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { type Door, doorOf, studioApp } from '../../src/studio/index.ts'
import { scratch } from '../run/scratch.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The command line from its source. */
const command = [process.execPath, '--import', 'tsx', join(root, 'src/cli/main.ts')]

const HOST = 'localhost:8017'

/** Headers of a request of the studio's own page. */
export const own = { host: HOST, origin: `http://${HOST}` }

/** A page of its own, so that no build is needed. */
const pageFolder = (): string => {
  const page = scratch()
  writeFileSync(join(page, 'index.html'), '<!doctype html><html><head></head><body></body></html>')
  writeFileSync(join(page, 'main.js'), 'let x')
  return page
}

/** What a test asks with. */
export interface Asking {
  readonly folder: string
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Sends bytes, all at once or in pieces. */
  send(name: string, body: Uint8Array<ArrayBuffer> | ReadableStream): Promise<Response>
}

/** A studio over a fresh folder. */
export const asking = (
  door: Door = doorOf('127.0.0.1'),
  folder = scratch(),
  uploadBytes?: number,
): Asking => {
  const app = studioApp(
    { folder, page: pageFolder(), command, schemas: join(root, 'experiments'), uploadBytes },
    door,
  )
  return {
    folder,
    get: async (path, headers = own) => app.request(path, { headers }),
    post: async (path, body, headers = { ...own, 'content-type': 'application/json' }) =>
      app.request(path, { method: 'POST', headers, body: JSON.stringify(body) }),
    send: async (name, body) => {
      const headers = { ...own, 'content-type': 'application/octet-stream' }
      const request = { method: 'POST', headers, body, duplex: 'half' as const }
      return app.request(`/api/uploads?name=${encodeURIComponent(name)}`, request)
    },
  }
}

export const yaml = stringify

/** An answer as JSON, of the shape that a test expects. */
export const said = async <T = Readonly<Record<string, unknown>>>(answer: Response): Promise<T> =>
  (await answer.json()) as T

/** The line that a request was refused with. */
export const lineOf = async (answer: Response): Promise<string> =>
  (await said<{ error: string }>(answer)).error

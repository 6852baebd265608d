/** The page itself: files of the built web folder, `index.html` with the word that a studio serves it. */
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { Readable } from 'node:stream'
import { inside } from '../inside.ts'
import { Refusal } from '../refusal.ts'
import type { Family } from './family.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** web/app/mode.ts reads it. */
const STUDIO = '<meta name="tweedie-api" content="api/" />'

/** Files under `assets/` have their digest in their name. */
const isForever = (path: string): boolean => path.startsWith('assets/')

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new Refusal(400, `${path}: not an address`)
  }
}

export const page: Family = (app, { page }) => {
  app.get('/', (c) => {
    const file = inside(page, 'index.html')
    return c.html(readFileSync(file, 'utf8').replace('</head>', `${STUDIO}</head>`))
  })
  app.get('/*', (c) => {
    const path = decoded(c.req.path.slice(1))
    const file = inside(page, path)
    const { size } = statSync(file)
    if (!statSync(file).isFile()) throw new Refusal(404, `${path}: there is no such file`)
    c.header('content-type', types[extname(file)] ?? 'application/octet-stream')
    c.header('content-length', String(size))
    c.header('cache-control', isForever(path) ? 'max-age=31536000, immutable' : 'no-cache')
    return c.body(Readable.toWeb(createReadStream(file)) as ReadableStream)
  })
}

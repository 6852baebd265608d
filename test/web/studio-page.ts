/** Pages of the studio in Debian's Chromium, by playwright-core: no browser is downloaded. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { chromium as executable } from './browser.ts'

/** The page as `npm run build` made it. */
export const builtPage = fileURLToPath(new URL('../../dist/web', import.meta.url))

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** How a folder is served. */
interface Serving {
  /** Whether the server answers 503 for a path just now. */
  readonly unavailable?: (path: string) => boolean
  /** Whether pages are isolated from other origins, which gives them threads. */
  readonly isolated?: boolean
}

const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

/** A folder on a static server of this machine, as any host would serve it. */
export const servedFolder = async (
  folder: string,
  { unavailable = () => false, isolated = false }: Serving = {},
): Promise<{ url: string; close: () => Promise<void> }> => {
  const server: Server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
    if (unavailable(path)) return void response.writeHead(503).end()
    try {
      const body = readFileSync(join(folder, path === '/' ? 'index.html' : path))
      response.writeHead(200, {
        'content-type': types[extname(path) || '.html'] ?? 'application/octet-stream',
        ...(isolated ? isolation : {}),
      })
      response.end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** How a page is looked at. */
export interface Sight {
  /** CSS pixels, default 1280 × 800. */
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
  readonly reducedMotion?: boolean
  /** Runs in the page before its own scripts. */
  readonly before?: string
  /** Errors that the test itself provokes. */
  readonly provoked?: RegExp
}

let browser: Promise<Browser> | undefined

/** Software WebGL: the machine needs no GPU. */
const flags = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']

const opened = (): Promise<Browser> => {
  browser ??= chromium.launch({ executablePath: executable, headless: true, args: flags })
  return browser
}

/** Closes the browser; for `afterAll`. */
export const closeBrowser = async (): Promise<void> => {
  await (await browser)?.close()
  browser = undefined
}

/**
 * Opens a page, does something with it, and closes it. Fails on any error that the page logs, and on any
 * request to another origin: nothing is sent anywhere.
 */
export const withPage = async <T>(
  url: string,
  use: (page: Page) => Promise<T>,
  { width = 1280, height = 800, dark = false, reducedMotion = false, before, provoked }: Sight = {},
): Promise<T> => {
  const context = await (await opened()).newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
  })
  const page = await context.newPage()
  if (before !== undefined) await page.addInitScript(before)
  const faults: string[] = []
  const { origin } = new URL(url)
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('request', (request) => {
    const asked = request.url()
    if (!/^(blob|data):/.test(asked) && new URL(asked).origin !== origin) faults.push(`asked for ${asked}`)
  })
  try {
    await page.goto(url)
    const result = await use(page)
    const own = faults.filter((fault) => !provoked?.test(fault))
    if (own.length > 0) throw new Error(`the page: ${own.join('; ')}`)
    return result
  } finally {
    await context.close()
  }
}

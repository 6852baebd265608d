/** A page of ours in headless Chromium: served from here, its answer posted back; no driver. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** Chromium of this machine, if it has one. */
export const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)

const array = z.object({ name: z.string(), shape: z.array(z.int()), data: z.array(z.number()) })
export type NamedArray = z.output<typeof array>

const answerSchema = z.union([
  z.object({ failed: z.string() }),
  z.object({ device: z.string(), outputs: z.array(array) }),
])
/** What the page computed and on what, or why it did not. */
export type Answer = z.output<typeof answerSchema>

export type Provider = 'wasm' | 'webgpu'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const runtime = dirname(fileURLToPath(import.meta.resolve('onnxruntime-web/webgpu')))

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

/** What the page may fetch. */
const contentOf = (path: string, model: Uint8Array, inputs: string): Uint8Array | string | undefined => {
  if (path === '/') return readFileSync(here('page.html'))
  if (path === '/page.js') return readFileSync(here('page.js'))
  if (path === '/model.onnx') return model
  if (path === '/inputs.json') return inputs
  const file = join(runtime, basename(path))
  return path.startsWith('/ort/') && existsSync(file) ? readFileSync(file) : undefined
}

/** WebGPU without a GPU, by the software Vulkan that Debian's package brings. */
const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']

/** Opens a page until `answered`, or says after a while that nothing came. */
const visited = async (executable: string, url: string, answered: Promise<Answer>): Promise<Answer> => {
  const profile = mkdtempSync(join(tmpdir(), 'tweedie-chromium-'))
  const child = spawn(
    executable,
    ['--headless=new', '--no-sandbox', '--no-first-run', `--user-data-dir=${profile}`, ...WEBGPU, url],
    { stdio: 'ignore', detached: true },
  )
  const closed = once(child, 'close')
  const ended = closed.then(([code]): Answer => ({ failed: `Chromium ended with ${code}` }))
  const late = new AbortController()
  const silent = setTimeout(LIMIT, { failed: `no answer in ${LIMIT / 1000} s` }, { signal: late.signal })
  silent.catch(() => undefined)
  try {
    return await Promise.race([answered, ended, silent])
  } finally {
    late.abort()
    // With the processes that it started itself.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    await closed
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

const LIMIT = 170_000

/** Runs a model on its inputs in Chromium. */
export const inBrowser = async (
  executable: string,
  provider: Provider,
  model: Uint8Array,
  inputs: readonly NamedArray[],
): Promise<Answer> => {
  const text = JSON.stringify(inputs)
  const server = createServer()
  const answered = new Promise<Answer>((resolve, reject) => {
    server.on('request', (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost')
      if (request.method === 'POST') {
        bodyOf(request)
          .then((body) => resolve(answerSchema.parse(JSON.parse(body))))
          .catch(reject)
        response.end()
        return
      }
      const content = contentOf(pathname, model, text)
      response.writeHead(content === undefined ? 404 : 200, {
        'content-type': types[extname(pathname || '.html')] ?? 'text/html',
      })
      response.end(content)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  try {
    return await visited(executable, `http://127.0.0.1:${port}/?provider=${provider}`, answered)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** Lays ONNX Runtime's files beside the page, its WebAssembly gzipped, and tells their size. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { constants, gzipSync } from 'node:zlib'
import { defaultClientConditions, type Plugin } from 'vite'

/** The build with WebAssembly alone, and the one with WebGPU. */
const ENGINE = 'ort-wasm-simd-threaded'
const CARD = 'ort-wasm-simd-threaded.asyncify'

const { resolve } = createRequire(import.meta.url)
const read = (name: string): Uint8Array => readFileSync(resolve(`onnxruntime-web/${name}`))

/** Compressing takes seconds, so it is kept from build to build. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/tweedie-engine', import.meta.url))

const gzipped = (name: string): Uint8Array => {
  const content = read(name)
  const kept = `${cache}/${content.length}-${name}.gz`
  if (existsSync(kept)) return readFileSync(kept)
  const packed = gzipSync(content, { level: constants.Z_BEST_COMPRESSION })
  mkdirSync(cache, { recursive: true })
  writeFileSync(kept, packed)
  return packed
}

const files = (): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(
    [ENGINE, CARD].flatMap((name) => [
      [`${name}.mjs`, read(`${name}.mjs`)],
      [`${name}.wasm.gz`, gzipped(`${name}.wasm`)],
    ]),
  )

/** @param emitted - whether this build lays the files down, or only knows their size */
export const engineFiles = ({ emitted }: { readonly emitted: boolean }): Plugin => {
  const content = files()
  return {
    name: 'engine-files',
    config: () => ({
      define: {
        __ENGINE_BYTES__: content[`${ENGINE}.wasm.gz`].length,
        __CARD_BYTES__: content[`${CARD}.wasm.gz`].length,
      },
      // The variant of onnxruntime-web that leaves its WebAssembly outside.
      resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
    }),
    generateBundle() {
      if (!emitted) return
      for (const [name, source] of Object.entries(content))
        this.emitFile({ type: 'asset', fileName: `engine/${name}`, source })
    },
    configureServer: ({ middlewares }) => {
      middlewares.use('/engine/', (request, response, next) => {
        const name = (request.url ?? '').split('?')[0].slice(1)
        if (!Object.hasOwn(content, name)) return next()
        response.setHeader('content-type', name.endsWith('.mjs') ? 'text/javascript' : 'application/gzip')
        response.end(content[name])
      })
    },
  }
}

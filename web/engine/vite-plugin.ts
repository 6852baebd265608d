/** Lays ONNX Runtime's two files beside the page, the WebAssembly gzipped, and tells their size. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, gzipSync } from 'node:zlib'
import { defaultClientConditions, type Plugin } from 'vite'

const SCRIPT = 'ort-wasm-simd-threaded.mjs'
const BINARY = 'ort-wasm-simd-threaded.wasm'

const { resolve } = createRequire(import.meta.url)

const files = (): Readonly<Record<string, Uint8Array>> => {
  const read = (name: string) => readFileSync(resolve(`onnxruntime-web/${name}`))
  return {
    [SCRIPT]: read(SCRIPT),
    [`${BINARY}.gz`]: gzipSync(read(BINARY), { level: constants.Z_BEST_COMPRESSION }),
  }
}

/** @param emitted - whether this build lays the files down, or only knows their size */
export const engineFiles = ({ emitted }: { readonly emitted: boolean }): Plugin => {
  const content = files()
  return {
    name: 'engine-files',
    config: () => ({
      define: { __ENGINE_BYTES__: content[`${BINARY}.gz`].length },
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

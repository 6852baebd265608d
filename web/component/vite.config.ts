/** The component alone: `dist/web/component/tweedie-restore.js`, one script tag for any page. */
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { engineFiles } from '../engine/vite-plugin.ts'
import { subpaths } from '../subpaths.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Styles are in the script, as text: see style.ts. */
const noStyleFile: Plugin = {
  name: 'no-style-file',
  enforce: 'post',
  generateBundle: (_, bundle) => {
    for (const name of Object.keys(bundle)) if (name.endsWith('.css')) delete bundle[name]
  },
}

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  plugins: [engineFiles({ emitted: false }), noStyleFile],
  resolve: { alias: [subpaths] },
  build: {
    outDir: here('../../dist/web/component'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rolldownOptions: {
      input: here('main.ts'),
      output: {
        entryFileNames: 'tweedie-restore.js',
        chunkFileNames: '[name].js',
        assetFileNames: '[name][extname]',
      },
    },
  },
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: 'worker.js' } } },
})

/** The page of the studio: `dist/web`, served by `tweedie studio` and by any static server. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { engineFiles } from './engine/vite-plugin.ts'
import { galleryEntries } from './gallery/vite-plugin.ts'
import { subpaths } from './subpaths.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  plugins: [engineFiles({ emitted: true }), galleryEntries()],
  resolve: { alias: [subpaths] },
  base: './', // links are relative: the page works in any folder of any host
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: scripts, and styles stay files
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
})

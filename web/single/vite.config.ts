/** The viewer as one script and one style sheet, which exports of results carry: `dist/web/single`. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  publicDir: false,
  build: {
    outDir: here('../../dist/web/single'),
    emptyOutDir: true,
    target: 'es2022',
    lib: {
      entry: here('main.tsx'),
      formats: ['iife'],
      name: 'tweedieViewer',
      fileName: () => 'viewer.js',
      cssFileName: 'viewer',
    },
  },
})

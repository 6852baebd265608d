/** Tells the page which samplers lie beside it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { gallery } from './gallery.ts'

const folder = fileURLToPath(new URL('../public', import.meta.url))

const isShipped = (files: string): boolean =>
  ['sampler.onnx', 'sampler.json', 'examples.npz'].every((name) => existsSync(join(folder, files, name)))

export const galleryEntries = (): Plugin => ({
  name: 'gallery-entries',
  config: () => ({
    define: {
      __SHIPPED__: JSON.stringify(gallery.filter((entry) => isShipped(entry.folder)).map(({ name }) => name)),
    },
  }),
})

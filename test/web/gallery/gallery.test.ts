/** The entries of the gallery, and the samplers that lie beside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manifestOf } from '../../../web/engine/manifest.ts'
import { examplesOf } from '../../../web/gallery/examples.ts'
import { firstMasks } from '../../../web/gallery/first-masks.ts'
import { gallery } from '../../../web/gallery/gallery.ts'

const site = join(import.meta.dirname, '../../../web/public')
const folders = readdirSync(join(site, 'models'), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

it('the gallery has one entry of each name, and digits first', () => {
  const names = gallery.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names[0]).toBe('digits')
  expect(folders).toContain('digits')
})

describe.each(folders)('the sampler of %s', (folder) => {
  const read = (name: string) => readFileSync(join(site, 'models', folder, name))

  it('has its entry, its model, and examples that fit', () => {
    const entry = gallery.find((each) => each.folder === `models/${folder}/`)
    expect(entry?.name).toBe(folder)
    expect(existsSync(join(site, 'models', folder, 'sampler.onnx'))).toBe(true)
    const manifest = manifestOf(JSON.parse(read('sampler.json').toString()))
    const { domain, count, first } = examplesOf(read('examples.npz'), manifest)
    expect(count).toBeGreaterThan(0)
    expect(first.length % manifest.draws).toBe(0)
    expect(firstMasks(domain).map(({ name }) => name)).toContain(entry?.mask)
  })
})

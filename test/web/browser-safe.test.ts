/** What a browser gets of the package: the subpaths with a `browser` condition, bundled as a page would. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Plugin } from 'vite'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { portableSha256, sha256 } from '../../src/formats/bytes/sha256.ts'

const root = join(import.meta.dirname, '../..')

const packageSchema = z.object({ exports: z.record(z.string(), z.unknown()) })
const conditions = z.object({ browser: z.object({ default: z.string() }) })

/** Folders that say what they give to browsers. */
const safe = Object.entries(
  packageSchema.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).exports,
).flatMap(([subpath, entry]) => (conditions.safeParse(entry).success ? [subpath.slice(2)] : []))

const folder = mkdtempSync(join(tmpdir(), 'tweedie-bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the bundle of some code asks for that no browser has. */
const missing = async (code: string): Promise<string[]> => {
  const entry = join(folder, 'entry.ts')
  writeFileSync(entry, code)
  const found: string[] = []
  const watch: Plugin = {
    name: 'watch',
    enforce: 'pre',
    resolveId: (id, importer) => {
      if (isBuiltin(id) || /^(onnxruntime-node|h5wasm)/.test(id)) found.push(`${id} of ${importer}`)
      return null
    },
  }
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [watch],
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  })
  return found
}

describe('the package in a browser', () => {
  it('has subpaths for it', () => {
    expect(safe).toEqual(['tensor', 'random', 'formats', 'operators', 'amortize', 'report'])
  })

  it.each(safe)('%s needs no module of Node and no ONNX Runtime', async (name) => {
    const source = JSON.stringify(join(root, 'src', name, 'browser.ts'))
    expect(await missing(`export * from ${source}`)).toEqual([])
  })

  it('a module of Node would be seen', async () => {
    const source = JSON.stringify(join(root, 'src/formats/index.ts'))
    expect(await missing(`export * from ${source}`)).toContainEqual(expect.stringMatching(/^node:fs/))
  })
})

it('SHA-256 of @noble/hashes is that of Node', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255)
  const hexOf = (hash: ReturnType<typeof sha256>): string => {
    hash.add(bytes.subarray(0, 137))
    hash.add(bytes.subarray(137))
    return hash.hex()
  }
  expect(hexOf(portableSha256())).toBe(hexOf(sha256()))
  // FIPS 180-4, example of the empty message.
  expect(portableSha256().hex()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

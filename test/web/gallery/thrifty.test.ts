/** Readers whose browsers are asked to fetch little. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { thrifty } from '../../../web/gallery/thrifty.ts'
import { chromium } from '../browser.ts'
import { builtPage, closeBrowser, servedFolder, withPage } from '../studio-page.ts'

const LONG = 120_000

describe('whether little is to be fetched', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })
  it.each([
    ['a browser that does not say', {}, false],
    ['one that knows no connection', { connection: null }, false],
    ['one that was not asked to', { connection: { saveData: false } }, false],
    ['one that was', { connection: { saveData: true } }, true],
  ])('%s', (_, navigator, expected) => {
    vi.stubGlobal('navigator', navigator)
    expect(thrifty()).toBe(expected)
  })
})

describe.skipIf(!chromium || !existsSync(join(builtPage, 'index.html')))('the first page', () => {
  afterAll(closeBrowser)

  it('fetches neither engine nor sampler until it is told to', { timeout: 2 * LONG }, async () => {
    const asked: string[] = []
    const { url, close } = await servedFolder(builtPage, {
      unavailable: (path) => {
        asked.push(path)
        return false
      },
    })
    const large = () => asked.filter((path) => /\.(onnx|wasm\.gz)$/.test(path))
    const before = `Object.defineProperty(navigator, 'connection', { value: { saveData: true } })`
    try {
      await withPage(
        url,
        async (page) => {
          const line = page.locator('.engine-line')
          await line.getByText(/To draw here, the page fetches the engine \(\d/).waitFor({ timeout: LONG })
          // Draws that were made before are there all the same.
          expect(await page.locator('.restore-draws canvas').count()).toBeGreaterThan(10)
          expect(large()).toEqual([])
          await line.getByRole('button', { name: 'Fetch' }).click()
          await line.getByText('Drawn in this page').waitFor({ timeout: LONG })
          expect(large().length).toBe(2)
        },
        { before },
      )
    } finally {
      await close()
    }
  })
})

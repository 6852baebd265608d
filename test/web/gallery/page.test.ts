/** The first page as people use it, in Chromium. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeNpz } from '../../../src/formats/index.ts'
import { float32, loadProgram, type NdArray, ndarray, toNumbers } from '../../../src/tensor/index.ts'
import { inputsOf } from '../../../web/engine/inputs.ts'
import { manifestOf } from '../../../web/engine/manifest.ts'
import { tolerances } from '../../tolerances.ts'
import { chromium } from '../browser.ts'
import { builtPage, closeBrowser, servedFolder, withPage } from '../studio-page.ts'

afterAll(closeBrowser)

const LONG = 120_000
const model = join(builtPage, 'models/digits')
const built = existsSync(join(model, 'sampler.onnx'))

/** What the page saves of what is on the screen. */
const saved = async (page: Page): Promise<Record<string, NdArray>> => {
  const [file] = await Promise.all([
    page.waitForEvent('download', { timeout: LONG }),
    page.getByRole('button', { name: 'Save as .npz' }).click(),
  ])
  return decodeNpz(readFileSync(await file.path()), 'saved.npz')
}

/** Until the draws are those of what is on the screen, made here. */
const drawn = async (page: Page): Promise<void> => {
  // What was just done is on the screen after the next frame.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  await page
    .locator('.restore[aria-busy=false]:has(.engine-line:has-text("took"))')
    .waitFor({ timeout: LONG })
}

/** Draws of the same model on the same inputs, by onnxruntime-node. */
const inNode = async ({ y, mask, noise }: Record<string, NdArray>, seed: number): Promise<number[]> => {
  const manifest = manifestOf(JSON.parse(readFileSync(join(model, 'sampler.json'), 'utf8')))
  const observed = { y: float32(y).data, mask: float32(mask).data, noise: toNumbers(noise)[0] }
  const program = await loadProgram(readFileSync(join(model, 'sampler.onnx')))
  const feeds = Object.entries(inputsOf(manifest, observed, seed)).map(
    ([name, { data, shape }]) => [name, ndarray(data, shape)] as const,
  )
  const { x } = await program.run(Object.fromEntries(feeds))
  await program.release()
  return toNumbers(x)
}

/** |a − b| / max(1, |b|), the largest. */
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((v, i) => Math.abs(v - b[i]) / Math.max(1, Math.abs(b[i]))))

const erased = ({ mask }: Record<string, NdArray>): number => toNumbers(mask).filter((m) => m < 0.5).length

describe.skipIf(!chromium || !built)('the first page', () => {
  it('shows draws before the engine, then draws what Node draws, and follows the brush', {
    timeout: 4 * LONG,
  }, async () => {
    const { url, close } = await servedFolder(builtPage)
    try {
      await withPage(url, async (page) => {
        // A static server has no runs: the menu leaves them out.
        const menu = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
        expect(await menu.allTextContents()).toEqual(['Gallery', 'Look'])
        await page.locator('.restore').waitFor({ timeout: LONG })
        const shipped = await saved(page)
        await drawn(page)
        const first = await saved(page)
        expect(distance(toNumbers(first.draws), await inNode(first, 0))).toBeLessThan(
          tolerances['WebAssembly in a browser'],
        )
        // What was shown at first are the same draws, rounded to bytes over their range.
        const live = toNumbers(first.draws)
        const step = (Math.max(...live) - Math.min(...live)) / 255
        expect(distance(toNumbers(shipped.draws), live)).toBeLessThan(0.51 * step)

        const picture = page.locator('.brush-pad .picture')
        await picture.scrollIntoViewIfNeeded()
        const pad = await picture.boundingBox()
        if (!pad) throw new Error('the brush has no place')
        await page.mouse.move(pad.x + 0.3 * pad.width, pad.y + 0.2 * pad.height)
        await page.mouse.down()
        await page.mouse.move(pad.x + 0.5 * pad.width, pad.y + 0.8 * pad.height, { steps: 10 })
        await page.mouse.up()
        await drawn(page)
        const painted = await saved(page)
        expect(erased(painted)).toBeGreaterThan(erased(first) + 10)
        expect(distance(toNumbers(painted.draws), toNumbers(first.draws))).toBeGreaterThan(0.1)
        expect(distance(toNumbers(painted.draws), await inNode(painted, 0))).toBeLessThan(
          tolerances['WebAssembly in a browser'],
        )

        await page.getByRole('button', { name: 'Box' }).click()
        await drawn(page)
        expect(await page.locator('.trust').textContent()).toMatch(/held-out observations .*\(a box, /)
        // The sampler has learned from masks that delete something.
        await page.getByRole('button', { name: 'Everything seen' }).click()
        await drawn(page)
        expect(await page.locator('.trust').textContent()).toContain('Outside what was measured')
      })
    } finally {
      await close()
    }
  })

  it('draws the same with several threads, where the server isolates it', { timeout: 2 * LONG }, async () => {
    const { url, close } = await servedFolder(builtPage, { isolated: true })
    try {
      await withPage(url, async (page) => {
        await drawn(page)
        if (Number(await page.evaluate('navigator.hardwareConcurrency')) > 1)
          expect(await page.locator('.engine-line').textContent()).toMatch(/\d threads/)
        const drawnHere = await saved(page)
        expect(distance(toNumbers(drawnHere.draws), await inNode(drawnHere, 0))).toBeLessThan(
          tolerances['WebAssembly in a browser'],
        )
      })
    } finally {
      await close()
    }
  })
})

/** The first page by keyboard, without faults for assistive technology, and when its files do not arrive. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { chromium } from '../browser.ts'
import { builtPage, closeBrowser, servedFolder, withPage } from '../studio-page.ts'

afterAll(closeBrowser)

const LONG = 120_000
const built = existsSync(join(builtPage, 'component/tweedie-restore.js'))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const violationsSchema = z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) }))

/** Violations of WCAG 2.2, A and AA, open shadow roots included: what and where. */
const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe)
  const rules = JSON.stringify(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
  const found = await page.evaluate(`axe.run(document, { runOnly: ${rules} }).then((all) => all.violations)`)
  return violationsSchema
    .parse(found)
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

const ready = (page: Page) =>
  page.locator('.engine-line:has-text("Drawn in this page")').waitFor({ timeout: LONG })

describe.skipIf(!chromium || !built)('the first page', () => {
  it.each([
    [1280, false],
    [390, true],
  ])(
    'has no fault for assistive technology, %i wide, dark %s',
    { timeout: 2 * LONG },
    async (width, dark) => {
      const { url, close } = await servedFolder(builtPage)
      try {
        const use = async (page: Page) => {
          await ready(page)
          const wide = Number(await page.evaluate('document.documentElement.scrollWidth'))
          return { wide, found: await violations(page) }
        }
        for (const path of ['', 'embed.html']) {
          const { wide, found } = await withPage(`${url}${path}`, use, { width, dark })
          expect(found).toEqual([])
          expect(wide).toBeLessThanOrEqual(width)
        }
      } finally {
        await close()
      }
    },
  )

  it('is painted by the keyboard alone, and says where', { timeout: 2 * LONG }, async () => {
    const { url, close } = await servedFolder(builtPage)
    try {
      await withPage(url, async (page) => {
        await page.locator('.restore').waitFor({ timeout: LONG })
        const pad = page.getByRole('application', { name: /Observation/ })
        for (let tabs = 0; tabs < 20; tabs++) {
          await page.keyboard.press('Tab')
          if (await pad.evaluate((element) => element.matches(':focus'))) break
        }
        const words = page.locator('.brush-words')
        await page.keyboard.press('Shift+ArrowUp')
        await page.keyboard.press('ArrowRight')
        expect(await words.textContent()).toMatch(/^Row 5, column 16: /)
        await page.keyboard.press('Space')
        expect(await words.textContent()).toMatch(/^Row 5, column 16: erased; draws \S+ ± \S+/)
      })
    } finally {
      await close()
    }
  })

  it('says that the sampler did not arrive, and fetches it again when asked', {
    timeout: 2 * LONG,
  }, async () => {
    let refused = true
    const { url, close } = await servedFolder(builtPage, {
      unavailable: (path) => refused && path.endsWith('sampler.onnx'),
    })
    try {
      const use = async (page: Page) => {
        const line = page.locator('.engine-line')
        await page.locator('.engine-line:has-text("trying again (2)")').waitFor({ timeout: LONG })
        await page.locator('.engine-line:has-text("could not be started")').waitFor({ timeout: LONG })
        // What was drawn before is still there.
        const { draws } = JSON.parse(readFileSync(join(builtPage, 'models/digits/sampler.json'), 'utf8'))
        expect(await page.locator('.restore-draws .picture').count()).toBe(draws)
        refused = false
        await line.getByRole('button', { name: 'Try again' }).click()
        await ready(page)
        // This Chromium has no graphics card, not even one in software: nothing is fetched for it.
        await line.getByRole('button', { name: /graphics card/ }).click()
        await page
          .locator('.engine-line:has-text("not used: this browser finds none")')
          .waitFor({ timeout: LONG })
      }
      await withPage(url, use, { provoked: /status of 503/ })
    } finally {
      await close()
    }
  })
})

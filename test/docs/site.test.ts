/** The site, from a folder of a static server: its links, assistive technology, the way to the gallery. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deadLinks } from '../../scripts/site/dead-links.ts'
import { buildSite } from '../../scripts/site/site.ts'
import { chromium } from '../web/browser.ts'
import { builtPage, closeBrowser, servedFolder, withPage } from '../web/studio-page.ts'

const root = join(import.meta.dirname, '../..')
const LONG = 120_000
const HOWTO = 'docs/howto/distill.html'

describe.skipIf(!existsSync(join(builtPage, 'index.html')))('the site', () => {
  const host = mkdtempSync(join(tmpdir(), 'tweedie-site-'))
  const site = join(host, 'some/folder')
  const read = (place: string): string => readFileSync(join(site, place), 'utf8')

  beforeAll(() => buildSite({ root, out: site, api: false }), LONG)
  afterAll(async () => {
    await closeBrowser()
    rmSync(host, { recursive: true })
  })

  it('has every page, picture and linked file, and no link that leads nowhere', () => {
    for (const place of ['index.html', HOWTO, 'docs/RESULTS.html', 'CHANGELOG.html', 'CONTRIBUTING.html'])
      expect(read(place), place).toContain('<h1 ')
    for (const place of [
      'docs/images/demo-restored.png',
      'LICENSE.txt',
      'experiments/schema.json',
      'site.css',
    ])
      expect(existsSync(join(site, place)), place).toBe(true)
    expect(deadLinks(site)).toEqual([])
  })

  it('is not written over something else', async () => {
    await expect(buildSite({ root, out: join(root, 'docs'), api: false })).rejects.toThrow('something else')
  })

  it('keeps tables, anchors and code of the pages', () => {
    const results = read('docs/RESULTS.html')
    expect(results).toContain('<h2 id="manifold-diem-51">Manifold (DiEM 5.1)</h2>')
    expect(results.match(/<table>/g)?.length).toBeGreaterThan(20)
    expect(read('docs/howto/component.html')).toContain('&lt;tweedie-restore src=')
    expect(read(HOWTO)).toContain('href="../RESULTS.html#what-a-flow-begins-with"')
  })

  describe.skipIf(!chromium)('in a browser', () => {
    let served: Awaited<ReturnType<typeof servedFolder>>
    beforeAll(async () => {
      served = await servedFolder(host)
    })
    afterAll(() => served.close())

    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    /** Violations of WCAG 2.2 AA. */
    const violations = async (page: Page): Promise<string[]> => {
      await page.evaluate(axe)
      const rules = JSON.stringify(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      const found = await page.evaluate(
        `axe.run({ runOnly: ${rules} }).then(({ violations }) =>
          violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join()))`,
      )
      return z.array(z.string()).parse(found)
    }

    it.each([
      ['index.html', 1280, false],
      ['index.html', 390, true],
      [HOWTO, 1280, true],
      [HOWTO, 390, false],
      ['docs/RESULTS.html', 390, false],
    ])(
      '%s, %i wide, dark %s: no fault for assistive technology, nothing scrolls sideways',
      { timeout: 2 * LONG },
      async (place, width, dark) => {
        const seen = await withPage(
          `${served.url}some/folder/${place}`,
          async (page) => ({
            wide: await page.evaluate('document.documentElement.scrollWidth'),
            found: await violations(page),
          }),
          { width, dark },
        )
        expect(seen).toEqual({ wide: width, found: [] })
      },
    )

    it('leads to the gallery, and back', { timeout: 2 * LONG }, async () => {
      const title = await withPage(`${served.url}some/folder/index.html`, async (page) => {
        await page.getByRole('link', { name: 'Try it' }).click()
        await page.waitForURL('**/some/folder/studio/index.html')
        await page.getByRole('navigation').getByRole('link', { name: 'Documentation' }).click()
        await page.waitForURL('**/some/folder/index.html')
        return page.title()
      })
      expect(title).toBe('Tweedie')
    })
  })
})

/** The pages of runs in Chromium, from the real server: a run from start to end, the server's death. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { scratch } from '../../run/scratch.ts'
import { chromium } from '../browser.ts'
import { builtPage, closeBrowser, withPage } from '../studio-page.ts'
import { studioOf } from '../studio-process.ts'
import { makeResults } from './make-results.ts'

afterAll(closeBrowser)

/** What Playwright may wait for on a busy machine. */
const LONG = { timeout: 120_000 }

/** Learns for some seconds: the page, which is told once a second, has to see it at work. */
const configuration = `data:
  clean: manifold
  count: 128
  observe: { operator: { kind: projection, dimension: 2 }, noise: 0.05 }
net: { kind: mlp, hidden: [8], emb: 4 }
gaussian: { iterations: 1, rank: 1 }
em: { laps: 2, batch: 128, early: { laps: 0 }, sampling: { steps: 2 } }
train: { batch: 16, steps: 6000 }
monitor: { held: { observations: 8 }, samples: 16, steps: 2 }
`

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Violations of WCAG 2.2 AA on the page as it is. */
const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe) // by the debugger: the policy of the page lets no script in
  const found: string[] = await page.evaluate(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join()))`,
  )
  return found
}

const pages = [
  ['#/runs', 'Runs'],
  ['#/runs/run/long', 'long'],
  ['#/runs/beside?runs=long,other', 'Side by side'],
  ['#/runs/new', 'New run'],
  ['#/runs/diagnoses', 'Diagnoses'],
  ['#/runs/diagnoses/exact-diagnosis.json', 'exact-diagnosis.json'],
  ['#/runs/comparisons', 'Comparisons'],
  ['#/runs/comparisons/comparison.json', 'Comparison'],
  ['#/runs/draws/exact.npz', 'exact.npz'],
  ['#/runs/run/sphere', 'sphere'],
  ['#/runs/draws/sphere%2Fdraws%2Fposterior.npz', 'sphere/draws/posterior.npz'],
] as const

const isBuilt = existsSync(join(builtPage, 'index.html'))

describe.skipIf(!chromium || !isBuilt)('the pages of runs', { timeout: 600_000 }, () => {
  it('start a run by the keyboard alone, show it to its end, survive the death of the server', async () => {
    const folder = scratch()
    const first = await studioOf(folder, 0)
    const port = Number(new URL(first.url).port)
    let now = first.studio
    try {
      await withPage(`${first.url}#/runs`, async (page) => {
        page.setDefaultTimeout(LONG.timeout)
        await page.getByText('There are no runs in').waitFor()
        const press = async (key: string, until: () => Promise<boolean>): Promise<void> => {
          for (let i = 0; i < 80 && !(await until()); i++) await page.keyboard.press(key)
        }
        const focused = (text: string) => async () =>
          (await page.evaluate('document.activeElement?.textContent ?? ""')) === text
        const focusedId = (id: string) => async () =>
          (await page.evaluate('document.activeElement?.id')) === id
        await press('Tab', focused('New run'))
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { name: 'New run' }).waitFor()
        await page.getByRole('group', { name: 'data' }).waitFor()
        await press('Tab', focusedId('run-name'))
        await page.keyboard.type('tiny')
        await press('Tab', focused('YAML'))
        await page.keyboard.press('Enter')
        await press(
          'Tab',
          async () => (await page.evaluate('document.activeElement?.tagName')) === 'TEXTAREA',
        )
        await page.keyboard.press('Control+A')
        await page.keyboard.insertText(configuration)
        await press('Tab', focused('Estimate'))
        await page.keyboard.press('Enter')
        await page.getByRole('region', { name: 'Estimate' }).waitFor()
        expect(await page.getByRole('region', { name: 'Estimate' }).textContent()).toContain(
          '12,000 in 2 laps',
        )
        await press('Shift+Tab', focused('Estimate'))
        await press('Tab', focused('Start'))
        await page.keyboard.press('Enter')

        // Live, until it is done: the loss, then figures of held-out measurements, then all laps.
        await page.getByRole('heading', { name: 'tiny' }).waitFor()
        const loss = page.getByRole('img', { name: /^Training loss over the step/ })
        await loss.waitFor()
        const stepOf = async (): Promise<number> =>
          Number(/at step (\d+)/.exec((await loss.getAttribute('aria-label')) ?? '')?.[1] ?? 0)
        const early = await stepOf()
        await page.getByRole('img', { name: 'Samples of the prior, Lap 1' }).waitFor()
        await expect.poll(stepOf, { timeout: LONG.timeout }).toBeGreaterThan(early)
        await page.getByText('finished', { exact: true }).waitFor()
        expect(await stepOf()).toBe(12_000)
        await page.getByRole('img', { name: /^RMSE, held out/ }).waitFor()
        const picture = page.getByRole('img', { name: 'Samples of the prior, Lap 2' })
        await picture.scrollIntoViewIfNeeded()
        const isDrawn = 'document.querySelector("img[alt$=\\"Lap 2\\"]").naturalWidth > 0'
        await page.waitForFunction(isDrawn)
      })

      // The server dies while the page is open. What Chromium logs of it is no fault of the page.
      const { chromium: launcher } = await import('playwright-core')
      const browser = await launcher.launch({
        executablePath: chromium,
        headless: true,
        args: ['--no-sandbox'],
      })
      try {
        const page = await browser.newPage()
        page.setDefaultTimeout(LONG.timeout)
        await page.goto(`${first.url}#/runs/run/tiny`)
        await page.getByText('finished', { exact: true }).waitFor()
        now.child.kill('SIGKILL')
        await now.ended
        await page.getByText('The server does not answer.').waitFor()
        expect(await page.getByRole('heading', { name: 'tiny' }).isVisible()).toBe(true)
        now = (await studioOf(folder, port)).studio
        await page.getByText('The server does not answer.').waitFor({ state: 'detached' })
        await page.getByText('finished', { exact: true }).waitFor()
        await page.getByRole('link', { name: 'Runs' }).first().click()
        await page.getByRole('link', { name: 'tiny' }).waitFor()
      } finally {
        await browser.close()
      }
    } finally {
      now.child.kill('SIGINT')
      expect(await now.ended).toBe(0)
    }
  })

  it('show draws of a run with what was seen and with its intervals, and laps as pictures', async () => {
    const folder = scratch()
    await makeResults(folder)
    const { url, studio } = await studioOf(folder, 0)
    try {
      const use = async (page: Page) => {
        page.setDefaultTimeout(LONG.timeout)
        await page.locator('[data-view=repaired-low] canvas').first().waitFor()
        expect(await page.locator('.known').textContent()).toContain('are repaired (90 % × 1.50)')
        expect(await page.locator('[data-view=observed]').count()).toBe(0)
        await page.getByRole('checkbox', { name: /^These are draws of sphere\/observations/ }).check()
        await page.locator('[data-view=observed] canvas').first().waitFor()
        expect(await page.locator('.lost').count()).toBe(0)
        await page.getByRole('spinbutton', { name: 'Observation' }).fill('2')
        await page.keyboard.press('Enter')
        await page.getByText('1 of 25 draws is not finite and left out (number 1 in the file).').waitFor()
        await page.goto(`${url}#/runs/run/sphere`)
        const wide = () => page.evaluate('document.querySelector("img[alt$=\\"Lap 1\\"]")?.naturalWidth')
        await expect.poll(wide, { timeout: LONG.timeout }).toBe(225)
        await page.goto(`${url}#/runs/comparisons/comparison.json`)
        await page.getByRole('heading', { name: 'box' }).waitFor()
        expect(await page.getByRole('link', { name: /^As one page/ }).count()).toBe(0)
      }
      const address = `${url}#/runs/draws/sphere%2Fdraws%2Fposterior.npz`
      await withPage(address, use, { reducedMotion: true })
    } finally {
      studio.child.kill('SIGINT')
      await studio.ended
    }
  })

  it('have names, contrast and order for everyone, in light and dark, and fit 390 pixels', async () => {
    const folder = scratch()
    await makeResults(folder)
    const { url, studio } = await studioOf(folder, 0)
    try {
      for (const dark of [false, true])
        await withPage(
          `${url}#/runs`,
          async (page) => {
            page.setDefaultTimeout(LONG.timeout)
            for (const [fragment, heading] of pages) {
              await page.goto(`${url}${fragment}`)
              await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor()
              await page.waitForTimeout(700)
              expect([fragment, dark, await violations(page)]).toEqual([fragment, dark, []])
              const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
              expect([fragment, over]).toEqual([fragment, 0])
            }
          },
          { dark, width: dark ? 390 : 1280, reducedMotion: true },
        )
    } finally {
      studio.child.kill('SIGINT')
      await studio.ended
    }
  })
})

/** What the page Look hands out: pictures, drawings, tables; and that it paints on without its graphics. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decodePng, encodeNpz } from '../../../src/formats/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { ndarray } from '../../../src/tensor/index.ts'
import { coloursOf } from '../../../web/canvas/paint-plain.ts'
import { endsOf } from '../../../web/look/ends.ts'
import { resultOf } from '../../../web/look/result.ts'
import { type Draws, drawOf } from '../../../web/posterior/draws.ts'
import { regional } from '../../../web/posterior/regional.ts'
import { tabbedOf } from '../../../web/ui/table.ts'
import { chromium } from '../browser.ts'
import { builtPage, closeBrowser, type Sight, servedFolder, withPage } from '../studio-page.ts'
import { drawsIn } from './drawn.ts'

const WAIT = { timeout: 180_000 }

const folder = mkdtempSync(join(tmpdir(), 'tweedie-saved-'))
let site: Awaited<ReturnType<typeof servedFolder>>

/** A file of draws in the page. */
const looking = <T>(
  arrays: Parameters<typeof encodeNpz>[0],
  use: (page: Page) => Promise<T>,
  { query = '', ...sight }: Sight & { readonly query?: string } = {},
): Promise<T> => {
  const path = join(folder, 'draws.npz')
  writeFileSync(path, encodeNpz(arrays))
  return withPage(
    `${site.url}${query}#/look`,
    async (page) => {
      page.setDefaultTimeout(WAIT.timeout)
      await page.locator('[data-view=mean] canvas').first().waitFor() // the example comes first
      await page.setInputFiles('input[type=file]', path)
      await page.getByRole('heading', { name: 'draws.npz' }).waitFor()
      await page.locator('[data-view] canvas, [data-view] svg').first().waitFor()
      return use(page)
    },
    { reducedMotion: true, ...sight },
  )
}

/** The file that a button saves. */
const savedBy = async (page: Page, name: string): Promise<Buffer> => {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name, exact: true }).click(),
  ])
  return readFileSync(await file.path())
}

const [HEIGHT, WIDTH] = [6, 8]

const images = () => ({
  draws: normal(stream(7, 'saved'), [20, 1, 1, HEIGHT, WIDTH]),
  truth: normal(stream(7, 'truth'), [1, 1, HEIGHT, WIDTH]),
})

/** Colours of a signal as every view of values shows them, [H, W, 4]. */
const greyOf = (draws: Draws, values: Float32Array): Uint8ClampedArray =>
  coloursOf({ values, channels: 1, height: HEIGHT, width: WIDTH, scale: { ...endsOf(draws), map: 'grey' } })

/** Red of a pixel of the signal, in the middle of its square of an enlarged picture. */
const redAt = (png: Uint8Array, row: number, column: number): number => {
  const { shape, data } = decodePng(png, 'saved.png')
  const [channels, height, width] = shape
  expect([channels, height / HEIGHT, width / WIDTH]).toEqual([3, 86, 86]) // 512 pixels at least
  const at = Math.floor(86 * (row + 0.5)) * width + Math.floor(86 * (column + 0.5))
  return Math.round(255 * Number(data[at]))
}

describe.skipIf(!chromium || !existsSync(join(builtPage, 'index.html')))('the page Look', () => {
  beforeAll(async () => {
    site = await servedFolder(builtPage)
  })
  afterAll(async () => {
    await site.close()
    await closeBrowser()
    rmSync(folder, { recursive: true, force: true })
  })

  it('saves a view, and two of them with an edge between, as PNG and as SVG', WAIT, () =>
    looking(images(), async (page) => {
      const draws = drawsIn(resultOf(images(), 'draws'))
      const { truth = new Float32Array() } = draws
      await page.getByRole('slider', { name: 'Draw' }).fill('3')
      const [third, real] = [greyOf(draws, drawOf(draws, 2)), greyOf(draws, truth)]
      await page.getByRole('tab', { name: 'Save' }).click()
      await page.getByRole('combobox', { name: 'View', exact: true }).selectOption('draw')
      const png = await savedBy(page, 'Save Draw 3 as PNG')
      for (const [row, column] of [
        [0, 0],
        [2, 5],
        [5, 7],
      ])
        expect(redAt(png, row, column)).toBe(third[4 * (row * WIDTH + column)])
      const svg = (await savedBy(page, 'Save Draw 3 as SVG')).toString()
      expect(svg).toMatch(/^<svg [^>]*width="400" height="356"[\s\S]*>Draw 3<[\s\S]*<\/svg>\n$/)
      const inside = /href="data:image\/png;base64,([^"]+)"/.exec(svg)?.[1] ?? ''
      expect(redAt(Buffer.from(inside, 'base64'), 2, 5)).toBe(third[4 * (2 * WIDTH + 5)])

      await page.getByRole('tab', { name: 'Swipe' }).click()
      await page.getByRole('slider', { name: 'Edge' }).fill('25')
      const both = await savedBy(page, 'Save Draw 3 | Truth as PNG')
      for (const column of [0, 1, 2, 7])
        expect(redAt(both, 3, column)).toBe((column < 2 ? third : real)[4 * (3 * WIDTH + column)])
      const drawn = (await savedBy(page, 'Save Draw 3 | Truth as SVG')).toString()
      expect(drawn.match(/<linearGradient/g)?.length).toBe(2)
    }),
  )

  it('saves a chart as it is drawn', WAIT, () =>
    looking({ draws: normal(stream(7, 'series'), [20, 1, 1, 30]) }, async (page) => {
      const svg = (await savedBy(page, 'Save the fan as SVG')).toString()
      // A path of as many points as the mean has entries, with the colour that the style sheet gives it.
      const path =
        /<path class="fan-curve mean"[^>]* d="([^"]+)"|<path[^>]* d="([^"]+)"[^>]*fan-curve mean/.exec(svg)
      expect((path?.[1] ?? path?.[2])?.split('L').length).toBe(30)
      expect(svg).toMatch(/fan-curve mean"[^>]*stroke="rgb/)
      const png = await savedBy(page, 'Save the fan as PNG')
      expect(png.toString('latin1', 1, 4)).toBe('PNG')
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * 720, 2 * 258])
    }),
  )

  it('copies a table', WAIT, () =>
    looking(images(), async (page) => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
      await page.getByRole('button', { name: 'Use it' }).click()
      await page.getByRole('button', { name: 'Copy', exact: true }).click()
      await page.getByText('copied', { exact: true }).waitFor()
      const draws = drawsIn(resultOf(images(), 'draws'))
      const { distributions } = regional(draws, new Uint8Array(HEIGHT * WIDTH).fill(1), 0)
      const text = String(await page.evaluate('navigator.clipboard.readText()'))
      const { name, mean, deviation, low, median, high, truth } = distributions[0]
      const row = { name: '', columns: [], rows: [[name, mean, deviation, low, median, high, truth]] }
      expect(text.split('\n')[1]).toBe(tabbedOf(row).split('\n')[1])
      expect(text.split('\n').length).toBe(distributions.length + 1)
    }),
  )

  it('says which draws are left out', WAIT, () => {
    const { draws } = images()
    draws.data[HEIGHT * WIDTH] = Number.NaN
    return looking({ draws }, async (page) => {
      expect(await page.locator('.lost').textContent()).toBe(
        '1 of 20 draws is not finite and left out (number 2 in the file). The sampler diverged there.',
      )
      expect(await page.getByRole('slider', { name: 'Draw' }).getAttribute('max')).toBe('19')
    })
  })

  it('paints on when the graphics card takes its context back, and without one', WAIT, () => {
    const side = 200 // enough pixels for the shader
    const values = Float32Array.from({ length: 3 * side * side }, (_, i) => ((i * 7919) % 4001) / 4000)
    const contexts = `
      globalThis.cards = []
      const own = HTMLCanvasElement.prototype.getContext
      HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        if (kind === 'webgl2' && globalThis.refusing) return null
        const context = own.call(this, kind, ...more)
        if (kind === 'webgl2') cards.push(context)
        return context
      }`
    const lost = `new Promise((done) => {
      const card = cards.at(-1)
      card.canvas.addEventListener('webglcontextlost', done)
      card.getExtension('WEBGL_lose_context').loseContext()
    })`
    const painted = z.object({ painter: z.string(), pixels: z.array(z.number()) })
    return looking(
      { draws: ndarray(values, [3, 1, 1, side, side]) },
      async (page) => {
        /** What stands on the screen of draw k, and by what it was painted. */
        const seen = async (k: number) => {
          await page.getByRole('slider', { name: 'Draw' }).fill(String(k))
          const found = await page.evaluate(`new Promise((done) => requestAnimationFrame(() => {
            const canvas = document.querySelector('[data-view=draw] canvas')
            const { data } = canvas.getContext('2d').getImageData(0, 0, ${side}, 3)
            done({ painter: canvas.dataset.painter, pixels: Array.from(data) })
          }))`)
          const { painter, pixels } = painted.parse(found)
          const own = values.subarray((k - 1) * side * side)
          const scale = { low: 0, high: 1, map: 'grey' } as const
          const colours = coloursOf({ values: own, channels: 1, height: 3, width: side, scale })
          const worst = pixels.reduce((most, v, i) => Math.max(most, Math.abs(v - colours[i])), 0)
          return { painter, right: worst <= 1 }
        }
        expect(await seen(2)).toEqual({ painter: 'shader', right: true })
        await page.evaluate(lost)
        expect(await seen(3)).toEqual({ painter: 'shader', right: true })
        expect(await page.evaluate('cards.length')).toBe(2)
        await page.evaluate('globalThis.refusing = true')
        await page.evaluate(lost)
        expect(await seen(1)).toEqual({ painter: 'plain', right: true })
      },
      { query: '?any-card', before: contexts },
    )
  })
})

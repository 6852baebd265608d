/**
 * The page of the studio in headless Chromium: `npm run build && npm run bench -- studio [--json]`.
 *
 * Sizes of what the first view fetches (gzipped), its first paint, milliseconds from the end of a brush
 * stroke to the frame that shows the draws of it, over 40 strokes of 4 to 28 moves, frames a second of
 * scrubbing 256 draws of 128 × 128 and 64 of 1000 × 1000, and the CPU time that it takes to watch a run.
 * Times are of a machine that does nothing else, CPU times of any; the browser draws in software.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { TweedieError } from '../src/error.ts'
import { builtPage, closeBrowser, servedFolder, withPage } from '../test/web/studio-page.ts'
import { type Scrubbing, scrub } from './studio/scrub.ts'
import { watched } from './studio/watched.ts'

const STROKES = 40
/** Moves of the strokes, in turn: a short one ends before it was evaluated, a long one amid that. */
const MOVES = [4, 8, 16, 28]
const LONG = 120_000
/** The target of the first view without the engine, bytes. */
const FIRST_VIEW = 200_000

/** Listens in the page: `strokes` fills with milliseconds from a pointer's release to the drawn frame. */
const WATCH = `
  globalThis.strokes = []
  addEventListener('pointerup', () => {
    const start = performance.now()
    const look = () => {
      const busy = document.querySelector('.restore[aria-busy=true]') !== null
      requestAnimationFrame(busy ? look : () => strokes.push(performance.now() - start))
    }
    requestAnimationFrame(look)
  }, true)`

const numbers = z.array(z.number())

/** Milliseconds from stroke to draws, one after the other. */
const strokes = async (page: Page): Promise<number[]> => {
  await page.evaluate(WATCH)
  const pad = await page.locator('.brush-pad .picture').boundingBox()
  if (!pad) throw new TweedieError('device', 'studio: the brush has no place')
  for (let i = 0; i < STROKES; i++) {
    const x = pad.x + (0.1 + (0.8 * (i % 8)) / 8) * pad.width
    const y = pad.y + (0.1 + (0.8 * Math.floor(i / 8)) / 5) * pad.height
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 12, y + 8, { steps: MOVES[i % MOVES.length] })
    await page.mouse.up()
    await page.waitForFunction(`strokes.length > ${i}`, null, { timeout: LONG })
  }
  return numbers.parse(await page.evaluate('strokes'))
}

const quantile = (values: readonly number[], p: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(p * values.length))]

/** Bytes of the page's scripts and styles as a server that compresses sends them. */
const sizes = async (page: Page): Promise<number> => {
  const paths = new Set<string>()
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (/\.(js|css)$/.test(pathname) && !pathname.includes('worker')) paths.add(pathname)
  })
  await page.reload()
  await page.locator('.restore').waitFor({ timeout: LONG })
  return ['index.html', ...paths].reduce(
    (sum, path) => sum + gzipSync(readFileSync(join(builtPage, path))).length,
    0,
  )
}

export const run = async (args: readonly string[]): Promise<number> => {
  if (!existsSync(join(builtPage, 'index.html')))
    throw new TweedieError('input', 'studio: the page is not built; npm run build')
  const { url, close } = await servedFolder(builtPage, { isolated: true })
  try {
    const firstView = await withPage(url, sizes)
    const measured = await withPage(url, async (page) => {
      await page.locator('.engine-line:has-text("took")').waitFor({ timeout: LONG })
      const paint = z
        .number()
        .parse(await page.evaluate('performance.getEntriesByName("first-contentful-paint")[0].startTime'))
      return { paint, taken: (await strokes(page)).slice(5) }
    })
    const scrubbed = await scrub(url, { draws: 256, side: 128 })
    const large = await scrub(url, { draws: 64, side: 1000 })
    const watching = await watched()
    const figures = {
      firstViewGzipBytes: firstView,
      firstPaintMs: Math.round(measured.paint),
      strokeToDrawsMs: {
        median: Math.round(quantile(measured.taken, 0.5)),
        p95: Math.round(quantile(measured.taken, 0.95)),
      },
      /** 256 draws of 128 × 128 pixels, 64 of 1000 × 1000. */
      scrubbed,
      large,
      /** CPU seconds a second, of one core. */
      watching,
    }
    if (args.includes('--json')) console.log(JSON.stringify(figures))
    else {
      const { median, p95 } = figures.strokeToDrawsMs
      const size = `${(firstView / 1e3).toFixed(0)} kB gzipped without the engine`
      console.log(`first view   ${size} (at most ${FIRST_VIEW / 1e3})`)
      console.log(`first paint  ${figures.firstPaintMs} ms`)
      console.log(`stroke       ${median} ms to its draws, 95 % within ${p95} ms`)
      const words = ({ framesPerSecond, pageMilliseconds, drawingMilliseconds }: Scrubbing) =>
        `${framesPerSecond.toFixed(0)} frames a second; CPU of a frame: ${pageMilliseconds.toFixed(1)} ms ` +
        `of the page and ${drawingMilliseconds.toFixed(1)} ms of the process that draws`
      console.log(`scrubbing    256 draws of 128 × 128: ${words(scrubbed)}`)
      console.log(`scrubbing    64 draws of 1000 × 1000: ${words(large)}`)
      const percent = (share: number) => `${(100 * share).toFixed(2)} %`
      const { server, serverWatching, serverIdle, lineMilliseconds, page, drawing } = watching
      console.log(
        `watching     ${percent(server)} of a core by the server, at a line a second: ` +
          `${percent(serverWatching)} of it whatever happens, ${lineMilliseconds.toFixed(2)} ms a line ` +
          `(unwatched ${percent(serverIdle)})`,
      )
      console.log(
        `the page     ${percent(page)} of a core by Chromium that shows it, and ${percent(drawing)} by its ` +
          'process that draws, without a graphics card',
      )
    }
    return firstView <= FIRST_VIEW ? 0 : 1
  } finally {
    await close()
    await closeBrowser()
  }
}

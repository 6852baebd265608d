/** Frames a second of scrubbing draws in the viewer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { encodeNpz } from '../../src/formats/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { withPage } from '../../test/web/studio-page.ts'

const LONG = { timeout: 120_000 }
const DRAWS = 256
const SIDE = 128

/** Every draw once, one a frame: [milliseconds, the last one that the page says it shows]. */
const SCRUB = `(async () => {
  const slider = document.querySelector('.transport input[type=range]')
  const frame = () => new Promise(requestAnimationFrame)
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set
  await frame()
  const start = performance.now()
  for (let k = 1; k <= ${DRAWS}; k++) {
    setValue.call(slider, String(k))
    slider.dispatchEvent(new Event('input', { bubbles: true }))
    await frame()
  }
  const taken = performance.now() - start
  await frame()
  return [taken, Number(/^\\d+/.exec(document.querySelector('.transport .slider-value').textContent)[0])]
})()`

const scrubbed = z.tuple([z.number(), z.literal(DRAWS)])

/** Frames a second while 256 draws of 128 × 128 pixels go by, all views shown. */
export const scrub = async (url: string): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-scrub-'))
  try {
    const path = join(folder, 'scrubbed.npz')
    const draws = normal(stream(0, 'scrub'), [DRAWS, 1, 1, SIDE, SIDE])
    writeFileSync(path, encodeNpz({ draws }))
    const [taken] = await withPage(
      `${url}#/look`,
      async (page) => {
        await page.locator('input[type=file]').setInputFiles(path, LONG)
        await page.getByRole('heading', { name: 'scrubbed.npz' }).waitFor(LONG)
        await page.locator('[data-view=deviation] canvas').first().waitFor(LONG)
        return scrubbed.parse(await page.evaluate(SCRUB))
      },
      { reducedMotion: true },
    )
    return (1000 * DRAWS) / taken
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

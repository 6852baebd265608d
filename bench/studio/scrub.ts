/** Frames a second of scrubbing draws in the viewer, and the CPU time of a frame. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { TweedieError } from '../../src/error.ts'
import { arrayWriter } from '../../src/formats/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { NdArray } from '../../src/tensor/index.ts'
import { withPage } from '../../test/web/studio-page.ts'
import { cpuOfBrowser } from './cpu.ts'

const LONG = { timeout: 300_000 }

/** Draws of images. */
export interface Scrubbed {
  readonly draws: number
  /** Pixels of a side. */
  readonly side: number
}

/** Frames a second, and milliseconds of CPU of a frame: of the page, of the process that draws. */
export interface Scrubbing {
  readonly framesPerSecond: number
  readonly pageMilliseconds: number
  readonly drawingMilliseconds: number
}

/** Draws that differ, made of the same numbers. */
const write = (path: string, { draws, side }: Scrubbed): void => {
  const each = [1, 1, side, side] as const
  const { data } = normal(stream(0, 'scrub'), each)
  const writer = arrayWriter(path, { draws: { dtype: 'float32', shape: [draws, ...each] } })
  for (let k = 0; k < draws; k++) {
    const own = new Float32Array(data.length)
    const from = (k * 7919) % data.length
    own.set(data.subarray(from))
    own.set(data.subarray(0, from), data.length - from)
    writer.append('draws', new NdArray('float32', [1, ...each], own))
  }
  writer.close()
}

/** Every draw once, one a frame: [milliseconds, the last one that the page says it shows]. */
const scrubScript = (draws: number) => `(async () => {
  const slider = document.querySelector('.transport input[type=range]')
  const frame = () => new Promise(requestAnimationFrame)
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set
  await frame()
  const start = performance.now()
  for (let k = 1; k <= ${draws}; k++) {
    setValue.call(slider, String(k))
    slider.dispatchEvent(new Event('input', { bubbles: true }))
    await frame()
  }
  const taken = performance.now() - start
  await frame()
  return [taken, Number(/^\\d+/.exec(document.querySelector('.transport .slider-value').textContent)[0])]
})()`

/** While the draws go by, all views shown. */
export const scrub = async (url: string, of: Scrubbed): Promise<Scrubbing> => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-scrub-'))
  const scrubbed = z.tuple([z.number(), z.literal(of.draws)])
  try {
    const path = join(folder, 'scrubbed.npz')
    write(path, of)
    return await withPage(
      `${url}#/look`,
      async (page) => {
        const browser = page.context().browser()
        if (!browser) throw new TweedieError('device', 'studio: no browser')
        await page.locator('[data-view=mean] canvas').first().waitFor(LONG) // the example comes first
        await page.locator('input[type=file]').setInputFiles(path, LONG)
        await page.getByRole('heading', { name: 'scrubbed.npz' }).waitFor(LONG)
        await page.locator('[data-view=deviation] canvas').first().waitFor(LONG)
        const before = await cpuOfBrowser(browser)
        const [taken] = scrubbed.parse(await page.evaluate(scrubScript(of.draws)))
        const after = await cpuOfBrowser(browser)
        return {
          framesPerSecond: (1000 * of.draws) / taken,
          pageMilliseconds: (1000 * (after.others - before.others)) / of.draws,
          drawingMilliseconds: (1000 * (after.drawing - before.drawing)) / of.draws,
        }
      },
      { reducedMotion: true },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

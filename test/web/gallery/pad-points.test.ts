/** The pad of points in Chromium, with samplers whose draws are known: y where it was seen, z elsewhere. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { z as schema } from 'zod'
import { decodeNpz, encodeNpz } from '../../../src/formats/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import {
  add,
  mul,
  NdArray,
  ndarray,
  onnxOf,
  sub,
  type Tensor,
  toNumbers,
  zeros,
} from '../../../src/tensor/index.ts'
import { chromium } from '../browser.ts'
import { builtPage, closeBrowser, servedFolder, withPage } from '../studio-page.ts'

afterAll(closeBrowser)

const LONG = 120_000
const DRAWS = 3
const PADDING = 2
const built = existsSync(join(builtPage, 'component/tweedie-restore.js'))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** Points of the sphere 15° apart, row by row from the north; [0, 0] is on the equator at Greenwich. */
const grid = Array.from({ length: 11 }, (_, row) => 75 - 15 * row).flatMap((north) =>
  Array.from({ length: 24 }, (_, column) => [north, 15 * column] as const),
)
const onSphere = grid.flatMap(([north, east]) => [
  Math.cos(radians(north)) * Math.cos(radians(east)),
  Math.cos(radians(north)) * Math.sin(radians(east)),
  Math.sin(radians(north)),
])

/** A flat square, 9 by 9 points one unit apart, seen from above; two triangles between four of them. */
const SIDE = 9
const flat = Array.from({ length: SIDE * SIDE }, (_, i) => [i % SIDE, Math.floor(i / SIDE), 0]).flat()
const triangles = Array.from({ length: (SIDE - 1) ** 2 }, (_, i) => {
  const corner = Math.floor(i / (SIDE - 1)) * SIDE + (i % (SIDE - 1))
  return [corner, corner + 1, corner + SIDE, corner + 1, corner + SIDE + 1, corner + SIDE]
}).flat()

/** The files of a sampler with x = m y + (1 − m) z. */
const writeSampler = async (folder: string, name: string, points: number[], faces?: number[]) => {
  const count = points.length / 3
  const size = count + PADDING
  const like = { y: zeros([1, 1, size]), mask: zeros([1, 1, size]), z: zeros([DRAWS, 1, size]) }
  const model = await onnxOf(
    ({ y, mask, z }: Readonly<Record<'y' | 'mask' | 'z', Tensor>>) => ({
      x: add(mul(mask, y), mul(sub(1, mask), z)),
    }),
    like,
  )
  const arrays = (of: Record<string, { readonly shape: readonly number[] }>) =>
    Object.entries(of).map(([own, { shape }]) => ({ name: own, shape, dtype: 'float32', about: own }))
  const manifest = {
    format: 'tweedie-sampler',
    version: 3,
    inputs: arrays(like),
    outputs: arrays({ x: like.z }),
    draws: DRAWS,
    range: [0, 1],
  }
  const bytes = (rows: number) =>
    new NdArray(
      'uint8',
      [rows, 1, size],
      Uint8Array.from({ length: rows * size }, (_, i) => (i * 37) % 256),
    )
  writeFileSync(join(folder, `${name}.onnx`), model)
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest))
  const examples = {
    images: bytes(2),
    first: bytes(DRAWS),
    firstRange: ndarray([0, 1], [2]),
    coordinates: ndarray(points, [count, 3]),
    ...(faces ? { faces: new NdArray('int32', [faces.length / 3, 3], Int32Array.from(faces)) } : {}),
  }
  writeFileSync(join(folder, `${name}.npz`), encodeNpz(examples))
}

const element = (name: string): string =>
  `<tweedie-restore src="${name}.onnx" examples="${name}.npz" mask="nothing" noise="0.1"></tweedie-restore>`

const PAGE = `<!doctype html><html lang="en"><title>Points</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><script type="module" src="component/tweedie-restore.js"></script><main>`

const saved = async (page: Page): Promise<Record<string, NdArray>> => {
  const [file] = await Promise.all([
    page.waitForEvent('download', { timeout: LONG }),
    page.getByRole('button', { name: 'Save as .npz' }).click(),
  ])
  return decodeNpz(readFileSync(await file.path()), 'saved.npz')
}

const NEXT_FRAME = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))'
const IN_IT = "document.querySelector('tweedie-restore').shadowRoot"

const drawn = async (page: Page): Promise<void> => {
  await page.evaluate(NEXT_FRAME)
  await page
    .locator('.restore[aria-busy=false]:has(.engine-line:has-text("took"))')
    .waitFor({ timeout: LONG })
}

const erased = ({ mask }: Record<string, NdArray>): number[] =>
  toNumbers(mask).flatMap((m, i) => (m < 0.5 ? [i] : []))

/** Largest distance of the saved draws from m y + (1 − m) z. */
const distance = ({ draws, y, mask }: Record<string, NdArray>): number => {
  const [count, size] = [mask.size, mask.size + PADDING]
  const latent = normal(stream(0, 'studio z'), [DRAWS, 1, size]).data
  const [seen, observed] = [toNumbers(mask), toNumbers(y)]
  return Math.max(
    ...toNumbers(draws).map((x, at) => {
      const [k, i] = [Math.floor(at / count), at % count]
      return Math.abs(x - (seen[i] > 0.5 ? observed[i] : latent[k * size + i]))
    }),
  )
}

const violationsSchema = schema.array(schema.object({ id: schema.string() }))

describe.skipIf(!chromium || !built)('the pad of points', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-points-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is painted by keys and by the pointer, on the sphere and on a mesh that turns', {
    timeout: 4 * LONG,
  }, async () => {
    for (const name of ['component', 'engine', 'assets'])
      symlinkSync(join(builtPage, name), join(folder, name))
    await writeSampler(folder, 'sphere', onSphere)
    await writeSampler(folder, 'mesh', flat, triangles)
    for (const name of ['sphere', 'mesh'])
      writeFileSync(join(folder, `${name}.html`), `${PAGE}${element(name)}</main></html>`)
    const { url, close } = await servedFolder(folder)
    try {
      await withPage(`${url}sphere.html`, async (page) => {
        await drawn(page)
        const first = await saved(page)
        expect(erased(first)).toEqual([])
        expect(distance(first)).toBeLessThan(1e-5)
        const pad = page.getByRole('application', { name: /^Observation\. Space or Enter: erase here/ })
        await pad.focus()
        await page.keyboard.press('Space')
        await drawn(page)
        expect(await page.locator('.brush-words').textContent()).toMatch(/^0° north, 0° east: erased; draws /)
        const painted = await saved(page)
        // The first brush is 24° wide: of points 15° apart it reaches none but that in its middle.
        expect(erased(painted).map((i) => grid[i])).toEqual([[0, 0]])
        expect(distance(painted)).toBeLessThan(1e-5)
        await page.keyboard.press('Tab')
        await pad.focus()
        await page.keyboard.press('ArrowRight')
        await page.keyboard.press('ArrowUp')
        expect(await page.locator('.brush-words').textContent()).toMatch(/^15.*° north, 15.*° east: seen as /)
        await page.evaluate(axe)
        const found = violationsSchema.parse(
          await page.evaluate(
            "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] }).then((all) => all.violations)",
          ),
        )
        expect(found).toEqual([])
      })
      await withPage(`${url}mesh.html`, async (page) => {
        await drawn(page)
        const pad = page.getByRole('application', { name: /^Observation/ })
        await pad.focus()
        await page.keyboard.press('Enter')
        await drawn(page)
        // 12 % of a side of 8 is narrower than the step of 1: the vertex in the middle alone.
        expect(erased(await saved(page))).toEqual([(SIDE * SIDE) >> 1])
        const picture = async () => {
          await page.evaluate(NEXT_FRAME)
          return String(await page.evaluate(`${IN_IT}.querySelector('.brush-pad canvas').toDataURL()`))
        }
        const before = await picture()
        await page.getByRole('button', { name: 'Turn left' }).click()
        const left = await picture()
        expect(left).not.toBe(before)
        await page.getByRole('button', { name: 'Turn right' }).click()
        expect(await picture()).toBe(before)
        await page.getByRole('button', { name: 'Turn', exact: true }).click()
        await pad.focus()
        await page.keyboard.press('ArrowLeft')
        expect(await page.locator('.brush-words').textContent()).toBe('Seen 15° from the right')
        await page.getByRole('button', { name: 'Turn down' }).click()
        expect(await page.locator('.brush-words').textContent()).toBe(
          'Seen 15° from the right, 15° from above',
        )
        await page.getByRole('button', { name: 'Turn up' }).click()
        expect(await picture()).toBe(left)
        // Turning paints nothing.
        expect(erased(await saved(page))).toEqual([(SIDE * SIDE) >> 1])
        await page.getByRole('button', { name: 'Restore' }).click()
        const box = await pad.boundingBox()
        if (!box) throw new Error('the pad has no place')
        await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
        await drawn(page)
        expect(erased(await saved(page))).toEqual([])
      })
    } finally {
      await close()
    }
  })
})

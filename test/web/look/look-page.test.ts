/** The page that looks at a posterior, in Chromium: what it shows against numbers computed here. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadBunny } from '../../../src/datasets/index.ts'
import { encodeNpz, readArrays } from '../../../src/formats/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { ndarray } from '../../../src/tensor/index.ts'
import { brushMarks, lassoMarks, rectangleMarks } from '../../../web/canvas/marks.ts'
import { coloursOf } from '../../../web/canvas/paint-plain.ts'
import { placeWords } from '../../../web/look/place-words.ts'
import { resultOf } from '../../../web/look/result.ts'
import { addGram, componentsOf, emptyGram } from '../../../web/posterior/components.ts'
import type { Draws } from '../../../web/posterior/draws.ts'
import { exceedance } from '../../../web/posterior/exceedance.ts'
import { axesOf } from '../../../web/posterior/places.ts'
import { drawsOf, quantitiesOf } from '../../../web/posterior/quantities.ts'
import { regional } from '../../../web/posterior/regional.ts'
import { drawsAt, emptySummary, figuresOf, summarise } from '../../../web/posterior/summary.ts'
import { shown } from '../../../web/ui/number.ts'
import { chromium } from '../browser.ts'
import { builtPage, closeBrowser, type Sight, servedFolder, withPage } from '../studio-page.ts'
import { drawsIn } from './drawn.ts'

const paintedSchema = z.object({ shader: z.string().optional(), pixels: z.array(z.number()) })

const WAIT = { timeout: 120_000 }
/** Of tests that do much on one page. */
const LONGER = { timeout: 300_000 }
const SOON = { timeout: 60_000 }
const axe = readFileSync(join(import.meta.dirname, '../../../node_modules/axe-core/axe.min.js'), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'tweedie-look-'))
let site: Awaited<ReturnType<typeof servedFolder>>

/** Violations of WCAG 2.2 AA, in words. */
const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe)
  const found: unknown = await page.evaluate(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes.map((n) => n.html).join(' | ')))`,
  )
  return Array.isArray(found) ? found.map(String) : []
}

/** The page with the example. */
const looking = <T>(use: (page: Page) => Promise<T>, sight: Sight = {}): Promise<T> =>
  withPage(
    `${site.url}#/look`,
    async (page) => {
      page.setDefaultTimeout(WAIT.timeout)
      await page.waitForSelector('[data-view=mean] canvas')
      return use(page)
    },
    { reducedMotion: true, ...sight },
  )

const probe = async (page: Page): Promise<string> => (await page.locator('[data-probe]').textContent()) ?? ''

/** Rows of the first table of a tool. */
const rows = async (page: Page): Promise<string[][]> =>
  Promise.all(
    (await page.locator('.tool tbody tr').all()).map((row) => row.locator('th, td').allTextContents()),
  )

/** The example as Node has it. */
const example = (): Draws => {
  const draws = drawsIn(resultOf(readArrays(join(builtPage, 'examples/photo.npz')), 'photo'))
  return drawsOf(draws, quantitiesOf(draws)[0])
}

const SIDE = 32

const random = (shape: readonly number[], of: string) => normal(stream(3, of), shape)

/** Draws of each kind of signal, as files have them. */
const arraysOf = {
  series: () => ({ draws: random([20, 1, 1, 60], 'series'), truth: random([1, 1, 60], 'truth') }),
  points: () => ({ draws: random([20, 1, 3], 'points') }),
  sphere: () => {
    const view = new TextEncoder().encode('{"kind":"globe","rows":6,"columns":8}')
    return { draws: random([20, 1, 1, 48], 'sphere'), view: ndarray(view, [view.length], 'uint8') }
  },
  mesh: () => {
    const { vertices, faces } = loadBunny()
    return {
      draws: random([20, 1, 1, vertices.shape[0]], 'mesh'),
      'mesh.points': vertices,
      'mesh.faces': faces,
    }
  },
} as const

/** What the probe says about a pixel. */
const saidOf = (draws: Draws, row: number, column: number): string => {
  const place = row * SIDE + column
  const { mean, deviation, low, high } = figuresOf(drawsAt(draws, place))
  return (
    `Row ${row + 1}, column ${column + 1}: brightness ${shown(mean)} ± ${shown(deviation)}, ` +
    `90 % interval ${shown(low)} to ${shown(high)}, truth ${shown(draws.truth?.[place])}.`
  )
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

  it('shows the numbers that Node computes: probe, region, exceedance, components', WAIT, () =>
    looking(async (page) => {
      const draws = example()
      const summary = emptySummary(draws.size)
      summarise(draws, summary, 0, draws.size)
      expect(await probe(page)).toBe(saidOf(draws, 16, 16))

      // By keys alone: the cross-hair, with Shift by ten.
      await page.getByRole('application', { name: /^Mean\./ }).focus()
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'Shift+ArrowUp'])
        await page.keyboard.press(key)
      expect(await probe(page)).toBe(saidOf(draws, 7, 18))

      // A rectangle by keys: Enter at one corner, Enter at the opposite one.
      await page.getByRole('button', { name: 'Rectangle' }).click()
      await page.getByRole('application', { name: /^Mean\./ }).focus()
      for (const key of ['Enter', 'Shift+ArrowDown', 'ArrowRight', 'ArrowRight', 'Enter'])
        await page.keyboard.press(key)
      const marks = rectangleMarks([SIDE, SIDE], { row: 7, column: 18 }, { row: 17, column: 20 })
      const found = regional(draws, marks, 0.5)
      expect(await rows(page)).toEqual(
        found.distributions.map(({ name, mean, deviation, low, median, high, truth }) => [
          name,
          ...[mean, deviation, low, median, high, truth].map((v) => shown(v)),
        ]),
      )
      expect(await page.locator('[data-peak]').textContent()).toContain(
        `${Math.round(100 * found.peak.share)} %`,
      )

      await page.getByRole('tab', { name: 'Exceedance' }).click()
      await page.getByRole('slider', { name: 'u', exact: true }).fill('0.4')
      const at = 17 * SIDE + 20
      expect(await page.locator('[data-exceedance]').textContent()).toBe(
        `P(x > 0.400) = ${shown(exceedance(draws, 0.4)[at])} at row 18, column 21`,
      )

      await page.getByRole('tab', { name: 'Components' }).click()
      const gram = emptyGram(draws.count)
      addGram(gram, draws, summary.mean, [0, draws.size])
      const components = componentsOf(draws, summary.mean, gram)
      await page.waitForSelector('.tool tbody tr')
      expect(await rows(page)).toEqual(
        components.map(({ share, deviation }, j) => [String(j + 1), shown(share), shown(deviation)]),
      )

      // The draws: the space bar plays and pauses, and reduced motion begins paused.
      const slider = page.getByRole('slider', { name: 'Draw' })
      expect(await slider.inputValue()).toBe('1')
      await page.getByRole('application', { name: /^Mean\./ }).focus()
      await page.evaluate('document.activeElement.blur()') // nothing has to be focused for it
      await page.keyboard.press('Space')
      await expect.poll(() => slider.inputValue(), SOON).not.toBe('1')
      await page.keyboard.press('Space')
      expect(await page.getByRole('button', { name: 'Play' }).count()).toBe(1)
    }),
  )

  it('keeps the draws in one page that opens from the disk', WAIT, async () => {
    const path = join(folder, 'photo.html')
    const before = await looking(async (page) => {
      await page.getByRole('tab', { name: 'Save' }).click()
      const waiting = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Save the page' }).click()
      await (await waiting).saveAs(path)
      return probe(page)
    })
    const found = await withPage(
      pathToFileURL(path).href,
      async (page) => {
        await page.waitForSelector('[data-view=mean] canvas')
        const words = await page.locator('main > p').first().textContent()
        return { probe: await probe(page), words, known: await page.locator('.known').textContent() }
      },
      { reducedMotion: true },
    )
    expect(found.probe).toBe(before)
    expect(found.words).toMatch(/16 bits a value: the largest error is \S+, of values between \S+ and 1\.$/)
    expect(found.known).toMatch(/^The 90 % intervals .* hold the truth at \S+ % of 1,024 places/)
  })

  it('by the pointer: rectangle, lasso and brush, on any view', WAIT, () =>
    looking(
      async (page) => {
        const box = await page.locator('[data-view=deviation] .picture').boundingBox()
        if (!box) throw new Error('no picture')
        const dragged = async (tool: string, path: readonly (readonly [row: number, column: number])[]) => {
          await page.getByRole('button', { name: tool, exact: true }).click()
          for (const [i, [row, column]] of path.entries()) {
            await page.mouse.move(
              box.x + (box.width * (column + 0.5)) / SIDE,
              box.y + (box.height * (row + 0.5)) / SIDE,
            )
            if (i === 0) await page.mouse.down()
          }
          await page.mouse.up()
          return page.locator('.tool caption').textContent()
        }
        const pixels = (path: readonly (readonly [number, number])[]) =>
          path.map(([row, column]) => ({ row, column }))
        const places = (marks: Uint8Array) => `${marks.filter((mark) => mark !== 0).length} places, 64 draws`
        const size = [SIDE, SIDE] as const
        const corners = [
          [3, 4],
          [9, 6],
        ] as const
        const [from, to] = pixels(corners)
        expect(await dragged('Rectangle', corners)).toBe(places(rectangleMarks(size, from, to)))
        const around = [
          [2, 10],
          [12, 20],
          [20, 9],
          [10, 2],
        ] as const
        expect(await dragged('Lasso', around)).toBe(places(lassoMarks(size, pixels(around))))
        await page.getByRole('button', { name: 'Clear region' }).click()
        expect(await dragged('Brush', corners)).toBe(places(brushMarks(size, pixels(corners), SIDE / 24)))
      },
      { height: 2000 },
    ),
  )

  it('shows series, points, spheres and meshes', LONGER, () =>
    looking(async (page) => {
      for (const kind of ['series', 'points', 'sphere', 'mesh'] as const) {
        const arrays = arraysOf[kind]()
        const path = join(folder, `${kind}.npz`)
        writeFileSync(path, encodeNpz(arrays))
        await page.setInputFiles('input[type=file]', path)
        await page.getByRole('heading', { name: `${kind}.npz` }).waitFor()
        const draws = drawsIn(resultOf(arrays, kind))
        const { look } = draws
        expect(look.kind).toBe(kind)
        const place = axesOf(look).places >> 1
        const { mean, deviation } = figuresOf(drawsAt(draws, place))
        await expect.poll(() => probe(page), SOON).toContain(`${shown(mean)} ± ${shown(deviation)}`)
        expect((await probe(page)).toLowerCase()).toContain(placeWords(look, place))
        await page.locator('[data-view] svg, [data-view] canvas').first().waitFor()
        if (kind === 'sphere') await page.getByRole('button', { name: 'Globe' }).click()
        await page.getByRole('tab', { name: 'Components' }).click()
        await page.waitForSelector('.tool tbody tr')
        expect([kind, await violations(page)]).toEqual([kind, []])
      }
    }),
  )

  it('finds the draws among files that are dropped in any order', WAIT, () =>
    looking(async (page) => {
      const { draws, truth } = arraysOf.series()
      const paths = [join(folder, 'a.npz'), join(folder, 'b.npz')]
      writeFileSync(paths[0], encodeNpz({ truth }))
      writeFileSync(paths[1], encodeNpz({ draws }))
      await page.setInputFiles('input[type=file]', paths)
      await page.getByRole('heading', { name: 'b.npz' }).waitFor()
      await expect.poll(() => probe(page), SOON).toContain('truth')
    }),
  )

  it('the shader gives the colours of plain code', WAIT, () => {
    const side = 200 // enough pixels for the shader
    const values = Float32Array.from({ length: 2 * side * side }, (_, i) => ((i * 7919) % 4001) / 4000)
    const path = join(folder, 'large.npz')
    writeFileSync(path, encodeNpz({ draws: ndarray(values, [2, 1, 1, side, side]) }))
    return withPage(
      `${site.url}?any-card#/look`,
      async (page) => {
        await page.setInputFiles('input[type=file]', path)
        await page.getByRole('heading', { name: 'large.npz' }).waitFor()
        await page.locator('[data-view=draw] canvas').first().waitFor()
        const painted: unknown = await page.evaluate(`(() => {
          const canvas = document.querySelector('[data-view=draw] canvas')
          const { data } = canvas.getContext('2d').getImageData(0, 0, ${side}, ${side})
          return { shader: canvas.dataset.painter, pixels: Array.from(data) }
        })()`)
        const { shader, pixels } = paintedSchema.parse(painted)
        const scale = { low: 0, high: 1, map: 'grey' } as const
        const own = values.subarray(0, side * side)
        const colours = coloursOf({ values: own, channels: 1, height: side, width: side, scale })
        expect(shader).toBe('shader')
        expect(pixels.length).toBe(colours.length)
        // Values half-way between two of the 256 colours may take either.
        expect(pixels.every((v, i) => Math.abs(v - colours[i]) <= 1)).toBe(true)
      },
      { reducedMotion: true },
    )
  })

  it('damaged and foreign files get the line of the command line', WAIT, () =>
    looking(async (page) => {
      const good = readFileSync(join(builtPage, 'examples/photo.npz'))
      for (const [name, bytes] of [
        ['cut.npz', good.subarray(0, 5000)],
        ['words.npy', Buffer.from('these are words')],
      ] as const) {
        const path = join(folder, name)
        writeFileSync(path, bytes)
        let line = ''
        try {
          readArrays(path)
        } catch (error) {
          line = error instanceof Error ? error.message.replace(path, name) : ''
        }
        expect(line).not.toBe('')
        await page.setInputFiles('input[type=file]', path)
        await expect.poll(() => page.getByRole('alert').textContent(), SOON).toBe(line)
      }
    }),
  )

  it.each([
    { width: 1280, dark: false },
    { width: 390, dark: true },
  ])('is accessible at %o', LONGER, (sight) =>
    looking(async (page) => {
      await page.getByRole('button', { name: 'Keep' }).click()
      await page.getByRole('button', { name: 'Use it' }).click()
      await page.getByText('Histogram as a table').click()
      expect(await violations(page)).toEqual([])
      for (const tab of ['Exceedance', 'Components', 'Swipe', 'Save']) {
        await page.getByRole('tab', { name: tab }).click()
        await page.waitForTimeout(200)
        expect(await violations(page)).toEqual([])
      }
      const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect(wide).toBeLessThanOrEqual(0)
    }, sight),
  )
})

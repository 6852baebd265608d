/**
 * Pictures of every page of the studio, to be looked at before a change of it is called done:
 * `npm run build && npm run shots -- [FOLDER] [--runs RUNS] [--run NAME] [--only PATTERN] [--screen]`.
 *
 * They go to `dist/shots`, or the folder given: 1280 and 390 pixels wide, light and dark. The studio
 * serves a copy of `RUNS`, with the page of its run `NAME` (demo), and a few results beside; without it, a
 * small run is learned here in a minute. `--screen` takes the first screen alone.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { tweedie } from '../test/e2e/built.ts'
import { makeResults } from '../test/web/runs/make-results.ts'
import { builtPage, closeBrowser, type Sight, withPage } from '../test/web/studio-page.ts'
import { studioOf } from '../test/web/studio-process.ts'
import { gallery } from '../web/gallery/gallery.ts'

const { values, positionals } = parseArgs({
  options: {
    runs: { type: 'string' },
    only: { type: 'string' },
    run: { type: 'string', default: 'demo' },
    screen: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

/** A minute of learning: digits, a network that is too small for them. */
const SMALL = `data:
  clean: mnist
  count: 200
  observe: { operator: { kind: mask, keep: 0.25 }, noise: 0.05 }
net: { kind: unet, channels: [8, 16], blocks: [1, 1], emb: 16, unshuffle: 2 }
gaussian: { iterations: 2, rank: 8 }
em: { laps: 2, batch: 100, early: { laps: 0 }, sampling: { steps: 4 } }
train: { batch: 16, steps: 60 }
monitor: { held: { observations: 16 }, samples: 32, steps: 8 }
`

/** A page, or a state of it. */
interface Shot {
  readonly name: string
  /** Behind the address of the studio. */
  readonly path: string
  /** What is there when it can be looked at. */
  readonly ready: string
  /** What is done before. */
  readonly act?: (page: Page) => Promise<void>
}

const tab = (title: string) => async (page: Page) => {
  await page.getByRole('tab', { name: title }).click()
}

const VIEWER = '[data-view=mean] canvas'

/** Shows an example in the viewer. */
const example = (name: string) => (page: Page) => page.getByRole('button', { name }).click()

/** Every page, with a run of this name. */
const shotsOf = (run: string): readonly Shot[] => [
  { name: 'gallery', path: '', ready: '.engine-line:has-text("took")' },
  ...gallery
    .slice(1)
    .flatMap(({ name, folder }) =>
      existsSync(join(builtPage, folder))
        ? [{ name: `gallery-${name}`, path: `#/gallery/${name}`, ready: '.engine-line:has-text("took")' }]
        : [],
    ),
  {
    name: 'look-region',
    path: '#/look',
    ready: VIEWER,
    act: async (page) => {
      await page.getByRole('button', { name: 'Use it' }).click()
      await page.getByRole('button', { name: 'Keep' }).click()
    },
  },
  ...['Exceedance', 'Components', 'Swipe', 'Save'].map((title) => ({
    name: `look-${title.toLowerCase()}`,
    path: '#/look',
    ready: VIEWER,
    act: tab(title),
  })),
  { name: 'look-winds', path: '#/look', ready: VIEWER, act: example('Winds') },
  {
    name: 'look-fault',
    path: '#/look?file=examples/none.npz',
    ready: '.notice',
  },
  { name: 'runs', path: '#/runs', ready: '.runs tbody tr' },
  { name: 'run', path: `#/runs/run/${run}`, ready: 'main img' },
  { name: 'beside', path: `#/runs/beside?runs=${run},long,other`, ready: 'table' },
  { name: 'new', path: '#/runs/new', ready: 'fieldset' },
  { name: 'draws', path: '#/runs/draws/exact.npz', ready: VIEWER },
  { name: 'diagnoses', path: '#/runs/diagnoses', ready: '.files' },
  { name: 'diagnosis', path: '#/runs/diagnoses/exact-diagnosis.json', ready: 'main img' },
  { name: 'comparisons', path: '#/runs/comparisons', ready: '.files' },
  { name: 'comparison', path: '#/runs/comparisons/comparison.json', ready: 'table' },
  { name: 'embed', path: 'embed.html', ready: '.engine-line:has-text("took")' },
]

/** Wide and narrow, light and dark. */
const sights = [1280, 390].flatMap((width) =>
  [false, true].map((dark) => ({
    name: `${width}-${dark ? 'dark' : 'light'}`,
    sight: { width, height: 800, dark, reducedMotion: true } satisfies Sight,
  })),
)

const LONG = { timeout: 120_000 }

/** Waits for the pictures of a page, also for those further down. */
const ALL_LOADED = `Promise.all([...document.images].map((image) => {
  image.loading = 'eager'
  return image.decode().catch(() => undefined)
}))`

/** The picture of a page, from its top to its end. */
const taken = async (page: Page, path: string): Promise<void> => {
  await page.evaluate(ALL_LOADED)
  await page.waitForTimeout(700)
  const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
  if (over > 0) console.log(`${path} is ${over} pixels too wide`)
  if (values.screen) await page.evaluate('scrollTo(0, 0)')
  await page.screenshot({ path: `${path}.png`, fullPage: !values.screen })
}

const shoot = async (url: string, shot: Shot, to: string, { name, sight }: (typeof sights)[number]) => {
  const provoked = shot.name === 'look-fault' ? { provoked: /404/ } : {}
  await withPage(
    new URL(shot.path, url).href,
    async (page) => {
      page.setDefaultTimeout(LONG.timeout)
      await page.locator(shot.ready).first().waitFor(LONG)
      await shot.act?.(page)
      await taken(page, join(to, `${shot.name}-${name}`))
    },
    { ...sight, ...provoked },
  )
}

/** The page that an export is. */
const savedPage = (url: string, path: string): Promise<void> =>
  withPage(new URL('#/look', url).href, async (page) => {
    page.setDefaultTimeout(LONG.timeout)
    await page.locator(VIEWER).waitFor(LONG)
    await tab('Save')(page)
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save the page' }).click()
    await (await waiting).saveAs(path)
  })

/** Fills a folder with what there is to see, and says the name of its run. */
const furnished = async (folder: string, runs: string | undefined): Promise<string> => {
  await makeResults(folder)
  if (runs !== undefined) {
    cpSync(runs, folder, { recursive: true })
    return values.run
  }
  const configuration = join(folder, 'small.yaml')
  writeFileSync(configuration, SMALL)
  const { status, stderr } = tweedie(['learn', configuration, '-o', join(folder, 'small')])
  if (status !== 0) throw new Error(stderr)
  return 'small'
}

const only = new RegExp(values.only ?? '')
const to = positionals[0] ?? 'dist/shots'
mkdirSync(to, { recursive: true })
const folder = mkdtempSync(join(tmpdir(), 'tweedie-shots-'))
const run = await furnished(folder, values.runs)
const { url, studio } = await studioOf(folder, 0)
try {
  const saved: Shot = { name: 'saved-page', path: '', ready: VIEWER }
  const own = join(folder, 'saved.html')
  await savedPage(url, own)
  for (const one of sights)
    for (const shot of [...shotsOf(run), saved])
      if (only.test(`${shot.name}-${one.name}`))
        await shoot(shot === saved ? pathToFileURL(own).href : url, shot, to, one)
  console.log(`pictures in ${to}`)
} finally {
  studio.child.kill('SIGINT')
  await studio.ended
  await closeBrowser()
  rmSync(folder, { recursive: true, force: true })
}

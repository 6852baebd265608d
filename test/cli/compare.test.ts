/** Distilled samplers in a comparison, from a prior that ships. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as compare } from '../../src/cli/commands/compare.ts'
import { run as distill } from '../../src/cli/commands/distill.ts'
import { makeIo } from '../../src/cli/io.ts'
import { root } from '../e2e/built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-compare-samplers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const flow = join(folder, 'flow-denoise')
const markdown = join(folder, 'table.md')

const common = {
  json: true,
  quiet: true,
  debug: false,
  threads: undefined,
  seed: undefined,
  workers: undefined,
} as const
const options = {
  ...common,
  prior: 'photos',
  data: 'photos',
  tasks: 'denoise,sr2',
  methods: 'noise2score',
  samplers: flow,
  samplerDraws: '1,4',
  steps: '1',
  images: 3,
  draws: 1,
  tuned: undefined,
  cache: join(folder, 'cache'),
  output: undefined,
  markdown,
  quick: false,
}

/** What a command prints, and what it told of progress. */
const silently = async (work: (io: ReturnType<typeof makeIo>) => Promise<void>) => {
  let out = ''
  const told: string[] = []
  const streams = {
    stdout: {
      write: (text: string) => {
        out += text
        return true
      },
    },
    stderr: { write: (text: string) => told.push(text) > 0 },
  }
  await work(makeIo(streams, { json: true }, new AbortController().signal))
  const events = told.map((line) => JSON.parse(line))
  return { result: out === '' ? undefined : JSON.parse(out), steps: told.length, events }
}

describe('distilled samplers in a comparison', () => {
  beforeAll(async () => {
    const config = join(root, 'experiments', 'distill', 'denoise.yaml')
    const small = ['flow.steps=1', 'flow.encoder.channels=[4, 4]', 'flow.coupling.channels=[4]']
    const tiny = ['data.count=4', 'train.batch=2', 'train.steps=2', 'objective={prior: bound}', ...small]
    await silently((io) =>
      distill(
        [config, ...tiny, 'export.draws=1'],
        {
          ...common,
          run: flow,
          resume: false,
          breakLock: undefined,
          device: 'cpu',
          checkpointEvery: 60,
          minutes: undefined,
          overcommit: undefined,
        },
        io,
      ),
    )
  }, 120_000)

  it('have a row for each number of draws, on the task that they are for, beside guided ones', async () => {
    const { result } = await silently((io) => compare([], { ...options, tasks: 'denoise' }, io))
    expect(
      result.cells.map(({ method, draws }: { method: string; draws: number }) => [method, draws]),
    ).toEqual([
      ['aps', 1],
      ['aps', 4],
      ['noise2score', 1],
    ])
    const [one, four, guided] = result.cells
    for (const cell of [one, four, guided]) {
      for (const figure of ['psnr', 'psnrMean', 'mse', 'ssim', 'perceptual', 'residual'] as const)
        expect(Number.isFinite(cell[figure]), figure).toBe(true)
      // Four images, 64 features: there is no Fréchet distance.
      expect(cell.frechet).toBeUndefined()
      expect(cell.perMeasurement).toBeGreaterThan(0)
      expect(cell.sound).toBe(1)
    }
    expect(one.psnrMean).toBeCloseTo(one.psnr, 10)
    expect(four.psnrMean).toBeGreaterThan(four.psnr)
    expect([one.coverage, four.coverage.level]).toEqual([undefined, 0.5])
    expect(guided.psnr).toBeGreaterThan(25)
    expect(result.samplers).toMatchObject([{ name: 'flow-denoise', measurements: 4, steps: 2, batch: 2 }])
    expect(result.samplers[0].seconds).toBeGreaterThan(0)
    expect(readFileSync(markdown, 'utf8')).toMatch(/distilled K=4 \(flow-denoise\)[\s\S]*### training/)
    expect(existsSync(join(options.cache, 'report.html'))).toBe(true)
    const kept = JSON.parse(readFileSync(join(options.cache, 'comparison.json'), 'utf8'))
    expect(kept.command).toMatch(/^tweedie compare --prior /)
    expect(kept.cells.length).toBeGreaterThan(0)
  }, 120_000)

  it('stand beside baselines, which the first line names where they win', async () => {
    const methods = 'kriging:kernel=matern32,tikhonov'
    const { result } = await silently((io) => compare([], { ...options, tasks: 'denoise', methods }, io))
    const simple = result.cells.filter(({ baseline }: { baseline?: boolean }) => baseline)
    expect(simple.map(({ method, draws }: { method: string; draws: number }) => [method, draws])).toEqual([
      ['kriging', 1],
      ['tikhonov', 1],
    ])
    for (const { psnr } of simple) expect(psnr).toBeGreaterThan(20)
    // The sampler of this test has learned nothing: anything is better.
    expect(result.wins[0]).toMatch(/^denoise: a simple baseline wins, RMSE of the mean of (kriging|Tikhonov)/)
    const page = readFileSync(join(options.cache, 'report.html'), 'utf8')
    expect(page).toContain('a simple baseline wins')
  }, 120_000)

  it('leave out a baseline that does not take a task, and count whole steps', async () => {
    const methods = 'nearest,tv'
    const { result, events } = await silently((io) =>
      compare([], { ...options, tasks: 'denoise,digits', methods, samplers: undefined }, io),
    )
    const cells = result.cells.map(({ method, task }: { method: string; task: string }) => [task, method])
    expect(cells).toEqual([
      ['denoise', 'tv'],
      ['digits', 'nearest'],
      ['digits', 'tv'],
    ])
    const reason = /^denoise: nearest seen entry is left out \(nearest needs observations through masks/
    expect(result.leftOut).toEqual([expect.stringMatching(reason)])
    expect(readFileSync(join(options.cache, 'report.html'), 'utf8')).toContain('is left out')
    expect(events.length).toBeGreaterThan(0)
    for (const { done, total, cell } of events) {
      expect([Number.isInteger(done), Number.isInteger(total)]).toEqual([true, true]) // not 0.0333 of 2
      expect(cell).toMatch(/^\d of 4$/)
    }
    const alone = silently((io) =>
      compare([], { ...options, tasks: 'denoise', methods: 'nearest', samplers: undefined }, io),
    )
    await expect(alone).rejects.toThrow(/nearest needs observations through masks/)
  }, 120_000)

  it('are measured once', async () => {
    const cells = readdirSync(join(options.cache, 'cells'))
    const { steps } = await silently((io) => compare([], { ...options, tasks: 'denoise' }, io))
    expect(steps).toBe(0)
    expect(readdirSync(join(options.cache, 'cells'))).toEqual(cells)
  }, 60_000)

  it.each<[string, Partial<typeof options>, RegExp]>([
    [
      'a sampler of another task',
      { tasks: 'sr2', methods: 'none' },
      /'flow-denoise' is for none.*noise 0\.1/,
    ],
    ['a sampler of another operator', { tasks: 'digits,box', methods: 'none' }, /is for none of these tasks/],
    ['draws that are none', { methods: 'none', tasks: 'denoise', samplerDraws: '1,x' }, /--sampler-draws/],
    ['a sampler that is not there', { samplers: join(folder, 'none') }, /no such file/],
    ['a method that is none', { methods: 'krigin' }, /unknown method 'krigin', did you mean 'kriging'\?/],
    ['tasks of other data', { tasks: 'sphere' }, /unknown task 'sphere'/],
  ])(
    '%s is refused',
    async (_, change, message) => {
      await expect(silently((io) => compare([], { ...options, ...change }, io))).rejects.toThrow(message)
    },
    60_000,
  )
})

/**
 * `tweedie learn` by AmbientDiffusion and GSURE-Diffusion, in-process, and what can be done with their
 * priors.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as distill } from '../../src/cli/commands/distill.ts'
import { run as learn } from '../../src/cli/commands/learn.ts'
import { run as report } from '../../src/cli/commands/report.ts'
import { run as sample } from '../../src/cli/commands/sample.ts'
import { run as train } from '../../src/cli/commands/train.ts'
import type { OptionsOf } from '../../src/cli/commands.ts'
import { exitCodeOf, explain } from '../../src/cli/exit.ts'
import { makeIo } from '../../src/cli/io.ts'
import { loadMnist } from '../../src/datasets/index.ts'
import { readArrays } from '../../src/formats/index.ts'
import { holdOut, observe, readObservations, writeObservations } from '../../src/observations/index.ts'
import { loadPrior, readJournal } from '../../src/run/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-masked-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (...names: string[]): string => join(folder, ...names)

const common = {
  json: undefined,
  quiet: true,
  debug: undefined,
  threads: undefined,
  workers: undefined,
  seed: undefined,
}
const learning = {
  ...common,
  resume: undefined,
  breakLock: undefined,
  device: 'cpu',
  checkpointEvery: 60,
  minutes: undefined,
  overcommit: undefined,
  workers: undefined,
  executor: undefined,
  queue: undefined,
  share: undefined,
} as const
const sampling: OptionsOf<'sample'> = {
  ...common,
  ...{
    output: undefined,
    draws: 2,
    batch: 8,
    count: 4,
    steps: 3,
    step: 'ddim',
    iterations: 1,
    grid: undefined,
    start: 'informed',
  },
  ...{ solver: undefined, covariance: 'tweedie', method: undefined, images: undefined, report: undefined },
  ...{ truth: undefined, held: undefined, baselines: undefined },
  ...{ tile: undefined, overlap: undefined },
  strict: undefined,
  calibrated: undefined,
  minutes: undefined,
  device: 'cpu',
}

/** What a command prints with --json. */
const ioTo = (sink: string[], signal = new AbortController().signal) =>
  makeIo(
    { stdout: { write: (text) => sink.push(text) }, stderr: { write: () => true } },
    { json: true, quiet: true },
    signal,
  )

/** What a command fails with, as users see it. */
const failure = async (work: Promise<unknown>): Promise<{ code: number; message: string }> => {
  try {
    await work
  } catch (error) {
    return { code: exitCodeOf(error), message: explain(error, false) }
  }
  return { code: 0, message: '' }
}

const learned = async (run: string, overrides: readonly string[]) => {
  const sink: string[] = []
  await learn([at('digits.yaml'), ...overrides], { ...learning, run: at(run) }, ioTo(sink))
  return JSON.parse(sink[0])
}

const losses = (run: string) => readJournal(at(run, 'journal.jsonl')).map(({ seconds: _, ...line }) => line)

beforeAll(async () => {
  writeFileSync(
    at('digits.yaml'),
    `data: { observations: ${at('digits.npz')} }
net: { kind: unet, channels: [8, 8], blocks: [1, 1], emb: 16, unshuffle: 2, dropout: 0.1 }
schedule: { sigmaMin: 0.02, sigmaMax: 20 }
train: { steps: 45, batch: 16, rate: { from: 5e-3 }, ema: 0.9 }
monitor: { samples: 4, steps: 3 }
`,
  )
  const { images } = loadMnist({ count: 48 })
  const masks = { name: 'mask', settings: { keep: 0.5 } }
  writeObservations(at('digits.npz'), await observe(images, { operator: masks, noise: 0.02, seed: 1 }))
  const blur = { name: 'blur', settings: { sigma: 1, size: 3 } }
  const columns = { name: 'fourier', settings: { acceleration: 2 } }
  writeObservations(at('scans.npz'), await observe(images, { operator: columns, noise: 0.02, seed: 1 }))
  const turned = { name: 'fourier', settings: { acceleration: 2, phase: 1 } }
  writeObservations(at('turned.npz'), await observe(images, { operator: turned, noise: 0.02, seed: 1 }))
  writeObservations(at('blur.npz'), await observe(images, { operator: blur, noise: 0.02, seed: 1 }))
  const photons = { operator: masks, noise: 0.02, photons: 50, seed: 1 }
  writeObservations(at('shot.npz'), await observe(images, photons))
})

/** What GSURE takes beside. */
const inPlane = (kind: string): string =>
  kind === 'gsure' ? "of x or of its Fourier plane (operator 'fourier' without a phase), " : ''

describe.each(['ambient', 'gsure'])('learner: %s', (kind) => {
  const options = [`learner=${kind}`]

  it('learns a prior that can be sampled, reported and distilled', async () => {
    const run = at(kind)
    expect(await learned(kind, options)).toMatchObject({ path: run, observations: 48, steps: 45 })
    const lines = losses(kind).filter(({ event }) => event === 'loss')
    expect(lines.map(({ step }) => step)).toEqual([20, 40, 45])
    expect(readArrays(at(kind, 'draws', 'prior-lap-001.npz')).x.shape).toEqual([4, 1, 28, 28])

    const prior = loadPrior(run)
    const least = kind === 'gsure' ? 0.08 : 0.02 // the noise of the observations, or less
    expect(prior.sigmaMin).toBeCloseTo(least, 12)
    expect(prior.ambient?.delta).toBe(kind === 'ambient' ? 0.1 : undefined)
    expect(prior.event).toEqual([1, 28, 28])
    if (prior.ambient) expect(prior.ambient.keep).toBeCloseTo(0.45, 1)

    await sample([run, at('digits.npz')], sampling, ioTo([]))
    const { draws, spread } = readArrays(at(kind, 'draws', 'posterior.npz'))
    expect(draws.shape).toEqual([2, 4, 1, 28, 28])
    expect(Math.max(...Array.from(spread.data, Number))).toBeGreaterThan(0)
    await sample([run, at('digits.npz')], { ...sampling, draws: 1, output: at('one.npz') }, ioTo([]))
    expect(Object.keys(readArrays(at('one.npz'))).sort()).toEqual(['draws', 'mean'])
    // One draw has no spread, and the page shows it all the same.
    await sample([run, at('digits.npz')], { ...sampling, draws: 1, report: true }, ioTo([]))
    const single = readFileSync(at(kind, 'report.html'), 'utf8')
    expect(single).toContain('>draw 1<')
    expect(single).not.toContain('>spread<')
    await sample([run], sampling, ioTo([]))
    expect(readArrays(at(kind, 'draws', 'prior.npz')).x.shape).toEqual([2, 1, 28, 28])

    const page = {
      draws: undefined,
      observations: at('digits.npz'),
      truth: undefined,
      output: undefined,
      baselines: undefined,
      held: undefined,
    }
    await report([run], { ...common, ...page }, ioTo([]))
    expect(readFileSync(at(kind, 'report.html'), 'utf8')).toContain('<svg')

    // Beside baselines, judged by entries that were held out.
    const { given, held } = await holdOut(readObservations(at('digits.npz')))
    writeObservations(at('given.npz'), given)
    writeObservations(at('held.npz'), held)
    await sample([run, at('given.npz')], sampling, ioTo([]))
    const own = { ...page, observations: at('given.npz') }
    const beside = { ...own, held: at('held.npz'), baselines: 'nearest,kriging' }
    const said: string[] = []
    await report([run], { ...common, ...beside }, ioTo(said))
    const { baselines } = JSON.parse(said[0])
    expect(baselines.map(([title]: string[]) => title)).toEqual([
      'draws of the run',
      'nearest seen entry',
      'kriging',
    ])
    for (const [, rmse] of baselines) expect(Number(rmse)).toBeLessThan(1)
    expect(readFileSync(at(kind, 'report.html'), 'utf8')).toContain('Beside simple baselines')
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ baselines: 'nearest' }, /--baselines: give --held or --truth/],
      [{ held: at('blur.npz') }, /blur\.npz: figures are of held-out entries, which only masks have/],
      [{ baselines: 'krigin', held: at('held.npz') }, /unknown baseline 'krigin', did you mean 'kriging'/],
    ]
    for (const [change, message] of wrong)
      await expect(report([run], { ...common, ...own, ...change }, ioTo([]))).rejects.toThrow(message)

    writeFileSync(
      at('distill.yaml'),
      `prior: ${run}
data: { observations: ${at('digits.npz')} }
flow: { kind: realNvp, steps: 1, hidden: 8 }
train: { steps: 2, batch: 4 }
export: { draws: 1 }
`,
    )
    await distill([at('distill.yaml')], { ...learning, run: at(`${kind}-flow`) }, ioTo([]))
    expect(existsSync(at(`${kind}-flow`, 'checkpoints', 'sampler.safetensors'))).toBe(true)
  }, 120_000)

  it('interrupted and resumed, gives the same bytes as one that was not', async () => {
    const controller = new AbortController()
    const io = {
      ...ioTo([], controller.signal),
      progress: ({ done, phase }: { done: number; phase: string }) => {
        if (phase === 'training' && done === 23) controller.abort()
      },
    }
    const run = at(`${kind}-parts`)
    const args = [at('digits.yaml'), ...options]
    const stopped = await failure(learn(args, { ...learning, run }, io))
    expect(stopped).toEqual({ code: 130, message: 'tweedie: training was interrupted' })
    expect(readdirSync(join(run, 'checkpoints'))).toEqual([
      '000001-step-0.safetensors',
      '000002-step-23.safetensors',
    ])
    await learn(args, { ...learning, run, resume: true }, ioTo([]))
    const bytes = (name: string) => readFileSync(at(name, 'checkpoints', 'prior.safetensors'))
    expect(bytes(`${kind}-parts`).equals(bytes(kind))).toBe(true)
    expect(losses(`${kind}-parts`)).toEqual(losses(kind))
  }, 60_000)

  it.each([
    ['laps', ['em.laps=3'], `field 'em.laps': learner '${kind}' does not take it`],
    ['a Gaussian start', ['gaussian.rank=3'], `field 'gaussian.rank': learner '${kind}' does not take it`],
    ['a first lap', ['train.firstSteps=3'], `field 'train.firstSteps': learner '${kind}' has no laps`],
    ['flips', ['train.augment.flip=true'], `field 'train.augment.flip': learner '${kind}' does not take it`],
    [
      'blurred observations',
      [`data.observations=${at('blur.npz')}`],
      `learner '${kind}': expected observations through known masks, ${inPlane(kind)}got operator 'blur'`,
    ],
    [
      'shot noise',
      [`data.observations=${at('shot.npz')}`],
      `learner '${kind}': expected noise of one standard deviation, got one that differs between entries`,
    ],
  ])('refuses %s', async (_, overrides, message) => {
    const run = at('refused')
    const args = [at('digits.yaml'), ...options, ...overrides]
    expect(await failure(learn(args, { ...learning, run }, ioTo([])))).toEqual({
      code: 2,
      message: `tweedie: ${message}`,
    })
    expect(existsSync(run)).toBe(false)
  })
})

describe('learner: gsure of k-space', () => {
  const options = ['learner=gsure', `data.observations=${at('scans.npz')}`]

  it('learns a prior of images, from the level of a frequency that was seen alone', async () => {
    expect(await learned('scans', options)).toMatchObject({ observations: 48, steps: 45 })
    const prior = loadPrior(at('scans'))
    expect(prior.event).toEqual([1, 28, 28])
    expect(prior.sigmaMin).toBeCloseTo(0.08 * Math.SQRT2, 6)
    const found = losses('scans').flatMap(({ event, ...line }) => (event === 'loss' ? [line] : []))
    expect(found.map(({ step }) => step)).toEqual([20, 40, 45])
    await sample([at('scans'), at('scans.npz')], sampling, ioTo([]))
    expect(readArrays(at('scans', 'draws', 'posterior.npz')).draws.shape).toEqual([2, 4, 1, 28, 28])
  }, 120_000)

  it('interrupted and resumed, gives the same bytes', async () => {
    const controller = new AbortController()
    const io = {
      ...ioTo([], controller.signal),
      progress: ({ done, phase }: { done: number; phase: string }) => {
        if (phase === 'training' && done === 23) controller.abort()
      },
    }
    const args = [at('digits.yaml'), ...options]
    const call = { ...learning, run: at('scans-parts') }
    expect((await failure(learn(args, call, io))).code).toBe(130)
    await learn(args, { ...call, resume: true }, ioTo([]))
    const bytes = (name: string) => readFileSync(at(name, 'checkpoints', 'prior.safetensors'))
    expect(bytes('scans-parts').equals(bytes('scans'))).toBe(true)
  }, 120_000)

  it.each([
    ['gsure', 'turned', `known masks, ${inPlane('gsure')}got operator 'fourier'`],
    ['ambient', 'scans', "known masks, got operator 'fourier'"],
  ])('%s refuses %s', async (kind, set, message) => {
    const args = [at('digits.yaml'), `learner=${kind}`, `data.observations=${at(`${set}.npz`)}`]
    expect(await failure(learn(args, { ...learning, run: at('refused') }, ioTo([])))).toEqual({
      code: 2,
      message: `tweedie: learner '${kind}': expected observations through ${message}`,
    })
    expect(existsSync(at('refused'))).toBe(false)
  })

  it('refuses scans that never show some frequency, before it trains', async () => {
    const set = readObservations(at('scans.npz'))
    const { mask } = set.operator.parameters
    mask.data.forEach((_, i) => {
      mask.data[i] = i % 28 < 20 && i % 28 > 8 ? 1 : 0
    })
    writeObservations(at('few.npz'), set)
    const args = [at('digits.yaml'), 'learner=gsure', `data.observations=${at('few.npz')}`]
    const { code, message } = await failure(learn(args, { ...learning, run: at('few') }, ioTo([])))
    expect(code).toBe(2)
    expect(message).toMatch(/^tweedie: no observation shows \d+ of 784 coefficients of operator 'fourier'/)
    expect(losses('few').filter(({ event }) => event === 'loss')).toEqual([])
  })
})

describe('options of a learner', () => {
  it.each([
    [['ambient.delta=0.2'], "field 'ambient': learner 'diem' does not take it"],
    [['learner=gsure', 'ambient.delta=0.2'], "field 'ambient': learner 'gsure' does not take it"],
  ])('%j is refused', async (overrides, message) => {
    const run = at('refused')
    const args = [at('digits.yaml'), ...overrides]
    const { code, message: said } = await failure(learn(args, { ...learning, run }, ioTo([])))
    expect([code, said]).toEqual([2, `tweedie: ${message}`])
  })

  it('are not of training on clean data', async () => {
    const args = [at('digits.yaml'), 'data={ clean: mnist, count: 8 }', 'learner=ambient']
    const { code, message } = await failure(train(args, { ...learning, run: at('refused') }, ioTo([])))
    expect([code, message]).toEqual([
      2,
      "tweedie: field 'learner': 'train' learns from clean data; use 'learn'",
    ])
  })

  it('reach the learner', async () => {
    await learned('delta', ['learner=ambient', 'ambient.delta=0.3', 'train.steps=2', 'monitor.samples=0'])
    expect(loadPrior(at('delta')).ambient?.delta).toBe(0.3)
  })
})

/** `tweedie train`, `learn`, `sample` and `distill` with networks that predict the noise, in-process. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as distill } from '../../src/cli/commands/distill.ts'
import { run as learn } from '../../src/cli/commands/learn.ts'
import { run as plan } from '../../src/cli/commands/plan.ts'
import { run as sample } from '../../src/cli/commands/sample.ts'
import { run as train } from '../../src/cli/commands/train.ts'
import type { OptionsOf } from '../../src/cli/commands.ts'
import { exitCodeOf, explain } from '../../src/cli/exit.ts'
import { makeIo } from '../../src/cli/io.ts'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { observe, writeObservations } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { loadPrior } from '../../src/run/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-vp-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (...names: string[]): string => join(folder, ...names)

const common = { json: undefined, quiet: true, debug: undefined, threads: undefined, seed: undefined }
const learning = {
  ...{ ...common, resume: undefined, breakLock: undefined, checkpointEvery: 60 },
  ...{ minutes: undefined, overcommit: undefined, workers: undefined, executor: undefined },
  ...{ queue: undefined, share: undefined },
  device: 'cpu',
} as const
const sampling: OptionsOf<'sample'> = {
  ...{ ...common, workers: undefined, output: at('draws.npz'), draws: 2, batch: 8, count: 4, steps: 3 },
  ...{ step: 'ddim', grid: undefined, start: 'informed', iterations: 1, solver: undefined },
  ...{ covariance: 'tweedie', method: undefined, images: undefined, report: undefined, truth: undefined },
  ...{ held: undefined, baselines: undefined, tile: undefined, overlap: undefined, strict: undefined },
  ...{ calibrated: undefined, minutes: undefined, device: 'cpu' },
}

const ioTo = (sink: string[] = []) =>
  makeIo(
    { stdout: { write: (text) => sink.push(text) }, stderr: { write: () => true } },
    { json: true, quiet: true },
    new AbortController().signal,
  )

const VP = 'train.parameterization=vp:betas=linear:clip=2'

beforeAll(async () => {
  writeFileSync(
    at('learn.yaml'),
    `data: { observations: ${at('set.npz')} }
net: { kind: mlp, hidden: [16], emb: 8 }
gaussian: { rank: 2, iterations: 2 }
em: { laps: 2, sampling: { steps: 4 } }
train: { steps: 20, batch: 16 }
monitor: { samples: 4, steps: 3, held: { observations: 0 } }
`,
  )
  writeFileSync(
    at('train.yaml'),
    `data: { clean: ${at('clean.npz')} }
net: { kind: mlp, hidden: [16], emb: 8 }
range: [-2, 2]
train: { steps: 20, batch: 16 }
monitor: { samples: 4, steps: 3 }
`,
  )
  const x = normal(stream(0, 'x'), [40, 4])
  writeArrays(at('clean.npz'), { x })
  const operator = { name: 'mask', settings: { keep: 0.7 } }
  writeObservations(at('set.npz'), await observe(x, { operator, noise: 0.1, range: [-2, 2], seed: 1 }))
})

/** What a command fails with, as users see it. */
const failure = async (work: Promise<unknown>): Promise<string> => {
  const message = await work.then(
    () => 'nothing',
    (error: unknown) => `${exitCodeOf(error)}: ${explain(error, false)}`,
  )
  expect(message.split('\n')).toHaveLength(1)
  return message
}

const learnt = (name: string, ...overrides: string[]) =>
  learn([at('learn.yaml'), ...overrides], { ...learning, run: at(name) }, ioTo())

describe('a network that predicts the noise', () => {
  it('learns in laps and on clean data; its prior is sampled by its own levels and distilled', async () => {
    await learnt('laps', VP, 'em.sampling.grid=respaced')
    expect(readFileSync(at('laps', 'config.yaml'), 'utf8')).toContain('parameterization: vp:betas=linear')
    const prior = loadPrior(at('laps'))
    expect(prior.parameterization?.name).toBe('vp')
    expect(prior.sigmaMin).toBeCloseTo(0.01, 5) // of the network, 1e-3 is asked for
    expect(prior.sigmaMax).toBeCloseTo(100, 9)
    await sample([at('laps'), at('set.npz')], { ...sampling, grid: 'respaced' }, ioTo())
    expect(readArrays(at('draws.npz')).draws.shape).toEqual([2, 4, 4])

    await train([at('train.yaml'), VP], { ...learning, run: at('clean') }, ioTo())
    await sample([at('clean')], { ...sampling, grid: 'respaced' }, ioTo())
    expect(readArrays(at('draws.npz')).x.shape).toEqual([2, 4])

    writeFileSync(
      at('distill.yaml'),
      `prior: ${at('clean')}
data: { observations: ${at('set.npz')} }
objective: { prior: bound }
flow: { kind: realNvp, steps: 1, hidden: 8 }
train: { steps: 2, batch: 4 }
export: { draws: 1 }
`,
    )
    await distill([at('distill.yaml')], { ...learning, run: at('flow') }, ioTo())
    expect(existsSync(at('flow', 'checkpoints', 'sampler.safetensors'))).toBe(true)
  }, 60_000)

  it('leaves configurations as they were where nothing is said', async () => {
    await learnt('edm')
    const config = readFileSync(at('edm', 'config.yaml'), 'utf8')
    expect(config).not.toMatch(/parameterization|grid/)
    expect(loadPrior(at('edm')).parameterization).toBeUndefined()
    expect(await failure(sample([at('edm')], { ...sampling, grid: 'respaced' }, ioTo()))).toMatch(
      /^2: .*grid 'respaced': the prior has no levels of its own/,
    )
    const start = `start=${at('edm')}`
    expect(
      await failure(train([at('train.yaml'), VP, start], { ...learning, run: at('no') }, ioTo())),
    ).toMatch(/^2: .*start: '.*edm' has another parameterization: \{"name":"edm",.*, here \{"name":"vp"/)
  }, 60_000)

  it.each([
    [
      'train.parameterization=pv',
      /'train\.parameterization'.*unknown parameterization 'pv', did you mean 'vp'/,
    ],
    ['train.parameterization=edm:clip=2', /'train\.parameterization'.*edm: unknown setting 'clip'/],
    ['em.sampling.grid=respacd', /'em\.sampling\.grid'.*unknown grid 'respacd', did you mean 'respaced'/],
  ])('%s is refused', async (override, message) => {
    expect(await failure(learnt('no', override))).toMatch(message)
  })

  it.each([
    [[VP, 'skip=gaussian'], /^2: .*field 'skip': vp predicts the noise, it corrects no Gaussian/],
    [
      [VP, 'schedule.sigmaMin=200', 'schedule.sigmaMax=300'],
      /field 'schedule': vp: networks learn noise levels from 0\.0100 to 157, got sigmaMin 200 and/,
    ],
    [
      [VP, 'em.sampling.grid=respaced', 'em.sampling.steps=1000'],
      /field 'em\.sampling\.grid': grid 'respaced': 1000 levels make 999 steps and the last denoise/,
    ],
    [['em.sampling.grid=respaced'], /field 'em\.sampling\.grid': grid 'respaced': the prior has no levels/],
    [
      [VP, 'learner=gsure', 'em=null', 'gaussian=null'],
      /field 'train\.parameterization': learner 'gsure' has noise levels and a loss/,
    ],
    [
      [VP, 'learner=ambient', 'em=null', 'gaussian=null'],
      /field 'train\.parameterization': learner 'ambient' has noise levels and a loss/,
    ],
  ])('%j is refused in one line before anything is made', async (overrides, message) => {
    expect(await failure(learnt('no', ...overrides))).toMatch(message)
    expect(existsSync(at('no'))).toBe(false)
  })

  it('is planned for', async () => {
    const sink: string[] = []
    const options: OptionsOf<'plan'> = {
      ...{ ...common, command: undefined, run: at('planned'), workers: undefined, prior: undefined },
      countsOnly: true,
    }
    await plan([at('learn.yaml'), VP], options, ioTo(sink))
    expect(JSON.parse(sink[0])).toMatchObject({ command: 'learn' })
  }, 60_000)
})

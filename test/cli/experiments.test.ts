import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as distill } from '../../src/cli/commands/distill.ts'
import { run as learn } from '../../src/cli/commands/learn.ts'
import { run as train } from '../../src/cli/commands/train.ts'
import { checkExperiment, diemOptionsOf, rateOf } from '../../src/cli/config/building.ts'
import { jsonSchemaOf, loadConfig } from '../../src/cli/config/config.ts'
import { distillSchema } from '../../src/cli/config/distill-schema.ts'
import { loadObservations } from '../../src/cli/config/loading.ts'
import { operatorSettingOf } from '../../src/cli/config/operator-schema.ts'
import { experimentSchema } from '../../src/cli/config/schema.ts'
import { makeIo } from '../../src/cli/io.ts'
import { amortizedTasks, bunnyTasks, sphereTasks } from '../../src/compare/index.ts'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { wholeSet } from '../../src/observations/index.ts'
import { readJournal, trustSchema } from '../../src/run/index.ts'
import { NdArray } from '../../src/tensor/index.ts'
import { writeCifarFolder, writeFastMriVolume } from '../datasets/layouts.ts'
import { root } from '../e2e/built.ts'
import { scratch } from '../run/scratch.ts'

const folder = join(root, 'experiments')
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

describe('experiments', () => {
  it('take the memory of training by overrides, and refuse what does not go together', () => {
    const path = join(folder, 'own-images.yaml')
    const overrides = ['train.microBatch=4', 'net.rematerialise=true']
    const experiment = loadConfig(experimentSchema, path, overrides)
    expect(experiment.net).toMatchObject({ rematerialise: true })
    expect(diemOptionsOf(experiment).training(0)).toMatchObject({ microBatch: 4, stepsPerRun: 1 })
    expect(() => loadConfig(experimentSchema, path, [...overrides, 'train.stepsPerRun=2'])).toThrow(
      /train\.stepsPerRun.*goes without microBatch/,
    )
  })

  it('ship with the schema of their configuration (npm run schema writes it)', () => {
    expect(JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'))).toEqual(
      jsonSchemaOf(experimentSchema),
    )
  })

  it.each(files)('%s names its schema, is valid, and describes a run', (name) => {
    expect(readFileSync(join(folder, name), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\/schema\.json\n# \S/,
    )
    const experiment = loadConfig(experimentSchema, join(folder, name))
    const { laps, steps, training } = diemOptionsOf(experiment)
    expect(laps).toBeGreaterThan(0)
    const { rate } = training(0)
    const { from, kind, warmUp } = experiment.train.rate
    expect(rate(warmUp)).toBeGreaterThan(0.9 * from)
    expect(rate(steps(0) - 1)).toBeLessThanOrEqual(kind === 'constant' ? from : from / 10)
  })
})

describe('laps', () => {
  const of = (...overrides: string[]) =>
    loadConfig(experimentSchema, join(folder, 'own-images.yaml'), ['em.early.step=ddim', ...overrides])
  const steps = (...overrides: string[]) => {
    const { laps, sampling } = diemOptionsOf(of(...overrides))
    return Array.from({ length: laps - 1 }, (_, i) => sampling(i + 1).step?.name)
  }

  it('all but the last two draw fast, unless something else is said', () => {
    expect(steps('em.laps=5')).toEqual(['ddim', 'ddim', 'adams(0.9)', 'adams(0.9)'])
    expect(steps('em.laps=3')).toEqual(['adams(0.9)', 'adams(0.9)'])
    expect(steps('em.laps=3', 'em.early.laps=0')).toEqual(['adams(0.9)', 'adams(0.9)'])
    expect(steps('em.laps=4', 'em.early.laps=2', 'em.early.step=ddpm')).toEqual([
      'ddpm',
      'ddpm',
      'adams(0.9)',
    ])
  })

  it('the first and the last may be longer', () => {
    const { steps } = diemOptionsOf(
      of('em.laps=3', 'train.firstSteps=5', 'train.steps=3', 'train.lastSteps=9'),
    )
    expect([0, 1, 2].map(steps)).toEqual([5, 3, 9])
  })

  it('refuses early laps that leave no last one', () => {
    expect(() => checkExperiment(of('em.laps=4', 'em.early.laps=3'), [1, 28, 28])).toThrow(
      "field 'em.early.laps': of 4 laps",
    )
    expect(() => of('em.sampling.step=magic')).toThrow(/em\.sampling\.step.*unknown step 'magic'/)
  })
})

/**
 * What makes any experiment small: a network of a few channels, one lap of two steps, from a few
 * observations.
 */
const TINY = [
  ...['em.laps=1', 'em.batch=2', 'em.early.laps=0', 'em.sampling.steps=2', 'em.refitRank=2'],
  ...['gaussian.rank=2', 'gaussian.iterations=1', 'gaussian.steps=2', 'gaussian.count=4'],
  ...['train.steps=2', 'train.firstSteps=2', 'train.lastSteps=2', 'train.batch=2', 'train.rate.warmUp=0'],
  ...['monitor.samples=2', 'monitor.steps=2', 'net.emb=8'],
]

const silent = { write: () => true }
const io = makeIo({ stdout: silent, stderr: silent }, { quiet: true }, new AbortController().signal)
const options = {
  resume: false,
  breakLock: undefined,
  device: 'cpu',
  checkpointEvery: 60,
  minutes: undefined,
  overcommit: undefined,
  workers: undefined,
  executor: undefined,
  queue: undefined,
  share: undefined,
  json: false,
  quiet: true,
  debug: false,
  threads: undefined,
  seed: undefined,
} as const

const distillations = join(folder, 'distill')
const flows = readdirSync(distillations).filter((name) => name.endsWith('.yaml'))
/** The papers have no conditional denoiser. */
const companions = flows.filter((name) => !/-(paper|denoiser)/.test(name))

describe('distillations', () => {
  it.each(flows)('%s names its schema, is valid, and describes a training', (name) => {
    expect(readFileSync(join(distillations, name), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\.\/distill-schema\.json\n# \S/,
    )
    const { train, data } = loadConfig(distillSchema, join(distillations, name))
    expect(rateOf(train.rate, train.steps)(train.rate.warmUp)).toBeGreaterThan(0.9 * train.rate.from)
    expect(data.observe?.noise).toBeGreaterThan(0)
  })

  it.each(companions)('%s has a companion at the scale of the paper, of the same measurements', (name) => {
    const [own, paper] = [name, name.replace('.yaml', '-paper.yaml')].map((file) =>
      loadConfig(distillSchema, join(distillations, file)),
    )
    expect(paper.data.observe).toEqual(own.data.observe)
    expect(paper.blind).toBe(own.blind)
    expect(paper.flow).toMatchObject({ kind: 'realNvp', steps: 32 })
    expect(paper.train).toMatchObject({ batch: 64, clip: 1 })
    expect(paper.train.rate).toMatchObject({ kind: 'constant', from: 1e-5, warmUp: 5000 })
  })

  it.each(flows.filter((name) => !name.includes('-paper')))(
    '%s observes as the task of its name does',
    (name) => {
      const { data } = loadConfig(distillSchema, join(distillations, name))
      const known = { ...amortizedTasks, ...bunnyTasks, ...sphereTasks }[
        name.replace(/(-denoiser)?\.yaml/, '')
      ]
      const { operator, noise } = data.observe ?? {}
      expect(noise).toBe(known.noise)
      const {
        name: operatorName,
        blind = false,
        settings,
      } = operatorSettingOf(operator ?? { kind: 'identity', blind: false })
      expect(operatorName).toBe(known.operator.name)
      expect(blind).toBe(known.operator.blind ?? false)
      expect(settings).toMatchObject(known.operator.settings ?? {})
    },
  )

  it.each(['denoise', 'sr2', 'deblur'])(
    '%s distills from the prior that ships, one step',
    async (name) => {
      const run = join(scratch(), 'run')
      const small = ['flow.steps=1', 'flow.encoder.channels=[4, 4]', 'flow.coupling.channels=[4]']
      const simulated = ['objective.samples=2', 'objective.samplerSteps=1']
      const tiny = ['data.count=2', 'train.batch=2', 'train.steps=1', ...small, ...simulated]
      const short = ['export.draws=1', 'trust.observations=0']
      await distill([join(distillations, `${name}.yaml`), ...tiny, ...short], { ...options, run }, io)
      expect(existsSync(join(run, 'checkpoints', 'sampler.safetensors'))).toBe(true)
    },
    120_000,
  )
})

describe('the gallery', () => {
  const gallery = join(folder, 'gallery')
  // The sampler of one kind of mask and one noise is there until that of digits.yaml is trained.
  const all = readdirSync(gallery)
  const small = ['objective.samples=2', 'objective.samplerSteps=1', 'train.batch=2', 'train.steps=1']

  it.each(all)('%s names its schema, and is for masks of many kinds and any noise', (name) => {
    expect(readFileSync(join(gallery, name), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\.\/distill-schema\.json\n# \S/,
    )
    const { data, trust } = loadConfig(distillSchema, join(gallery, name))
    expect(data.observe?.noise).toEqual([0.01, 0.3])
    expect(data.observe?.operator).toMatchObject({ kind: 'masks', kinds: '', keep: 0.1, keepMax: 0.9 })
    // None is judged by what its prior or itself has learned from.
    expect(trust?.split === 'val' || data.count !== undefined).toBe(true)
  })

  it('distills photographs, one step, into a file of 6 MB at most', { timeout: 180_000 }, async () => {
    const run = join(scratch(), 'run')
    const few = ['trust={split: val, observations: 16, draws: 19, beside: 1}', 'data.count=4']
    await distill([join(gallery, 'photos.yaml'), ...small, ...few], { ...options, run }, io)
    expect(statSync(join(run, 'sampler.onnx')).size).toBeLessThan(6e6)
    const { inputs, noise, trust } = JSON.parse(readFileSync(join(run, 'sampler.json'), 'utf8'))
    expect(inputs.map(({ name }: { name: string }) => name)).toEqual(['y', 'mask', 'noise', 'z'])
    expect(noise).toEqual({ from: 0.01, to: 0.3 })
    expect(trustSchema.parse(trust).cells[0].observations).toBe(16)
  })
})

describe('experiments on real data', () => {
  const data = mkdtempSync(join(tmpdir(), 'tweedie-experiments-'))
  afterAll(() => rmSync(data, { recursive: true }))
  const cifar = join(data, 'cifar')
  const mri = join(data, 'mri')
  const photos64 = join(data, 'photos-64.npz')

  beforeAll(async () => {
    mkdirSync(cifar)
    mkdirSync(mri)
    writeCifarFolder(cifar, 2)
    await writeFastMriVolume(join(mri, 'file1.h5'), 12, 32)
    await writeFastMriVolume(join(mri, 'file2.h5'), 12, 32)
    const bytes = Uint8Array.from({ length: 4 * 3 * 64 * 64 }, (_, i) => i % 256)
    writeArrays(photos64, { train: new NdArray('uint8', [4, 3, 64, 64], bytes) })
  })

  const small = (channels: string, blocks: string, heads?: string): string[] => [
    `net.channels=${channels}`,
    `net.blocks=${blocks}`,
    ...(heads === undefined ? [] : [`net.heads=${heads}`]),
  ]
  // Drawing by diffusion unrolls the solver into its program; exact draws iterate until they are exact.
  const paperCifar = [`data.clean=${cifar}`, ...small('[4,8,8]', '[1,1,1]'), 'gaussian.cg=2']
  const photos = [...small('[4,8,8]', '[1,1,1]'), 'gaussian.cg=1000']
  const learned = [
    { name: 'cifar-paper-75', overrides: paperCifar, shape: [3, 32, 32] },
    {
      name: 'mri-paper',
      overrides: [`data.clean=${mri}`, ...small('[4,4,8,8]', '[1,1,1,1]'), 'gaussian.cg=2'],
      shape: [1, 32, 32],
    },
    { name: 'mri', overrides: photos, shape: [1, 64, 64] },
    { name: 'photos-75', overrides: photos, shape: [3, 32, 32] },
  ]

  it.each(learned)(
    '$name reads its data and learns from them, one tiny lap',
    async ({ name, overrides, shape }) => {
      const run = join(scratch(), 'run')
      await learn(
        [join(folder, `${name}.yaml`), ...overrides, ...TINY, 'data.count=4'],
        { ...options, run },
        io,
      )
      expect(existsSync(join(run, 'checkpoints', 'prior.safetensors'))).toBe(true)
      expect(readArrays(join(run, 'draws', 'prior-lap-001.npz')).x.shape).toEqual([2, ...shape])
      const losses = readJournal(join(run, 'journal.jsonl')).filter(({ event }) => event === 'loss')
      for (const { loss } of losses) expect(loss).toBeGreaterThan(0)
    },
    120_000,
  )

  it.each(['cifar-paper', 'photos'])(
    '%s-25, -50 and -75 differ in what is deleted, and in nothing else',
    (name) => {
      const [least, middle, most] = [25, 50, 75].map((deleted) => {
        const { data, ...rest } = loadConfig(experimentSchema, join(folder, `${name}-${deleted}.yaml`))
        expect(data.observe?.operator).toMatchObject({ kind: 'mask', keep: 1 - deleted / 100 })
        return { ...rest, clean: data.clean, noise: data.observe?.noise }
      })
      expect(least).toEqual(most)
      expect(middle).toEqual(most)
    },
  )

  it.each([
    { name: 'photos', overrides: photos },
    { name: 'photos-64', overrides: [...small('[4,4,8,8]', '[1,1,1,1]'), `data.clean=${photos64}`] },
  ])('$name trains on clean data, two steps', async ({ name, overrides }) => {
    const run = join(scratch(), 'run')
    await train(
      [join(folder, `${name}.yaml`), ...overrides, ...TINY, 'data.count=4'],
      { ...options, run },
      io,
    )
    expect(existsSync(join(run, 'checkpoints', 'prior.safetensors'))).toBe(true)
  })

  it('of MRI sample a sixth of the columns of k-space', async () => {
    const experiment = loadConfig(experimentSchema, join(folder, 'mri.yaml'))
    const { operator, y, noise } = wholeSet(await loadObservations(experiment))
    expect(y.shape).toEqual([416, 2, 64, 64])
    expect(noise).toBe(0.01)
    expect(operator.name).toBe('fourier')
    const { mask } = operator.parameters
    const share = mask.data.reduce((a, b) => a + b, 0) / mask.size
    expect(share).toBeGreaterThan(0.14)
    expect(share).toBeLessThan(0.2)
  })
})

/** `tweedie distill` and `tweedie restore` of flows, in-process, on images of 4 × 8 pixels. */
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restore as restoreSet, samplerDensity } from '../../../src/amortize/index.ts'
import { run as diagnose } from '../../../src/cli/commands/diagnose.ts'
import { run as distill } from '../../../src/cli/commands/distill.ts'
import { run as train } from '../../../src/cli/commands/train.ts'
import { jsonSchemaOf } from '../../../src/cli/config/config.ts'
import { distillSchema } from '../../../src/cli/config/distill-schema.ts'
import { observe, readObservations, writeObservations } from '../../../src/observations/index.ts'
import { loadPrior, loadSampler, readCheckpoint } from '../../../src/run/index.ts'
import { average, flatten, itemAt, toNumbers } from '../../../src/tensor/index.ts'
import { root } from '../../e2e/built.ts'
import {
  at,
  clean,
  cleanUp,
  common,
  distilled,
  failure,
  folder,
  ioTo,
  learning,
  losses,
  networks,
  points,
  prepare,
  restored,
  samplerBytes,
} from './distilling.ts'

beforeAll(prepare, 120_000)
afterAll(cleanUp)

describe('the configuration', () => {
  it('ships with its schema (npm run schema writes it)', () => {
    expect(JSON.parse(readFileSync(join(root, 'experiments', 'distill-schema.json'), 'utf8'))).toEqual(
      jsonSchemaOf(distillSchema),
    )
  })
})

describe('a run of distillation', () => {
  it('interrupted again and again, gives the same bytes as one that was not', async () => {
    for (let part = 0; part < 3; part++) {
      const controller = new AbortController()
      const sink: string[] = []
      const io = {
        ...ioTo(sink, controller.signal),
        progress: ({ done }: { done: number }) => {
          if (done === 11 * (part + 1)) controller.abort()
        },
      }
      const options = { ...learning, run: at('parts'), resume: part > 0 ? (true as const) : undefined }
      const { code, message } = await failure(distill([at('distill.yaml')], options, io))
      expect([code, message]).toEqual([130, 'tweedie: distilling was interrupted'])
      expect(points('parts').at(-1)).toMatch(new RegExp(`-step-${11 * (part + 1)}\\.`))
      expect(existsSync(join(at('parts'), 'checkpoints', 'sampler.safetensors'))).toBe(false)
    }
    await distilled('parts', [], { resume: true })
    expect(samplerBytes('parts').equals(samplerBytes('plain'))).toBe(true)
    expect(losses('parts')).toEqual(losses('plain'))
    const onnx = (run: string) => readFileSync(join(at(run), 'sampler.onnx'))
    expect(onnx('parts').equals(onnx('plain'))).toBe(true)
  })

  it('stops at the first loss that is no number, keeps the state before it, and says where', async () => {
    const config = ['train.rate.from=1e30', 'train.rate.warmUp=0', 'train.clip=1e30']
    const { code, message } = await failure(distilled('nan', config))
    expect(code).toBe(1)
    expect(message).toMatch(
      /^tweedie: training: the loss is \S+ at lap 0, step \d+ .* good one: \S+step-\d+\.safetensors$/,
    )
    const [, step] = /step (\d+)/.exec(message) ?? []
    const { arrays, state } = readCheckpoint(/\S+\.safetensors/.exec(message)?.[0] ?? '')
    expect(state).toMatchObject({ kind: 'distill', step: Number(step) })
    for (const array of Object.values(arrays)) expect(toNumbers(array).every(Number.isFinite)).toBe(true)
    expect(existsSync(join(at('nan'), 'checkpoints', 'sampler.safetensors'))).toBe(false)
  })

  it('goes on from the checkpoint before, set by hand, or refuses a damaged one in one line', async () => {
    const controller = new AbortController()
    const io = {
      ...ioTo([], controller.signal),
      progress: ({ done }: { done: number }) => {
        if (done === 7) controller.abort()
      },
    }
    await failure(distill([at('distill.yaml')], { ...learning, run: at('damaged') }, io))
    const point = points('damaged').at(-1)
    const path = join(at('damaged'), 'checkpoints', `${point}`)
    truncateSync(path, 1000)
    const { code, message } = await failure(distilled('damaged', [], { resume: true }))
    expect(code).toBe(2)
    expect(message).toMatch(new RegExp(`^tweedie: ${path}: `))
    rmSync(path)
    await distilled('damaged', [], { resume: true })
    expect(samplerBytes('damaged').equals(samplerBytes('plain'))).toBe(true)
  })

  it.each([
    ['a prior that is missing', ['prior=nowhere'], /^tweedie: nowhere: no such file or folder$/],
    ['a folder without a prior', [`prior=${folder}`], /not a run folder$/],
    ['a sampler for a prior', () => [`prior=${at('plain')}`], /holds no prior/],
    [
      'signals of another shape',
      ['data.clean=manifold', 'data.count=8'],
      /signals have shape \[5\], the prior '.*' knows \[1,4,8\]$/,
    ],
    ['a row that is not there', ['measurement=256'], /the set has rows 0 to 255, got 256$/],
    ['blind training on masks that are known', ['blind=true'], /keep no true parameters/],
    ['bounds the wrong way', ['bounds=[1,0]'], /'bounds': expected low < high/],
    [
      'options of another objective',
      ['objective.samples=8'],
      /'objective.samples': does not apply to objective.prior: bound \(prior, bound, start, anneal do\)/,
    ],
    [
      'a posterior to begin with where bounds hide it',
      [`flow=${networks('gaussian')}`, 'bounds=[0,1]'],
      /'flow.base': a flow with bounds begins with white noise/,
    ],
    ['cells that do not fit', ['flow={kind: image, cells: [3]}'], /3/],
  ] as const)('refuses %s', async (_, overrides, expected) => {
    const given = typeof overrides === 'function' ? overrides() : overrides
    const { code, message } = await failure(distilled('refused', given))
    expect(message).toMatch(expected)
    expect(code).toBe(2)
    expect(message).not.toMatch(/\n/)
    expect(existsSync(join(at('refused'), 'checkpoints', 'sampler.safetensors'))).toBe(false)
    rmSync(at('refused'), { recursive: true, force: true })
  })

  it('goes on with its own prior only', async () => {
    const controller = new AbortController()
    controller.abort()
    const simulating = ['objective.prior=samples', 'objective.samples=64', 'objective.samplerSteps=2']
    const args = [at('distill.yaml'), `prior=${at('other')}`, ...simulating]
    rmSync(at('other'), { recursive: true, force: true })
    await train([at('prior.yaml'), 'train.steps=2'], { ...learning, run: at('other') }, ioTo([]))
    await failure(distill(args, { ...learning, run: at('changed') }, ioTo([], controller.signal)))
    rmSync(at('other'), { recursive: true })
    await train([at('prior.yaml'), 'train.steps=3'], { ...learning, run: at('other') }, ioTo([]))
    const again = await failure(distill(args, { ...learning, run: at('changed'), resume: true }, ioTo([])))
    expect(again.message).toMatch(/this run distills another prior than the one given now/)
  }, 60_000)
})

describe('a flow of networks', () => {
  it('begins with the posterior of the fit, keeps it as it was, and is saved with it', async () => {
    await distilled('based', [`flow=${networks()}`, 'train.steps=3'])
    const { flow, params } = loadSampler(at('based'))
    const { gaussian } = loadPrior(at('prior'))
    expect(flow).toMatchObject({
      kind: 'network',
      base: { observed: { noise: expect.closeTo(0.2), masked: true } },
    })
    expect(flatten(params.statistics)['0.mean']).toEqual(gaussian.mean)
    const { arrays } = await restored('based', 'test.npz')
    for (const array of [arrays.draws, arrays.logq])
      expect(toNumbers(array).every(Number.isFinite)).toBe(true)
  })

  it('begins with white noise when that is said', async () => {
    await distilled('white', [`flow=${networks('white')}`, 'train.steps=3'])
    const { flow, params } = loadSampler(at('white'))
    expect(flow).not.toHaveProperty('base')
    expect(params.statistics).toEqual([])
  })
})

describe('log q of the truth', () => {
  it('comes from the same density as that of the draws', async () => {
    const [sampler, set] = [loadSampler(at('plain')), readObservations(at('test.npz'))]
    const { draws, logq } = await restoreSet(sampler, set, { draws: 3, seed: 1 })
    if (!draws || !logq) throw new Error('draws are kept unless told otherwise, and a flow knows log q')
    for (let k = 0; k < 3; k++) {
      const again = await samplerDensity(sampler, set, itemAt(draws, k), { batch: 4 })
      for (let i = 0; i < 6; i++) expect(again.data[i]).toBeCloseTo(logq.data[6 * k + i], 2)
    }
    await expect(samplerDensity(sampler, set, draws)).rejects.toThrow('x should be [6,1,4,8]')
  })

  it('is written with --truth, and diagnose ranks it', async () => {
    const { facts, arrays } = await restored('plain', 'test.npz', { truth: at('test.npy'), draws: 19 })
    const [sampler, set] = [loadSampler(at('plain')), readObservations(at('test.npz'))]
    const expected = await samplerDensity(sampler, set, clean(6, 2))
    expect(toNumbers(arrays.logqTruth)).toEqual(toNumbers(expected))
    expect(facts.logqTruth).toBeCloseTo(average(expected.data), 3)
    const sink: string[] = []
    const nothing = { observations: undefined, given: undefined, classifier: undefined, prior: undefined }
    const reference = { reference: undefined, referenceCount: undefined, referenceSteps: undefined }
    const options = { ...common, ...nothing, ...reference, output: at('d.html') }
    await diagnose([at('out.npz')], { ...options, truth: at('test.npy') }, ioTo(sink))
    const { findings, hpd } = JSON.parse(sink[0])
    expect(findings.map(({ name }: { name: string }) => name)).toContain('Density regions (HPD)')
    expect(hpd).toBeLessThanOrEqual(1)
  })
})

describe('a sampler of one measurement', () => {
  it('takes no condition, restores that one, and no other', async () => {
    writeObservations(
      at('train.npz'),
      await observe(clean(256, 1), {
        operator: { name: 'mask', settings: { keep: 0.6 } },
        noise: 0.05,
        seed: 1,
      }),
    )
    await distilled('single', ['measurement=3', 'train.steps=20'])
    const manifest = JSON.parse(readFileSync(join(at('single'), 'sampler.json'), 'utf8'))
    expect(manifest.inputs.map(({ name }: { name: string }) => name)).toEqual(['z'])
    const { facts, arrays } = await restored('single', 'train.npz')
    expect([facts.row, facts.shape]).toEqual([3, [4, 1, 1, 4, 8]])
    expect(arrays.draws.shape).toEqual([4, 1, 1, 4, 8])
    const others = readObservations(at('test.npz'))
    await expect(restoreSet(loadSampler(at('single')), others, { draws: 2, seed: 0 })).rejects.toThrow(
      /for one measurement/,
    )
    const { code, message } = await failure(restored('single', 'test.npz'))
    expect([code, message]).toEqual([
      2,
      `tweedie: ${at('test.npz')}: the sampler is for one measurement, which is none of these 6`,
    ])
  })

  it('may learn from the exact log-density', async () => {
    const exact = ['objective.prior=exact', 'objective.probes=2', 'train.steps=2', 'train.batch=4']
    await distilled('exact', ['measurement=0', ...exact])
    const [line] = losses('exact').filter(({ event }) => event === 'loss')
    expect(Number.isFinite(line.loss)).toBe(true)
    expect(loadSampler(at('exact')).origin.measurements).toBe(1)
  }, 60_000)

  it('goes on with the probes that a run has begun with: new ones, fixed ones, those of before', async () => {
    const exact = ['measurement=0', 'objective.prior=exact', 'objective.probes=1', 'train.steps=3']
    const fixed = [...exact, 'objective.fixedProbes=true']
    const stopped = async (run: string, overrides: readonly string[]) => {
      const controller = new AbortController()
      const io = {
        ...ioTo([], controller.signal),
        progress: ({ done }: { done: number }) => {
          if (done === 2) controller.abort()
        },
      }
      const options = { ...learning, run: at(run) }
      expect((await failure(distill([at('distill.yaml'), ...overrides], options, io))).code).toBe(130)
    }
    await distilled('anew', exact)
    await distilled('fixed', fixed)
    expect(samplerBytes('anew').equals(samplerBytes('fixed'))).toBe(false)

    await stopped('anew-parts', exact)
    await distilled('anew-parts', exact, { resume: true })
    expect(samplerBytes('anew-parts').equals(samplerBytes('anew'))).toBe(true)

    // A run of before: nothing is said of probes, neither by its configuration nor by its points.
    await stopped('older', fixed)
    const config = join(at('older'), 'config.yaml')
    const recorded = readFileSync(config, 'utf8')
    expect(recorded).toMatch(/ *fixedProbes: true\n/)
    writeFileSync(config, recorded.replace(/ *fixedProbes: true\n/, ''))
    await distilled('older', exact, { resume: true })
    expect(samplerBytes('older').equals(samplerBytes('fixed'))).toBe(true)
  }, 120_000)
})

describe('blind restoration', () => {
  const operator = 'data.observe.operator={kind: vertices, keep: 0.4, keepMax: 0.7, blind: true}'

  it('learns from parameters of each observation, and is conditioned on y alone', async () => {
    await distilled('blind', [operator, 'blind=true'])
    const { condition, operator: made } = loadSampler(at('blind'))
    expect(condition).toEqual({ y: [1, 4, 8], beside: {}, crossing: 'entries' })
    expect(made.blind).toBe(true)
    const manifest = JSON.parse(readFileSync(join(at('blind'), 'sampler.json'), 'utf8'))
    expect(manifest.inputs.map(({ name }: { name: string }) => name)).toEqual(['y', 'z'])
  })

  it('takes sets whatever the share that was lost, known or not, and no other operator', async () => {
    for (const [keep, blind] of [
      [0.5, true],
      [0.7, false],
    ] as const) {
      const set = await observe(clean(6, 2), {
        operator: { name: 'vertices', settings: { keep }, blind },
        noise: 0.05,
        seed: 1,
      })
      writeObservations(at('level.npz'), set)
      const { arrays } = await restored('blind', 'level.npz')
      expect(toNumbers(arrays.mean).every(Number.isFinite)).toBe(true)
    }
    const noisy = await observe(clean(6, 2), { operator: { name: 'identity' }, noise: 0.05, seed: 1 })
    writeObservations(at('noisy.npz'), noisy)
    const { message } = await failure(restored('blind', 'noisy.npz'))
    expect(message).toMatch(/observed by identity, the sampler is for mask/)
  })

  it('cannot be refined, which takes the operator', async () => {
    const set = await observe(clean(6, 2), {
      operator: { name: 'vertices', settings: { keep: 0.5 }, blind: true },
      noise: 0.05,
      seed: 1,
    })
    writeObservations(at('hidden.npz'), set)
    const { message } = await failure(restored('blind', 'hidden.npz', { refine: 'mmps' }))
    expect(message).toMatch(/which blind sets hide/)
  })
})

describe('refining', () => {
  const truth = at('test.npy')

  it('weighs draws, and says how far to trust that', async () => {
    const { facts, arrays } = await restored('plain', 'test.npz', { refine: 'weights', draws: 64, truth })
    expect(arrays.weights.shape).toEqual([64, 6])
    for (let i = 0; i < 6; i++) {
      const total = toNumbers(arrays.weights).reduce((sum, w, at) => sum + (at % 6 === i ? w : 0), 0)
      expect(total).toBeCloseTo(1, 5)
    }
    expect(Object.keys(arrays).sort()).toEqual(
      [
        'draws',
        'effective',
        'logq',
        'logqTruth',
        'mean',
        'paretoK',
        'spread',
        'weightedMean',
        'weightedSpread',
        'weights',
      ].sort(),
    )
    expect(facts.paretoK).toBeTypeOf('number')
    expect(facts.psnrMeanRefined).not.toBe(facts.psnrMean)
  }, 60_000)

  it.each(['mmps', 'langevin'] as const)(
    'makes draws better that were barely trained: %s',
    async (refine) => {
      await distilled(`rough-${refine}`, ['train.steps=2'])
      const more = { refine, refineSteps: 16, draws: 8, truth }
      const { facts, arrays } = await restored(`rough-${refine}`, 'test.npz', more)
      expect(facts.psnrMeanRefined).toBeGreaterThan(facts.psnrMean + 1)
      expect(facts.psnrDrawRefined).toBeGreaterThan(facts.psnrDraw + 3)
      expect(facts.crpsRefined).toBeLessThan(facts.crps)
      expect(arrays.draws.shape).toEqual([8, 6, 1, 4, 8])
      expect(Object.keys(arrays).sort()).toEqual(['draws', 'mean', 'spread'])
    },
    60_000,
  )

  it('keeps mean and spread alone when that is asked', async () => {
    const { arrays } = await restored('plain', 'test.npz', { refine: 'mmps', refineSteps: 2, summary: true })
    expect(Object.keys(arrays).sort()).toEqual(['mean', 'spread'])
  })

  it.each([
    [
      'too few draws to see a tail',
      { refine: 'weights' },
      /--refine weights: needs at least 25 draws \(-n\), got 4$/,
    ],
    [
      'a level beyond the prior',
      { refine: 'mmps', refineFrom: 1e4 },
      /noise level must lie above 0.001 and up to 100/,
    ],
    ['a prior that is missing', { refine: 'mmps', prior: 'nowhere' }, /^tweedie: nowhere: no such file/],
    ['truth of another shape', { truth: 'manifold' }, /holds \[5\], the sampler draws \[1,4,8\]/],
  ] as const)('refuses %s', async (_, more, expected) => {
    const { code, message } = await failure(restored('plain', 'test.npz', more))
    expect(message).toMatch(expected)
    expect(code).toBe(2)
  })
})

/** `tweedie distill` of samplers for many masks and any noise of a range, and what their manifests say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as distill } from '../../../src/cli/commands/distill.ts'
import { run as restore } from '../../../src/cli/commands/restore.ts'
import type { OptionsOf } from '../../../src/cli/commands.ts'
import { writeArrays } from '../../../src/formats/index.ts'
import { observe, writeObservations } from '../../../src/observations/index.ts'
import { loadSampler, trustSchema } from '../../../src/run/index.ts'
import {
  at,
  clean,
  cleanUp,
  distilled,
  failure,
  ioTo,
  learning,
  networks,
  prepare,
  restored,
  restoring,
  samplerBytes,
} from './distilling.ts'

beforeAll(prepare, 120_000)
afterAll(cleanUp)

const kinds = {
  flow: `flow=${networks()}`,
  denoiser: 'flow={kind: denoiser, steps: 3, net: {kind: unet, channels: [8], blocks: [1], emb: 8}}',
}
const many = [
  'data.observe.operator={kind: masks}',
  'data.observe.noise=[0.01, 0.3]',
  'data.count=224',
  'objective={prior: samples, samples: 64, samplerSteps: 4}',
  'trust.draws=19',
]

const manifestOf = (run: string) => JSON.parse(readFileSync(join(at(run), 'sampler.json'), 'utf8'))

describe.each(Object.entries(kinds))('a %s that is told the noise', (name, flow) => {
  const asked = [flow, ...many]
  const run = `told-${name}`

  beforeAll(async () => {
    await distilled(run, asked)
  }, 120_000)

  it('says in its manifest for which noise it is, and how far to trust it', () => {
    const manifest = manifestOf(run)
    expect(manifest).toMatchObject({ version: 3, noise: { from: 0.01, to: 0.3 }, operator: { name: 'mask' } })
    expect(manifest.inputs.map(({ name }: { name: string }) => name)).toEqual(['y', 'mask', 'noise', 'z'])
    const { cells, draws, logq } = trustSchema.parse(manifest.trust)
    // The 32 items after the first 224, in all and by kind of mask and by noise.
    expect([cells[0].observations, draws, logq !== undefined]).toEqual([32, 19, name === 'flow'])
    expect(cells.map(({ masks, noise }) => masks ?? noise?.from ?? 'all')).toEqual([
      'all',
      'random',
      'box',
      'strokes',
      'lines',
      0.01,
      expect.closeTo(0.0311, 4),
      expect.closeTo(0.0965, 4),
    ])
    expect(loadSampler(at(run)).trust).toEqual(manifest.trust)
  })

  it('restores masks of any kind with any noise of the range, and refuses other noise', async () => {
    const x = clean(6, 2)
    const sets = { some: { from: 0.02, to: 0.2 }, one: 0.1, loud: 0.5 }
    for (const [set, noise] of Object.entries(sets)) {
      const operator = { name: 'box', settings: { size: 2 } }
      writeObservations(at(`${set}.npz`), await observe(x, { operator, noise, seed: 3 }))
    }
    for (const set of ['some.npz', 'one.npz'])
      expect((await restored(run, set)).arrays.draws.shape).toEqual([4, 6, 1, 4, 8])
    const { code, message } = await failure(restored(run, 'loud.npz'))
    expect([code, message]).toEqual([
      2,
      `tweedie: ${at('loud.npz')}: observation 0 has noise 0.5, the sampler was made for 0.01 to 0.3`,
    ])
  })

  it('interrupted, gives the same bytes as one that was not', async () => {
    const controller = new AbortController()
    const io = {
      ...ioTo([], controller.signal),
      progress: ({ phase, done }: { phase: string; done: number }) => {
        if (phase === 'distilling' && done === 17) controller.abort()
      },
    }
    const parts = `${run}-parts`
    const { code } = await failure(
      distill([at('distill.yaml'), ...asked], { ...learning, run: at(parts) }, io),
    )
    expect(code).toBe(130)
    await distilled(parts, asked, { resume: true })
    expect(samplerBytes(parts).equals(samplerBytes(run))).toBe(true)
  })
})

describe('trust', () => {
  it('is measured afterwards by observations and their truth, into the manifest of an .onnx', async () => {
    writeArrays(at('truth.npy'), { x: clean(6, 2) })
    const asked = { onnx: at('again.onnx'), truth: at('truth.npy') }
    const { facts } = await restored('plain', 'test.npz', asked)
    expect(facts.trust.draws).toBe(39)
    const alone = await failure(restored('plain', 'test.npz', { onnx: at('alone.onnx') }))
    expect(alone.message).toMatch(/give observations and --truth/)
    const manifest = JSON.parse(readFileSync(at('again.json'), 'utf8'))
    expect(trustSchema.parse(manifest.trust).cells[0].observations).toBe(6)
  })

  it('is measured anew of a run that is done, as at its end, with MMPS beside when asked', async () => {
    const asked = [`flow=${networks()}`, ...many, 'train.steps=2', 'trust={draws: 19, times: 2, beside: 16}']
    const { trust } = await distilled('judged', asked)
    expect([trust.cells[0].observations, trust.beside.cells[0].observations]).toEqual([64, 16])
    const again = async (more: Partial<OptionsOf<'restore'>>, ...given: string[]) => {
      const sink: string[] = []
      const options = { ...restoring, onnx: at('judged.onnx'), trust: true, ...more }
      await restore([at('judged'), ...given], options, ioTo(sink))
      return JSON.parse(sink[0]).trust
    }
    expect(await again({})).toEqual(trust)
    const once = await again({ beside: 2 }, 'trust.times=1')
    expect([once.cells[0].observations, once.beside.cells[0].observations]).toEqual([32, 2])
    expect(manifestOf('judged').trust).toEqual(trust)
    expect(JSON.parse(readFileSync(at('judged.json'), 'utf8')).trust).toEqual(once)
    expect((await failure(again({}, 'train.steps=3'))).message).toMatch(/'train.steps=3' is no setting/)
    for (const [more, why] of [
      [{ beside: 65 }, /--beside: 65 were asked for, there are 64/],
      [{ beside: 2, trust: undefined }, /--beside: goes with --trust/],
      [{ truth: at('truth.npy') }, /give no --truth/],
      [{ onnx: undefined }, /--trust: is for the manifest of a sampler/],
    ] as const)
      expect((await failure(again(more))).message).toMatch(why)
    const plain = { ...restoring, onnx: at('plain.onnx'), trust: true }
    expect((await failure(restore([at('plain')], plain, ioTo([])))).message).toMatch(/kept nothing back/)
  })

  it('is not measured where no items are left, nor in parts that are not there', async () => {
    expect(manifestOf('plain')).not.toHaveProperty('trust')
    const { message } = await failure(distilled('none', ['data.count=250', 'trust.observations=20']))
    expect(message).toBe(
      'tweedie: trust.observations: 20 were asked for, the data have 6 after the first 250',
    )
  })

  it('takes the last items where all were to be learned from', async () => {
    const { measurements, trust } = await distilled('last', ['trust.observations=16', 'train.steps=2'])
    expect([measurements, trust.cells[0].observations]).toEqual([240, 16])
  })
})

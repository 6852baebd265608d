/** `tweedie distill` and `tweedie restore` of a conditional denoiser, in-process. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as distill } from '../../../src/cli/commands/distill.ts'
import { observe, writeObservations } from '../../../src/observations/index.ts'
import { loadSampler } from '../../../src/run/index.ts'
import { toNumbers } from '../../../src/tensor/index.ts'
import {
  at,
  clean,
  cleanUp,
  distilled,
  failure,
  ioTo,
  learning,
  prepare,
  restored,
  samplerBytes,
} from './distilling.ts'

beforeAll(prepare, 120_000)
afterAll(cleanUp)

describe('a conditional denoiser', () => {
  const flow = 'flow={kind: denoiser, steps: 3, net: {kind: unet, channels: [8], blocks: [1], emb: 8}}'
  const samples = ['objective.prior=samples', 'objective.samples=64', 'objective.samplerSteps=4']
  const asked = [flow, ...samples]

  beforeAll(async () => {
    await distilled('denoiser', asked)
  }, 120_000)

  it('interrupted, gives the same bytes as one that was not', async () => {
    const controller = new AbortController()
    const io = {
      ...ioTo([], controller.signal),
      progress: ({ phase, done }: { phase: string; done: number }) => {
        if (phase === 'distilling' && done === 17) controller.abort()
      },
    }
    const options = { ...learning, run: at('denoiser-parts') }
    const { code } = await failure(distill([at('distill.yaml'), ...asked], options, io))
    expect(code).toBe(130)
    await distilled('denoiser-parts', asked, { resume: true })
    expect(samplerBytes('denoiser-parts').equals(samplerBytes('denoiser'))).toBe(true)
  })

  it('restores: draws with mean and spread, and nothing about their density', async () => {
    const { facts, arrays } = await restored('denoiser', 'test.npz')
    expect(Object.keys(arrays).sort()).toEqual(['draws', 'mean', 'spread'])
    expect(arrays.draws.shape).toEqual([4, 6, 1, 4, 8])
    expect(facts).not.toHaveProperty('logq')
  })

  it('makes an .onnx file of the whole loop, with the outputs that its manifest names', () => {
    const manifest = JSON.parse(readFileSync(join(at('denoiser'), 'sampler.json'), 'utf8'))
    expect(manifest.inputs.map(({ name }: { name: string }) => name)).toEqual(['y', 'mask', 'z'])
    expect(manifest.outputs.map(({ name }: { name: string }) => name)).toEqual(['x'])
    expect(manifest.flow).toMatchObject({ kind: 'denoiser', steps: 3, step: 'dpm', event: [1, 4, 8] })
  })

  it('takes means of blocks, over the coefficients within them', async () => {
    const operator = { name: 'pool', settings: { factor: 2 } }
    await distilled('pooled', [...asked, 'train.steps=2', 'data.observe.operator={kind: pool, factor: 2}'])
    expect(loadSampler(at('pooled')).flow).toMatchObject({ kind: 'denoiser', event: [4, 2, 4] })
    writeObservations(at('pooled.npz'), await observe(clean(6, 2), { operator, noise: 0.05, seed: 3 }))
    const { arrays } = await restored('pooled', 'pooled.npz')
    expect(arrays.draws.shape).toEqual([4, 6, 1, 4, 8])
    expect(toNumbers(arrays.draws).every(Number.isFinite)).toBe(true)
  })

  it('is refined by steps, and not by weights', async () => {
    const { arrays } = await restored('denoiser', 'test.npz', { refine: 'mmps', refineSteps: 2 })
    expect(arrays.draws.shape).toEqual([4, 6, 1, 4, 8])
    const { code, message } = await failure(
      restored('denoiser', 'test.npz', { refine: 'weights', draws: 64 }),
    )
    expect([code, message]).toEqual([
      2,
      'tweedie: --refine weights: needs the density of draws, which a denoiser does not have; refine by mmps',
    ])
  })

  it.each([
    ['another objective', 'objective={prior: bound}', /'objective.prior': .* say 'samples'$/],
    ['bounds', 'bounds=[0,1]', /'bounds': a denoiser has no bounds; use a flow$/],
    ['a condition without masks', 'condition=y', /'condition': .* say 'parameters'$/],
    ['one measurement', 'measurement=0', /'measurement': .* use a flow$/],
    ['blind training', 'blind=true', /'blind': .* use a flow$/],
    [
      'operators whose basis has no place',
      'data.observe.operator={kind: blur}',
      /denoiser: the basis in which 'gaussian-blur' is diagonal has no place for points; use a flow$/,
    ],
    ['operators without a basis', 'data.observe.operator={kind: radon, angles: 3}', /no basis is known/],
    ['steps that take noise', 'flow.step=ddpm', /step 'ddpm' takes noise/],
    ['unknown steps', 'flow.step=hein', /unknown step 'hein', did you mean 'heun'/],
  ] as const)('refuses %s', async (_, override, expected) => {
    const { code, message } = await failure(distilled('refused', [...asked, override]))
    expect(message).toMatch(expected)
    expect(code).toBe(2)
    expect(existsSync(at('refused'))).toBe(false)
  })
})

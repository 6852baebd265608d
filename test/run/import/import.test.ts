/** Networks of PyTorch as priors: tested, kept, read again, and used by posterior methods like our own. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { preconditioned, scheduleSpec, standardGaussian } from '../../../src/diffusion/index.ts'
import { unet } from '../../../src/nn/index.ts'
import { maskedBy } from '../../../src/observations/index.ts'
import { mmps, posteriorDraws } from '../../../src/posterior/index.ts'
import { bernoulli, stream, uniform } from '../../../src/random/index.ts'
import { importedNetwork } from '../../../src/run/import/imported-network.ts'
import {
  type ImportRequest,
  importPrior,
  learnedPrior,
  loadPrior,
  writePrior,
} from '../../../src/run/index.ts'
import {
  frozen,
  full,
  jit,
  NdArray,
  onnxOf,
  type Tensor,
  toNumbers,
  zeros,
} from '../../../src/tensor/index.ts'
import { exported } from '../../exact/importer.ts'
import { formulaWeights } from '../../nn/formula-weights.ts'
import { distance, waveOf } from '../../numbers.ts'
import { scratch } from '../scratch.ts'

const imported = (name: string, schedule: string, more: Partial<ImportRequest> = {}) =>
  importPrior(exported(name), { predicts: 'noise', schedule: scheduleSpec(schedule), ...more }, { seed: 0 })

const failed = ({ checks }: Awaited<ReturnType<typeof importPrior>>): string[] =>
  checks.filter(({ passed }) => !passed).map(({ check }) => check)

const LOW = 'E[x | xt] − xt at the lowest level'
const HIGH = 'E[x | xt] of other noise at the highest level'

describe('the test of an import', () => {
  it('passes for what the networks were trained on', async () => {
    const unetFound = await imported('unet', 'vp')
    expect(failed(unetFound)).toEqual([])
    expect(unetFound.prior.event).toEqual([1, 8, 8])
    const [first, last] = [Math.sqrt(1e-4 / (1 - 1e-4)), Math.sqrt(1 / 4.0358e-5 - 1)] // of DDPM, on [−1, 1]
    expect(unetFound.prior.sigmaMin).toBeCloseTo(2 * first, 6)
    expect(unetFound.prior.sigmaMax / (2 * last)).toBeCloseTo(1, 3)
    const curve = await imported('mlp', 'edm', { predicts: 'raw', range: [-1, 1] })
    expect(failed(curve)).toEqual([])
  })

  it('names the limit that another prediction misses', async () => {
    expect(failed(await imported('unet', 'vp', { predicts: 'denoised' }))).toContain(LOW)
    expect(failed(await imported('unet', 'vp', { predicts: 'score' }))).toContain(HIGH)
    expect(failed(await imported('mlp', 've:label=c-noise', { predicts: 'denoised' }))).toContain(LOW)
  })
})

it('is interrupted while it draws', async () => {
  const request = { predicts: 'noise', schedule: scheduleSpec('vp') } as const
  const signal = AbortSignal.abort()
  await expect(importPrior(exported('unet'), request, { seed: 0, signal })).rejects.toThrow(/interrupted/)
})

it('a prior that was imported comes back from its file', async () => {
  const { prior } = await imported('mlp', 'edm', { predicts: 'raw', range: [-1, 1] })
  const path = join(scratch(), 'prior.safetensors')
  await writePrior(path, prior)
  const again = loadPrior(path)
  expect([again.event, again.range, again.sigmaMin, again.imported]).toEqual([
    prior.event,
    prior.range,
    prior.sigmaMin,
    prior.imported,
  ])
  const run = jit((x: Tensor, sigma: Tensor) => [prior.denoiser(x, sigma), again.denoiser(x, sigma)])
  const [a, b] = await run(waveOf([3, 4], 1), full([3], 0.5))
  expect(toNumbers(a)).toEqual(toNumbers(b))
})

/** Two priors that are to be the same, under MMPS on masked images. */
const expectSameDraws = async (
  one: ReturnType<typeof learnedPrior>,
  other: ReturnType<typeof learnedPrior>,
) => {
  const shape = [2, 1, 8, 8]
  const mask = bernoulli(stream(0, 'mask'), 0.5, shape)
  const y = uniform(stream(0, 'y'), shape).data.map((v, i) => v * mask.data[i])
  const set = { y: new NdArray('float32', shape, y), operator: maskedBy(mask, [1, 8, 8]), noise: 0.05 }
  const observed = { ...set, range: [0, 1] as const }
  const options = { method: mmps({ iterations: 2 }), steps: 6, draws: 1, seed: 3 }
  const [a, b] = [
    await posteriorDraws(one, observed, options),
    await posteriorDraws(other, observed, options),
  ]
  expect(distance(toNumbers(a), toNumbers(b))).toBeLessThan(1e-4)
}

const parts = {
  gaussian: standardGaussian(64),
  sigmaMin: 0.02,
  sigmaMax: 20,
  event: [1, 8, 8],
  range: [0, 1] as const,
  laps: 0,
}
/** Our own preconditioning, in the words of an import. */
const own = {
  predicts: 'raw',
  schedule: 'edm',
  settings: { sigmaData: 1, label: 'log' },
  scale: 1,
  shift: 0,
} as const

describe('MMPS through an imported network', () => {
  const config = { kind: 'unet', io: 1, channels: [8, 16], blocks: [1, 1], heads: [0, 2], emb: 16 } as const
  const net = unet(config)
  const params = formulaWeights(net.init(0), 'float32')
  const ours = learnedPrior({ ...parts, net: config, params })

  it('is MMPS through our copy of it: our network, written in PyTorch and exported', async () => {
    const read = importedNetwork(exported('diem-unet'))
    await expectSameDraws(ours, learnedPrior({ ...parts, net: read.net, params: read.params, imported: own }))
  })

  it('is MMPS through it, of what this package itself writes as ONNX', async () => {
    const bytes = onnxOf(({ x, t }: { x: Tensor; t: Tensor }) => ({ y: net.apply(frozen(params), x, t) }), {
      x: zeros([2, 1, 8, 8]),
      t: zeros([2]),
    })
    const graph = Buffer.from(bytes).toString('base64')
    const read = { kind: 'onnx', graph, image: 'x', time: 't', output: 'y' } as const
    await expectSameDraws(ours, learnedPrior({ ...parts, net: read, params: {}, imported: own }))
    expect(() => importedNetwork(bytes)).toThrow('the file is of a batch of 2 alone')
  })

  it('has the denoiser of our own preconditioning', async () => {
    const read = importedNetwork(exported('diem-unet'))
    const other = learnedPrior({ ...parts, net: read.net, params: read.params, imported: own })
    const run = jit((x: Tensor, s: Tensor) => [
      preconditioned(net, frozen(params))(x, s),
      other.denoiser(x, s),
    ])
    const [a, b] = await run(waveOf([2, 1, 8, 8], 2), full([2], 1.5))
    expect(distance(toNumbers(a), toNumbers(b))).toBeLessThan(1e-5)
  })
})

/** A prior of AmbientDiffusion as a file: its denoiser looks through one mask, which the file says. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { standardGaussian } from '../../src/diffusion/index.ts'
import { network } from '../../src/nn/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import {
  keepCheckpoint,
  type LearnedPrior,
  learnedPrior,
  loadPrior,
  openRun,
  savePrior,
} from '../../src/run/index.ts'
import { full, jit, NdArray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { scratch } from './scratch.ts'

const net = { kind: 'unet', io: 4, channels: [4, 4], blocks: [1, 1], emb: 8 } as const
const ambient = { delta: 0.2, keep: 0.4, seed: 5, shape: [1, 8, 8] }
const prior = learnedPrior({
  net,
  params: network(net).init(3),
  gaussian: standardGaussian(128),
  sigmaMin: 0.02,
  sigmaMax: 20,
  event: [2, 8, 8],
  range: [0, 1],
  laps: 0,
  ambient,
})

const newRun = () => {
  const run = openRun(join(scratch(), 'run'), { config: {} })
  onTestFinished(() => run.close())
  return run
}

describe('a prior of AmbientDiffusion', () => {
  it('comes back from its file; its denoiser depends on what its mask shows, and on the seed', async () => {
    const loaded = loadPrior(await savePrior(newRun(), 'prior', prior))
    expect(loaded.ambient).toEqual(ambient)
    const denoise = (p: LearnedPrior) => jit((x: Tensor, s: Tensor) => p.denoiser(x, s))
    const xt = normal(stream(0, 'xt'), [3, 2, 8, 8])
    const sigma = full([3], 0.5)
    const out = toNumbers(await denoise(prior)(xt, sigma))
    expect(toNumbers(await denoise(loaded)(xt, sigma))).toEqual(out)
    const { data: mask } = bernoulli(stream(5, 'ambient mask'), 0.4, [1, 1, 8, 8])
    const moved = (shown: number) => {
      const data = xt.data.map((v, i) => (mask[i % 64] === shown ? v + 1 : v))
      return new NdArray('float32', xt.shape, data)
    }
    expect(toNumbers(await denoise(loaded)(moved(0), sigma))).toEqual(out)
    expect(toNumbers(await denoise(loaded)(moved(1), sigma))).not.toEqual(out)
    const other = learnedPrior({ ...loaded, ambient: { ...ambient, seed: 6 } })
    expect(toNumbers(await denoise(other)(xt, sigma))).not.toEqual(out)
  })

  it.each([
    ['a mask of another shape', { shape: [3, 8, 8] }, /the mask has shape \[3,8,8\], the event \[2,8,8\]$/],
    ['a share above 1', { keep: 1.5 }, /holds no prior \(ambient\.keep: /],
  ])('is refused with %s', (_, change, expected) => {
    const { params, gaussian } = prior
    const path = keepCheckpoint(newRun(), 'bad', {
      arrays: { params, gaussian: { mean: gaussian.mean } },
      state: {
        kind: 'prior',
        ...{ net: { ...net, channels: [4, 4], blocks: [1, 1] }, event: [2, 8, 8], range: [0, 1], laps: 0 },
        ...{ sigmaMin: 0.02, sigmaMax: 20 },
        gaussian: { kind: 'isotropic', variance: 1 },
        ambient: { ...ambient, ...change },
      },
    })
    expect(() => loadPrior(path)).toThrow(expected)
  })
})

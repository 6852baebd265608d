/** From measurements and a prior to a one-step sampler and its draws, through the command line. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readArrays } from '../../src/formats/index.ts'
import { toNumbers } from '../../src/tensor/index.ts'
import { tweedie } from './built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-distill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const json = (...args: string[]) => {
  const { status, stdout, stderr } = tweedie([...args, '--json'], { cwd: folder })
  expect([status, stderr.split('\n').filter((line) => line.startsWith('tweedie:'))]).toEqual([0, []])
  return JSON.parse(stdout)
}

describe('a distilled sampler', () => {
  it('comes from measurements and a prior, and draws with log-densities', () => {
    writeFileSync(
      join(folder, 'prior.yaml'),
      'data: { clean: mnist, count: 16 }\nnet: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8, ' +
        'unshuffle: 2 }\ntrain: { steps: 2, batch: 8 }\nmonitor: { samples: 0 }\n',
    )
    writeFileSync(
      join(folder, 'distill.yaml'),
      'prior: prior\ndata: { clean: mnist, count: 16, observe: { operator: { kind: mask, keep: 0.25 }, ' +
        'noise: 0.1 } }\nflow: { kind: realNvp, steps: 1, hidden: 8 }\ntrain: { steps: 3, batch: 8 }\n',
    )
    json('train', 'prior.yaml', '-o', 'prior')
    const { sampler, onnx } = json('distill', 'distill.yaml', '-o', 'fast')
    expect([sampler, onnx].map((file) => existsSync(join(folder, file)))).toEqual([true, true])
    json('observe', 'mnist', '--split', 'test', '--count', '3', '--noise', '0.1', '-o', 'set.npz')
    expect(json('restore', 'fast', 'set.npz', '-n', '4', '-o', 'x.npz').shape).toEqual([4, 3, 1, 28, 28])
    const { draws, mean, logq } = readArrays(join(folder, 'x.npz'))
    expect([draws.shape, mean.shape, logq.shape]).toEqual([
      [4, 3, 1, 28, 28],
      [3, 1, 28, 28],
      [4, 3],
    ])
    for (const array of [draws, logq]) expect(toNumbers(array).every(Number.isFinite)).toBe(true)
  }, 60_000)

  it('is a flow of networks that learns from simulations, if one likes', () => {
    writeFileSync(
      join(folder, 'networks.yaml'),
      `prior: prior
data: { observations: set.npz }
objective: { prior: samples, samples: 12, samplerSteps: 2 }
flow:
  kind: network
  features: 4
  steps: 2
  encoder: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 4 }
  coupling: { kind: unet, channels: [4], blocks: [1], emb: 4, unshuffle: 2 }
train: { steps: 3, batch: 4 }
export: { draws: 2 }
`,
    )
    json('distill', 'networks.yaml', '-o', 'simulated')
    expect(readArrays(join(folder, 'simulated/draws/prior/0000.safetensors')).x.shape).toEqual([
      12, 1, 28, 28,
    ])
    const restored = json('restore', 'simulated', 'set.npz', '-n', '2', '-o', 'again.npz')
    expect(restored.shape).toEqual([2, 3, 1, 28, 28])
    expect(toNumbers(readArrays(join(folder, 'again.npz')).logq).every(Number.isFinite)).toBe(true)
    const photons = ['objective.prior=samples', 'data.observe.photons=50']
    const shot = tweedie(['distill', 'distill.yaml', ...photons, '-o', 'shot'], { cwd: folder })
    expect([shot.status, shot.stderr]).toEqual([
      2,
      expect.stringMatching(/'samples' does not go with shot noise/),
    ])
    writeFileSync(
      join(folder, 'odd.yaml'),
      `prior: prior
data: { observations: set.npz }
flow:
  kind: network
  features: 1
  encoder: { kind: unet, channels: [4], blocks: [1] }
  coupling: { kind: unet, channels: [4], blocks: [1] }
`,
    )
    const odd = tweedie(['distill', 'odd.yaml', '-o', 'odd'], { cwd: folder })
    expect([odd.status, odd.stderr]).toEqual([
      2,
      expect.stringMatching(/of at least 3, the channels of y and of the mean of its base/),
    ])
  }, 60_000)
})

/** Priors in Python: E[x | xt] and its vector–Jacobian product are ours, for each network that it has. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Gaussian, standardGaussian } from '../../src/diffusion/index.ts'
import { readArrays, readSafetensors, writeArrays } from '../../src/formats/index.ts'
import { lowRank } from '../../src/linalg/index.ts'
import { type NetworkConfig, network } from '../../src/nn/index.ts'
import { domainOf, toPrior } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { learnedPrior, type PriorParts, writePrior } from '../../src/run/index.ts'
import {
  full,
  jit,
  mapArrays,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { networkCases } from '../contract/lists/networks.ts'
import { commandOf, evaluateAll, said, torch } from './python.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-python-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Fresh weights moved by normals, so that no layer is silent as some are in the beginning. */
const moved = (net: NetworkConfig): PriorParts['params'] =>
  mapArrays((array, path) => {
    const by = normal(stream(1, path), array.shape).data
    return ndarray(
      toNumbers(array).map((v, i) => v + 0.1 * by[i]),
      array.shape,
    )
  }, network(net).init(0))

const priorOf = (net: NetworkConfig, event: Shape, more: Partial<PriorParts> = {}): PriorParts => ({
  ...{ net, params: moved(net), gaussian: standardGaussian(sizeOf(event)), event, laps: 1 },
  ...{ sigmaMin: 0.02, sigmaMax: 20, range: [0, 255], ...more },
})

const factor = (n: number): NdArray => normal(stream(2, 'factor'), [n, 2])
const ppca = (n: number): Gaussian => ({
  mean: normal(stream(2, 'mean'), [n]),
  covariance: lowRank(0.3, factor(n)),
})
const factors = (n: number): Gaussian => ({
  ...ppca(n),
  covariance: lowRank(ndarray(Array.from({ length: n }, (_, i) => 0.2 + 0.1 * i)), factor(n)),
})
const mlp = { kind: 'mlp', features: 6, hidden: [16], emb: 8 } as const
const levels = { channels: [8, 12], blocks: [1, 2], heads: [0, 3], emb: 8 }
const grey = { kind: 'unet', io: 1, ...levels } as const
const inside = ndarray([1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1], [5, 4])
const range = [0, 255] as const

const kinds = ['mlp', 'unet', 'unet1d', 'ncsnpp']
const cases: readonly (readonly [string, PriorParts])[] = [
  ...networkCases
    .filter(({ config }) => kinds.includes(config.kind))
    .map(({ config, event }, i) => [`${config.kind} ${i} over [${event}]`, priorOf(config, event)] as const),
  ['attention, and pixels as channels', priorOf({ ...grey, unshuffle: 2 }, [1, 7, 9])],
  ['a signal with attention', priorOf({ kind: 'unet1d', io: 2, ...levels }, [2, 11])],
  ['a Gaussian as the start', priorOf(mlp, [6], { start: true, gaussian: factors(6) })],
  ['a Gaussian of one variance as skip', priorOf(mlp, [6], { skip: 'gaussian', gaussian: ppca(6) })],
  ['a Gaussian as skip', priorOf(mlp, [6], { skip: 'gaussian', gaussian: factors(6) })],
  ['a domain', priorOf(grey, [1, 5, 4], { domain: domainOf(inside, range, toPrior(range)) })],
  [
    'AmbientDiffusion',
    priorOf({ ...grey, io: 4 }, [2, 6, 5], {
      ambient: { delta: 0.1, keep: 0.6, seed: 5, shape: [1, 6, 5] },
    }),
  ],
  ['an event of more entries than are kept', priorOf({ ...grey, heads: [0, 0] }, [1, 25, 27])],
]

const inputsOf = ({ event }: PriorParts) => {
  const shape = [3, ...event]
  return {
    xt: normal(stream(3, 'xt'), shape),
    sigma: ndarray([0.05, 0.7, 8]),
    v: normal(stream(3, 'v'), shape),
  }
}

const fileOf = (i: number): string => join(folder, `${String(i).padStart(2, '0')}.safetensors`)

/** The largest difference over the largest entry. */
const relative = (got: NdArray, want: NdArray): number => {
  const [a, b] = [toNumbers(got), toNumbers(want)]
  expect(got.shape).toEqual(want.shape)
  const gap = a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0)
  return gap / b.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
}

const ours = async (prior: PriorParts) => {
  const { xt, sigma, v } = inputsOf(prior)
  const { denoiser } = learnedPrior(prior)
  const program = jit((x: Tensor, s: Tensor, w: Tensor) => {
    const xhat = denoiser(x, s)
    return { xhat, gradient: vjp(xhat, x, w) }
  })
  const found = await program(xt, sigma, v)
  await program.release()
  return found
}

beforeAll(async () => {
  for (const [i, [, prior]] of cases.entries()) {
    await writePrior(fileOf(i), prior)
    writeArrays(fileOf(i).replace('.safetensors', '.npz'), inputsOf(prior))
  }
  evaluateAll(folder)
}, 60_000)

describe.skipIf(!torch)(`a prior in Python${said}`, () => {
  it.each(cases.map(([name, prior], i) => ({ name, prior, i })))('$name', async ({ prior, i }) => {
    const theirs = readArrays(fileOf(i).replace('.safetensors', '.out.npz'))
    const { xhat, gradient } = await ours(prior)
    expect(relative(theirs.xhat, xhat)).toBeLessThan(1e-5)
    expect(relative(theirs.gradient, gradient)).toBeLessThan(1e-4)
  })

  it('agrees with the rows that files hold, and tells where it does not', async () => {
    const other = join(folder, 'other.safetensors')
    const [, prior] = cases[0]
    await writePrior(other, prior)
    const { arrays, metadata } = readSafetensors(other)
    const changed = { ...arrays, 'parity.xhat': full(arrays['parity.xhat'].shape, 0.1) }
    writeArrays(other, changed, metadata)
    const files = cases.map((_, i) => fileOf(i))
    const found = commandOf(torch ?? '', 'check', [...files, other])
    for (const file of files) expect(found[file]).toEqual([0, expect.stringMatching(/agrees, at most/), ''])
    expect(found[other]).toEqual([1, expect.stringMatching(/DIFFERS, at most/), ''])
  })
})

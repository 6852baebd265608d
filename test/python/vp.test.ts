/** Networks that predict the noise, as headers of priors say it, in Python beside `vpDenoiser`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { continuousVp, discreteVp, standardGaussian, vpDenoiser } from '../../src/diffusion/index.ts'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { network } from '../../src/nn/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { writePrior } from '../../src/run/index.ts'
import { frozen, jit, ndarray, type Tensor, toNumbers, vjp } from '../../src/tensor/index.ts'
import { commandOf, evaluateAll, said, torch } from './python.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-python-'))
afterAll(() => rmSync(folder, { recursive: true }))

const event = [1, 6, 8]
const shape = [3, ...event]
const net = { kind: 'unet', io: 1, channels: [8, 8], blocks: [1, 1], emb: 8 } as const
const params = network(net).init(0)
const inputs = {
  xt: normal(stream(3, 'xt'), shape),
  sigma: ndarray([0.03, 0.7, 40]),
  v: normal(stream(3, 'v'), shape),
}

const usual = { betas: 'continuous', steps: 1000, betaMin: 0, betaMax: 0, scale: 999, data: 'prior', clip: 0 }
const cases = [
  ['continuous times', usual, {}],
  [
    'other rates, in [0, 1]',
    { ...usual, betaMin: 0.2, betaMax: 15, scale: 10, data: 'unit' },
    { schedule: continuousVp({ betaMin: 0.2, betaMax: 15, scale: 10 }), scale: 0.25, shift: 0.5 },
  ],
  [
    'the steps of DDPM, x̂ kept in the range of the data',
    { ...usual, betas: 'linear', data: 'signed', clip: 0.4 },
    { schedule: discreteVp(), scale: 0.5, clip: [-0.4, 0.4] },
  ],
  [
    'steps that are linear in √β',
    { ...usual, betas: 'scaled', steps: 50 },
    { schedule: discreteVp({ law: 'scaled', steps: 50, betaMin: 0.00085, betaMax: 0.012 }) },
  ],
  ['a cosine', { ...usual, betas: 'cosine' }, { schedule: discreteVp({ law: 'cosine' }) }],
] as const

const fileOf = (i: number): string => join(folder, `${i}.safetensors`)

beforeAll(async () => {
  for (const [i, [, settings]] of cases.entries()) {
    const parameterization = { name: 'vp', settings }
    const levels = { sigmaMin: 0.05, sigmaMax: 10, range: [-1, 1] as const, laps: 0, parameterization }
    await writePrior(fileOf(i), { net, params, gaussian: standardGaussian(48), event, ...levels })
    writeArrays(join(folder, `${i}.npz`), inputs)
  }
  evaluateAll(folder)
}, 60_000)

const ours = async (options: (typeof cases)[number][2]) => {
  const { apply } = network(net)
  const denoiser = vpDenoiser((u, label) => apply(frozen(params), u, label), options)
  const program = jit((x: Tensor, s: Tensor, w: Tensor) => {
    const xhat = denoiser(x, s)
    return { xhat, gradient: vjp(xhat, x, w) }
  })
  const found = await program(inputs.xt, inputs.sigma, inputs.v)
  await program.release()
  return found
}

/** The largest difference over the largest entry. */
const relative = (got: readonly number[], want: readonly number[]): number =>
  Math.max(...want.map((v, i) => Math.abs(v - got[i]))) / Math.max(...want.map(Math.abs))

describe.skipIf(!torch)(`noise prediction in Python${said}`, () => {
  it.each(cases.map(([name, , options], i) => ({ name, options, i })))('$name', async ({ options, i }) => {
    const theirs = readArrays(join(folder, `${i}.out.npz`))
    const { xhat, gradient } = await ours(options)
    expect(relative(toNumbers(theirs.xhat), toNumbers(xhat))).toBeLessThan(1e-5)
    expect(relative(toNumbers(theirs.gradient), toNumbers(gradient))).toBeLessThan(1e-4)
  })

  it('agrees with the rows that files hold', () => {
    const files = cases.map((_, i) => fileOf(i))
    const found = commandOf(torch ?? '', 'check', files)
    for (const file of files) expect(found[file]).toEqual([0, expect.stringMatching(/agrees, at most/), ''])
  })
})

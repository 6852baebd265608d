/** Samplers of priors with a domain: what is not there has no part in draws, densities or losses. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { conditionLayout, defaultFlow, oneStep, restore, withBase } from '../../src/amortize/index.ts'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import type { FlowConfig } from '../../src/flows/index.ts'
import { constantRate } from '../../src/nn/index.ts'
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { type DistillRequest, distill, loadSampler, openRun, train } from '../../src/run/index.ts'
import { jit, NdArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { waveOf } from '../numbers.ts'
import { scratch } from './scratch.ts'

const COUNT = 8
const EVENT = [1, 4, 6]
const N = 24
const valid = ndarray(
  Array.from({ length: N }, (_, i) => (i % 6 < 4 ? 1 : 0)), // the last two columns are padding
  [4, 6],
)
const OUTSIDE = Array.from({ length: N }, (_, i) => i).filter((i) => i % 6 >= 4)
const x = waveOf([COUNT, ...EVENT], 1)
const mask = new NdArray(
  'float32',
  x.shape,
  bernoulli(stream(0, 'mask'), 0.5, x.shape).data.map((m, i) => m * valid.data[i % N]),
)
const set: ObservationSet = {
  y: new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => v * mask.data[i]),
  ),
  operator: maskedBy(mask, EVENT),
  noise: 0.1,
  range: [-1, 1],
  valid,
}

const newRun = () => {
  const run = openRun(join(scratch(), 'run'), { config: {} })
  onTestFinished(() => run.close())
  return run
}

const priorOf = () =>
  train(newRun(), {
    net: { kind: 'unet', io: 1, channels: [4, 4], blocks: [1, 1], emb: 8 },
    x,
    range: [-1, 1],
    valid,
    options: {
      schedule: exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 }),
      batch: 4,
      rate: constantRate(1e-3),
    },
    steps: 3,
    sigmaMin: 0.02,
    sigmaMax: 10,
    seed: 0,
  })

const vector = { size: N, condition: 2 * N } as const
const objectives: Readonly<Record<string, DistillRequest['objective']>> = {
  bound: {},
  'the full bound': { bound: 'full' },
  exact: { exact: { trace: { kind: 'hutchinson', probes: 1 }, integrate: { rtol: 1e-2, atol: 1e-3 } } },
  samples: { samples: { count: 16, steps: 4 } },
}

const requestOf = async (
  flow: FlowConfig | undefined,
  objective: DistillRequest['objective'] = {},
): Promise<DistillRequest> => {
  const prior = await priorOf()
  const condition = conditionLayout(set, true)
  return {
    prior,
    priorDigest: 'digest',
    set,
    flow: flow ?? withBase(defaultFlow(prior, condition), prior.gaussian, set, condition),
    condition,
    options: { batch: 4, rate: constantRate(1e-3) },
    objective,
    steps: 2,
    exportDraws: 1,
    seed: 0,
  }
}

/** x and log q of draws by z, and by z that is another outside. */
const twice = async (run: string) => {
  const sampler = loadSampler(run)
  const program = jit((y: Tensor, m: Tensor, z: Tensor) => oneStep(sampler)({ y, beside: { mask: m } }, z))
  const z = normal(stream(1, 'z'), [COUNT, ...EVENT])
  const other = new NdArray(
    'float32',
    z.shape,
    z.data.map((v, i) => (valid.data[i % N] === 0 ? v + 1 : v)),
  )
  const [a, b] = [await program(set.y, mask, z), await program(set.y, mask, other)]
  await program.release()
  return { sampler, a, b }
}

const inside = (x: NdArray): number[] => toNumbers(x).filter((_, i) => valid.data[i % N] === 1)

describe('a sampler of a prior with a domain', () => {
  it.each(Object.entries(objectives))(
    'by %s: log q is of what is there, its draws too',
    async (_, objective) => {
      for (const flow of [undefined, { kind: 'realNvp', ...vector, steps: 1, hidden: 4 } as const]) {
        const run = newRun()
        await distill(run, await requestOf(flow, objective))
        const { sampler, a, b } = await twice(run.paths.path)
        expect(sampler.outside).toEqual(OUTSIDE)
        expect(sampler.flow).toMatchObject({ outside: OUTSIDE })
        expect(inside(a.x)).toEqual(inside(b.x))
        for (const [i, v] of toNumbers(a.logq ?? a.x).entries())
          expect(v).toBeCloseTo(toNumbers(b.logq ?? b.x)[i], 3) // the rest is taken off, up to rounding
        const { draws, logq } = await restore(sampler, set, { draws: 2, seed: 0 })
        expect(logq?.shape).toEqual([2, COUNT])
        expect(toNumbers(draws ?? x).filter((v, i) => valid.data[i % N] === 0 && v !== 0)).toEqual([])
      }
    },
    120_000,
  )

  it('by a flow that can keep nothing apart: log q is still of what is there', async () => {
    const run = newRun()
    await distill(
      run,
      await requestOf({ kind: 'image', event: EVENT, condition: [2, 4, 6], cells: [2], steps: 1, hidden: 4 }),
    )
    const { sampler } = await twice(run.paths.path)
    expect(sampler.outside).toEqual(OUTSIDE)
    expect(sampler.flow).not.toHaveProperty('outside')
  }, 60_000)

  it('does not go on with a run that has learned to draw what is not there', async () => {
    const run = newRun()
    const request = await requestOf({ kind: 'realNvp', ...vector, steps: 1, hidden: 4 })
    const { domain: _, ...whole } = request.prior
    await distill(run, { ...request, prior: whole, steps: 1 })
    await expect(distill(run, request)).rejects.toThrow(
      /step-1\.safetensors: this run of an earlier version learns to draw what is outside its domain too/,
    )
  }, 60_000)
})

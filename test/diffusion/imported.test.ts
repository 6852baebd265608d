/**
 * Foreign networks as denoisers: of Gaussian data every prediction is known in closed form, in every
 * schedule, and all of them must be the Gaussian's own denoiser.
 */
import { describe, expect, it } from 'vitest'
import {
  type ImportedSpec,
  importedDenoiser,
  importedSchedule,
  importedSchedules,
  scheduleSpec,
} from '../../src/diffusion/index.ts'
import { constant, jit, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../numbers.ts'

const [mean, variance] = [0.3, 0.7]
const sigmas = [0.02, 0.5, 4, 60]
const n = 3
const xt = wave(sigmas.length * n).map((v, i) => v * (1 + sigmas[Math.floor(i / n)]))

/** What networks of the field say of u, where v = u/α = x + σ z and D = E[x | v], in plain numbers. */
interface At {
  readonly v: number
  readonly D: number
  readonly sigma: number
}
const says: Readonly<Record<string, (at: At) => number>> = {
  denoised: ({ D }) => D,
  noise: ({ v, D, sigma }) => (v - D) / sigma,
  'score ve': ({ v, D, sigma }) => (D - v) / sigma ** 2,
  'score vp': ({ v, D, sigma }) => {
    const alpha = 1 / Math.sqrt(1 + sigma ** 2)
    return -(alpha * v - alpha * D) / (1 - alpha ** 2) // −(u − α D)/(1 − α²)
  },
  'score flow': ({ v, D, sigma }) => {
    const t = sigma / (1 + sigma)
    return -((1 - t) * v - (1 - t) * D) / t ** 2
  },
  'velocity vp': ({ v, D, sigma }) => {
    const alpha = 1 / Math.sqrt(1 + sigma ** 2)
    return (alpha * (v - D)) / sigma - Math.sqrt(1 - alpha ** 2) * D
  },
  'velocity flow': ({ v, D, sigma }) => (v - D) / sigma - D,
  'velocity reversed': ({ v, D, sigma }) => D - (v - D) / sigma,
  raw: ({ v, D, sigma }) => {
    const d = 0.6
    const skip = d ** 2 / (sigma ** 2 + d ** 2)
    return ((D - skip * v) * Math.sqrt(sigma ** 2 + d ** 2)) / (sigma * d)
  },
}

const combinations = [
  ...['ve', 'vp', 'vp:betas=continuous', 'flow'].flatMap((schedule) =>
    (['denoised', 'noise', 'score'] as const).map((predicts) => {
      const [name] = schedule.split(':')
      return { schedule, predicts, says: says[predicts === 'score' ? `score ${name}` : predicts] }
    }),
  ),
  { schedule: 'vp:betas=cosine', predicts: 'velocity' as const, says: says['velocity vp'] },
  { schedule: 'flow:scale=1000', predicts: 'velocity' as const, says: says['velocity flow'] },
  { schedule: 'flow:data=1', predicts: 'velocity' as const, says: says['velocity reversed'] },
  { schedule: 'edm:sigmaData=0.6', predicts: 'raw' as const, says: says.raw },
]

describe.each(combinations)('$schedule that predicts $predicts', ({ schedule, predicts, says }) => {
  it('is E[x | xt], in units of its own', async () => {
    const [scale, shift] = [0.5, 0.25]
    const { name, settings } = scheduleSpec(schedule)
    const spec: ImportedSpec = { predicts, schedule: name, settings, scale, shift }
    const own = xt.map((v, i) => ({ v: scale * v + shift, sigma: scale * sigmas[Math.floor(i / n)] }))
    const D = own.map(({ v, sigma }) => (variance * v + sigma ** 2 * mean) / (variance + sigma ** 2))
    const f = own.map((at, i) => says({ ...at, D: D[i] }))
    const spoken = constant(f64(f, [sigmas.length, n]))
    const seen: Tensor[] = []
    const run = jit((x: Tensor, sigma: Tensor) => {
      const xhat = importedDenoiser((u) => {
        seen.push(u)
        return spoken
      }, spec)(x, sigma)
      return { xhat, u: seen[0] }
    })
    const { xhat, u } = await run(f64(xt, [sigmas.length, n]), f64(sigmas))
    expectClose(
      toNumbers(xhat),
      D.map((v) => (v - shift) / scale),
      1e-9,
    )
    const alphaOf: Readonly<Record<string, (sigma: number) => number>> = {
      ve: () => 1,
      vp: (sigma) => 1 / Math.sqrt(1 + sigma ** 2),
      flow: (sigma) => 1 / (1 + sigma),
      edm: (sigma) => 1 / Math.sqrt(sigma ** 2 + 0.36),
    }
    expectClose(
      toNumbers(u),
      own.map(({ v, sigma }) => v * alphaOf[name](sigma)),
      1e-12,
    )
  })
})

describe('labels', () => {
  const labels = async (text: string, levels: readonly number[]): Promise<number[]> => {
    const { name, settings } = scheduleSpec(text)
    return toNumbers(await jit((s: Tensor) => importedSchedule(name).make(settings).labelOf(s))(f64(levels)))
  }

  it.each([
    ['ve', [0.1, 3], [0.1, 3]],
    ['ve:label=log', [0.1, 3], [Math.log(0.1), Math.log(3)]],
    ['ve:label=c-noise', [0.1, 3], [Math.log(0.1) / 4, Math.log(3) / 4]],
    ['edm', [0.1, 3], [Math.log(0.1) / 4, Math.log(3) / 4]],
    ['flow', [0.25, 3], [0.2, 0.75]],
    ['flow:data=1', [0.25, 3], [0.8, 0.25]],
    ['flow:scale=1000', [0.25, 3], [200, 750]],
  ] as const)('%s', async (text, levels, wanted) => {
    expectClose(await labels(text, levels), wanted, 1e-12)
  })

  it.each([
    ['vp', (i: number) => 1e-4 + (0.0199 * i) / 999],
    ['vp:betas=scaled', (i: number) => (0.00085 ** 0.5 + ((0.012 ** 0.5 - 0.00085 ** 0.5) * i) / 999) ** 2],
    [
      'vp:betas=cosine',
      (i: number) => {
        const abar = (t: number) => Math.cos(((t / 1000 + 0.008) / 1.008) * (Math.PI / 2)) ** 2
        return Math.min(0.999, 1 - abar(i + 1) / abar(i))
      },
    ],
  ] as const)('%s has the index of its step', async (text, beta) => {
    let abar = 1
    const levels = Array.from({ length: 1000 }, (_, i) => {
      abar *= 1 - beta(i)
      return Math.sqrt((1 - abar) / abar)
    })
    const at = [0, 17, 500, 998]
    expectClose(
      await labels(
        text,
        at.map((i) => levels[i]),
      ),
      at,
      1e-8,
    )
  })

  it('of a schedule of few steps and other betas', async () => {
    const first = Math.sqrt(0.01 / 0.99)
    expectClose(await labels('vp:steps=10:betaMin=0.01:betaMax=0.2', [first]), [0], 1e-9)
  })
})

it('says what fits what', () => {
  const spec = (schedule: string, predicts: ImportedSpec['predicts']) => () =>
    importedDenoiser((u) => u, { predicts, schedule, settings: {}, scale: 1, shift: 0 })
  expect(spec('ve', 'velocity')).toThrow("schedule ve with 'velocity': the prediction 'velocity' goes with")
  expect(spec('edm', 'noise')).toThrow("of schedule edm is 'raw'")
  expect(spec('vp', 'raw')).toThrow("'raw' goes with schedule edm")
  expect(spec('vq', 'noise')).toThrow("unknown schedule 'vq', did you mean 've'? (known: ve, vp, edm, flow)")
  expect(() => scheduleSpec('vp:beta=3')).toThrow("unknown setting 'beta'; did you mean 'betas'?")
  expect(() => scheduleSpec('vp:betas=square')).toThrow("'betas' must be one of")
})

it('has levels for every schedule', () => {
  for (const { name, make } of importedSchedules) {
    const [low, high] = make().levels
    expect(low, name).toBeGreaterThan(0)
    expect(high / low, name).toBeGreaterThan(100)
  }
})

it('of float32 it stays float32', async () => {
  const spec = { predicts: 'noise', schedule: 'vp', settings: {}, scale: 1, shift: 0 } as const
  const run = jit((x: Tensor, s: Tensor) => importedDenoiser((u) => u, spec)(x, s))
  expect((await run(ndarray([1, 2], [1, 2]), ndarray([0.5]))).dtype).toBe('float32')
})

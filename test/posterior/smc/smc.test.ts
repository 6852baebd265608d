import { describe, expect, it } from 'vitest'
import {
  ddim,
  exponentialSchedule,
  gaussianDenoiser,
  type SamplerState,
  sigmaGrid,
  standardGaussian,
} from '../../../src/diffusion/index.ts'
import { identity, isotropicNoise, type Observation, projection } from '../../../src/operators/index.ts'
import { mmpsTwist, smc, smcMmps, tds } from '../../../src/posterior/index.ts'
import { effectiveSize, normalised, systematic, uniformOf } from '../../../src/posterior/smc/resample.ts'
import { constant, jit, ndarray, type Tensor, toNumbers, zeros } from '../../../src/tensor/index.ts'
import { mixtureCloud, mixtureProblems, noiseOf } from '../../exact/mixtures.ts'
import { exactPosterior, expressed, slicedDistance } from '../../exact/smc.ts'
import { expectClose, f64 } from '../../numbers.ts'

describe('resampling', () => {
  it('takes each particle its weight times, rounded down or up', () => {
    const weights = normalised([0.3, -1, 2, 0, 0.7].map((w) => w))
    for (const u of [0, 0.1, 0.37, 0.5, 0.999]) {
      const taken = systematic(weights, u, 40)
      expect(taken).toHaveLength(40)
      for (const [k, w] of weights.entries()) {
        const times = taken.filter((i) => i === k).length
        expect([Math.floor(40 * w), Math.ceil(40 * w)]).toContain(times)
      }
    }
  })

  it('takes them that often on average over the uniform', () => {
    const weights = [0.05, 0.62, 0.33]
    const counts = [0, 0, 0]
    const n = 3000
    for (let i = 0; i < n; i++) for (const k of systematic(weights, (i + 0.5) / n)) counts[k]++
    expectClose(
      counts.map((c) => c / (3 * n)),
      weights,
      1e-3,
    )
  })

  it('weights survive infinities and NaN', () => {
    expect(normalised([-Infinity, 0, Number.NaN])).toEqual([0, 1, 0])
    expect(normalised([Number.NaN, -Infinity])).toEqual([0.5, 0.5])
    expectClose(normalised([-1e5, -1e5 + Math.log(3)]), [0.25, 0.75], 1e-9)
    expect(effectiveSize([0.25, 0.25, 0.25, 0.25])).toBeCloseTo(4, 12)
    expect(effectiveSize([0, 1, 0])).toBe(1)
  })

  it('a normal becomes a uniform by its distribution function', () => {
    // Φ at known quantiles.
    expectClose([-1.959963985, 0, 0.6744897502, 2.575829304].map(uniformOf), [0.025, 0.5, 0.75, 0.995], 1e-6)
    expect(uniformOf(9)).toBeLessThan(1)
    expect(uniformOf(-9)).toBeGreaterThanOrEqual(0)
  })
})

/**
 * A prior N(0, 1/2) sampled in a few coarse steps: the law of the chain's x0 is Gaussian with a variance
 * known from the recursion, not 1/2, and so is its posterior. A particle sampler must give that one, whatever
 * its twist.
 */
describe('with many particles, the posterior of the prior as it is sampled', () => {
  const schedule = exponentialSchedule({ sigmaMin: 0.05, sigmaMax: 8 })
  const steps = 6
  const [std, y] = [0.5, 1.2]
  const grid = sigmaGrid(schedule, steps)
  const own = 0.5
  const prior = gaussianDenoiser({ mean: zeros([1]), covariance: { kind: 'isotropic', variance: own } })
  const observationOf = (o: { y: Tensor }): Observation => ({
    y: o.y,
    A: identity([1]),
    noise: isotropicNoise(std),
  })

  const chainVariance = (): number => {
    const gain = (s: number) => own / (own + s ** 2)
    let v = grid[0] ** 2
    for (let i = 0; i < steps; i++) {
      const keep = (grid[i + 1] / grid[i]) ** 2
      const slope = gain(grid[i]) * (1 - keep) + keep
      v = slope ** 2 * v + grid[i + 1] ** 2 * (1 - keep)
    }
    return v * gain(grid[steps]) ** 2
  }
  const v = chainVariance()
  const wanted = { mean: (v / (v + std ** 2)) * y, variance: (v * std ** 2) / (v + std ** 2) }

  const moments = async (of: 'tds' | 'smc-mmps', particles: number, runs: number) => {
    const method = of === 'tds' ? tds({ particles }) : smcMmps({ particles, density: 'dense' })
    const draw = method.compile(prior, observationOf, { schedule, steps })
    const shape = [runs, 1] as const
    const seen = ndarray(Array<number>(runs).fill(y), shape)
    const { x, weights } = await draw.particles({ y: seen }, { shape, noise: noiseOf(3, shape) })
    await draw.release()
    const values = x.map(toNumbers)
    const average = (fn: (value: number) => number): number =>
      values.reduce((s, row, k) => s + row.reduce((t, value, b) => t + weights[b][k] * fn(value), 0), 0) /
      runs
    const mean = average((value) => value)
    return { mean, variance: average((value) => (value - mean) ** 2) }
  }

  it('is not the posterior itself at so few steps', () => {
    expect(Math.abs(v / own - 1)).toBeGreaterThan(0.1)
  })

  it.each(['tds', 'smc-mmps'] as const)('%s', async (of) => {
    const got = await moments(of, 256, 128)
    expect(Math.abs(got.mean - wanted.mean)).toBeLessThan(0.02)
    expect(Math.abs(got.variance / wanted.variance - 1)).toBeLessThan(0.08)
    const few = await moments(of, 1, 2048)
    const gap = ({ mean, variance }: typeof few) =>
      Math.abs(mean - wanted.mean) + Math.abs(variance / wanted.variance - 1)
    expect(gap(few)).toBeGreaterThan(2 * gap(got))
  })
})

describe('twists', () => {
  it("the dense one is the log-density of MMPS's Gaussian, and solves with it", async () => {
    // Prior N(0, I): V = σ²/(1 + σ²) I, so C = s² I + v A Aᵀ is known.
    const A = [1, 0.5, -0.3, 0.2, 0.8, 0.4]
    const [sigma, std] = [0.7, 0.3]
    const program = jit((x: Tensor, s: Tensor, y: Tensor) => {
      const seen = { y, A: projection(constant(f64(A, [1, 2, 3]))), noise: isotropicNoise(std) }
      return mmpsTwist({ density: 'dense' })(gaussianDenoiser(standardGaussian(3, f64([0, 0, 0]))), seen)(
        x,
        s,
      )
    })
    const xs = [0.3, -0.2, 0.5]
    const evaluate = async (y: number[]) =>
      Number((await program(f64(xs, [1, 3]), f64([sigma]), f64(y, [1, 2]))).logTwist.data[0])
    const v = sigma ** 2 / (1 + sigma ** 2)
    const row = (i: number) => A.slice(3 * i, 3 * i + 3)
    const dot = (a: number[], b: number[]) => a.reduce((t, value, i) => t + value * b[i], 0)
    const [a, b, d] = [
      std ** 2 + v * dot(row(0), row(0)),
      v * dot(row(0), row(1)),
      std ** 2 + v * dot(row(1), row(1)),
    ]
    const det = a * d - b * b
    const energy = (y: number[]) => {
      const [p, q] = [0, 1].map((i) => y[i] - dot(row(i), xs) / (1 + sigma ** 2))
      return -0.5 * ((d * p * p - 2 * b * p * q + a * q * q) / det + Math.log(det))
    }
    for (const y of [
      [0.4, -1],
      [2, 0.1],
    ])
      expect(await evaluate(y)).toBeCloseTo(energy(y), 9)
  })
})

describe('a particle sampler', () => {
  const problem = mixtureProblems()[0]
  const { prior, observationOf, y } = expressed(problem)

  it('draws one of its particles, the same again from the same noise', async () => {
    const shape = [8, 2] as const
    const draw = smcMmps({ particles: 4, density: 'dense' }).compile(prior, observationOf, { steps: 8 })
    const request = { shape, noise: noiseOf(5, shape) }
    const [one, again] = [await draw({ y: y(8) }, request), await draw({ y: y(8) }, request)]
    const { x } = await draw.particles({ y: y(8) }, request)
    await draw.release()
    expect(toNumbers(again)).toEqual(toNumbers(one))
    const all = x.map(toNumbers)
    for (let b = 0; b < 8; b++) {
      const own = toNumbers(one).slice(2 * b, 2 * b + 2)
      expect(all.some((particle) => particle[2 * b] === own[0] && particle[2 * b + 1] === own[1])).toBe(true)
    }
  })

  it('treats every observation alone', async () => {
    const shape = [2, 2] as const
    const draw = smcMmps({ particles: 4, density: 'dense' }).compile(prior, observationOf, { steps: 8 })
    const noise = noiseOf(6, shape)
    const rowsOf = (b: number) => (step: number, index: number) =>
      ndarray(toNumbers(noise(step, index)).slice(2 * b, 2 * b + 2), [1, 2])
    const both = toNumbers(await draw({ y: ndarray([0.1, 0.9], [2, 1]) }, { shape, noise }))
    for (const b of [0, 1]) {
      const seen = { y: ndarray([[0.1, 0.9][b]], [1, 1]) }
      const alone = await draw(seen, { shape: [1, 2], noise: rowsOf(b) })
      expectClose(toNumbers(alone), both.slice(2 * b, 2 * b + 2), 1e-5)
    }
    await draw.release()
  })

  it('comes closer to a posterior of two modes than MMPS', async () => {
    const { weights, means } = exactPosterior(problem)
    const major = weights.indexOf(Math.max(...weights))
    expect(Math.max(...weights)).toBeLessThan(0.8)
    const share = async (particles: number, runs: number) => {
      const cloud = await mixtureCloud(problem, particles, { runs, steps: 32 })
      const near = cloud.x.to2DArray().map((p) => {
        const distances = means.to2DArray().map((mu) => Math.hypot(p[0] - mu[0], p[1] - mu[1]))
        return distances.indexOf(Math.min(...distances)) === major ? 1 : 0
      })
      return near.reduce<number>((t, hit, i) => t + hit * (cloud.weights?.[i] ?? 1 / near.length), 0)
    }
    const gap = async (particles: number, runs: number) =>
      Math.abs((await share(particles, runs)) - weights[major])
    expect(await gap(1, 1024)).toBeGreaterThan(0.15)
    expect(await gap(16, 512)).toBeLessThan(0.08)
  })

  it('says what it does not take', () => {
    expect(() => tds().compile(prior, observationOf, { step: ddim() })).toThrow(
      "tds takes ancestral steps only (ddpm), got 'ddim'",
    )
    expect(() => smc(mmpsTwist(), { particles: 0 })).toThrow(
      "smc: 'particles' must be an integer of at least 1, got 0",
    )
    expect(() => smcMmps({ threshold: 2 })).toThrow(
      "smc-mmps: 'threshold' must be a number of at least 0, at most 1, got 2",
    )
  })

  it('stops when it is told to', async () => {
    const shape = [2, 2] as const
    const stop = new AbortController()
    const draw = tds({ particles: 2 }).compile(prior, observationOf, { steps: 8 })
    const onStep = ({ step }: SamplerState) => {
      if (step === 2) stop.abort()
    }
    const run = draw({ y: y(2) }, { shape, noise: noiseOf(1, shape), signal: stop.signal, onStep })
    await expect(run).rejects.toThrow('sampling was interrupted')
    await draw.release()
  })
})

it('the sliced distance of a shifted cloud is the mean length of the shift', () => {
  const problem = mixtureProblems()[0]
  const x = exactPosterior(problem).means
  const moved = x.clone().add(1)
  // |⟨(1, 1), θ⟩| averages 2√2/π over the circle; 16 fixed directions come near.
  expect(slicedDistance({ x: moved }, { x })).toBeCloseTo((2 * Math.SQRT2) / Math.PI, 0)
})

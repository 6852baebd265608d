import { describe, expect, it } from 'vitest'
import {
  adams,
  type Denoiser,
  ddim,
  ddpm,
  dpmSolver,
  exponentialSchedule,
  gaussianDenoiser,
  heun,
  karrasGrid,
  predictorCorrector,
  type SamplerOptions,
  type SamplerState,
  type Step,
  sampler,
  sigmaGrid,
  standardGaussian,
} from '../../src/diffusion/index.ts'
import { identity, isotropicNoise } from '../../src/operators/index.ts'
import { compileMethod, mmps, redDiff } from '../../src/posterior/index.ts'
import { normalBatch, stream } from '../../src/random/index.ts'
import { add, div, mul, ndarray, sub, type Tensor, toNumbers, zeros } from '../../src/tensor/index.ts'
import { distance, expectClose, f64 } from '../numbers.ts'

const schedule = exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 })
const unit = () => gaussianDenoiser({ ...standardGaussian(1), mean: f64([0]) })

/** What the sampler makes of one start value, without noise. */
const flow = async (method: Step, steps: number, options = {}): Promise<number> => {
  const draw = sampler(unit, { schedule, step: method, steps, start: 'plain', ...options })
  const x = await draw({}, { shape: [1, 1], noise: () => f64([1], [1, 1]) })
  await draw.release()
  return toNumbers(x)[0]
}

/** The probability flow of N(0, 1) scales x by √((1 + σ²)/(1 + σ_max²)); then D at σ_min. */
const exactFlow = (10 * Math.sqrt((1 + 0.01 ** 2) / (1 + 100))) / (1 + 0.01 ** 2)

describe('the probability flow of a normal', () => {
  it.each([
    { name: 'ddim', step: ddim(), order: 1 },
    { name: 'heun', step: heun(), order: 2 },
    { name: 'dpm', step: dpmSolver(), order: 2 },
  ])('$name converges with order $order', async ({ step: method, order }) => {
    const [coarse, fine] = [await flow(method, 64), await flow(method, 128)]
    const ratio = Math.abs(coarse - exactFlow) / Math.abs(fine - exactFlow)
    expect(Math.log2(ratio)).toBeGreaterThan(order - 0.15)
    expect(Math.log2(ratio)).toBeLessThan(order + 0.4)
    expect(Math.abs(fine - exactFlow)).toBeLessThan(order === 1 ? 0.03 : 2e-3)
  })

  it('the corrector makes adams several times as exact as dpm', async () => {
    const error = async (step: Step, steps: number) => Math.abs((await flow(step, steps)) - exactFlow)
    expect(await error(adams({ stochasticity: 0 }), 32)).toBeLessThan(
      (await error(adams({ stochasticity: 0 }), 16)) / 4,
    )
    for (const steps of [32, 64, 128])
      expect(await error(adams({ stochasticity: 0 }), steps)).toBeLessThan(
        (await error(dpmSolver(), steps)) / 4,
      )
  })

  it('an informed start is where the flow is that comes from σ = ∞', async () => {
    // The flow from ∞ scales z by √(1 + σ²): no term in 1/σ is left, however high the start.
    const endless = Math.sqrt(1 + 0.01 ** 2) / (1 + 0.01 ** 2)
    const informed = { start: 'informed' } as const
    expect(Math.abs((await flow(adams({ stochasticity: 0 }), 128, informed)) - endless)).toBeLessThan(2e-4)
    expect(Math.abs((await flow(adams({ stochasticity: 0 }), 128)) - endless)).toBeGreaterThan(4e-3)
  })

  it("takes a grid of one's own", async () => {
    const grid = karrasGrid(schedule, 40)
    expect(Math.abs((await flow(heun(), 0, { grid })) - exactFlow)).toBeLessThan(5e-3)
  })
})

describe('several steps in one program', () => {
  const kinds = [adams(), ddpm(), heun(), predictorCorrector({ corrections: 2, tau: 0.1 })]

  it.each(kinds.map((step) => ({ name: step.name, step })))('$name: the same draws', async ({ step }) => {
    const drawn = async (options: Partial<SamplerOptions>, withXhat = false) => {
      const seen: SamplerState[] = []
      const draw = sampler(unit, { schedule, steps: 5, step, ...options })
      const request = { shape: [3, 1], seed: 4, mean: f64([0.5]), withXhat }
      const x = await draw({}, { ...request, onStep: (at) => seen.push(at) })
      await draw.release()
      return { x: toNumbers(x), seen }
    }
    const single = await drawn({}, true)
    for (const stepsPerRun of [2, 5, 9]) {
      const several = await drawn({ stepsPerRun }, true)
      expectClose(several.x, single.x, 1e-12)
      const last = stepsPerRun === 2 ? [2, 4, 5] : [5]
      expect(several.seen.map(({ step }) => step)).toEqual(last)
      for (const at of several.seen) {
        const alone = single.seen[at.step - 1]
        expect(at.sigma).toBe(alone.sigma)
        expectClose(toNumbers(at.x), toNumbers(alone.x), 1e-12)
        expectClose(toNumbers(at.xhat ?? zeros([0])), toNumbers(alone.xhat ?? zeros([1])), 1e-12)
      }
    }
    expectClose((await drawn({ stepsPerRun: 3 })).x, single.x, 1e-12)
  })

  it.each([0, 1.5, -1])('%s of them are refused', (stepsPerRun) => {
    expect(() => sampler(unit, { stepsPerRun })).toThrow(
      `sampler: stepsPerRun must be a positive integer, got ${stepsPerRun}`,
    )
  })

  it('are refused by what is no such sampler', () => {
    const observationOf = ({ y }: { y: Tensor }) => ({ y, A: identity([1]), noise: isotropicNoise(0.1) })
    expect(() => compileMethod(redDiff(), unit(), observationOf, { stepsPerRun: 2 })).toThrow(
      'a method that is a sampler of its own takes no stepsPerRun, got 2',
    )
  })
})

describe('one batch', () => {
  const recorded = async (method: Step, steps: number) => {
    const calls: string[] = []
    const draw = sampler(unit, { schedule, step: method, steps })
    await draw(
      {},
      {
        shape: [2, 1],
        noise: (step, index) => {
          calls.push(`${step}.${index}`)
          return zeros([2, 1], 'float64')
        },
      },
    )
    await draw.release()
    return calls
  }

  it('asks for exactly the noise that it uses', async () => {
    expect(await recorded(ddpm(), 3)).toEqual(['-1.0', '0.0', '1.0', '2.0'])
    expect(await recorded(ddim(), 3)).toEqual(['-1.0'])
    expect(await recorded(predictorCorrector({ corrections: 2 }), 2)).toEqual([
      '-1.0',
      '0.0',
      '0.1',
      '1.0',
      '1.1',
    ])
  })

  it('starts plainly at the mean plus σ_max z and ends with a denoise at σ_min', async () => {
    const seen: Tensor[] = []
    const half: Denoiser = (x, sigma) => {
      seen.push(sigma)
      return mul(x, 0.5)
    }
    const draw = sampler(() => half, { grid: [4, 1], step: ddim(), start: 'plain' })
    const x = await draw(
      {},
      { shape: [1, 2], noise: () => ndarray([1, -1], [1, 2]), mean: ndarray([10, 20]) },
    )
    // x₁ = (14, 16); x₀ = D + (x₁ − D)/4 = 5/8 x₁; half of it at the end.
    expectClose(toNumbers(x), [(14 * 5) / 16, (16 * 5) / 16], 1e-6)
    expect(seen.length).toBe(1)
    await draw.release()
  })

  it.each([
    { step: adams(), programs: 1 },
    { step: ddpm(), programs: 1 },
    { step: heun(), programs: 2 }, // whose step has two evaluations: start and last denoise have their own
  ])(
    'compiles $programs program(s) with the denoiser for $step.name, start and last denoise too',
    async (at) => {
      let traced = 0
      /** As methods by shifts do: the answer and something over the sensitivity, nothing at the end. */
      const shifting: Denoiser = (x, _, move) => {
        traced += move && at.step.evaluations > 1 ? 1 / at.step.evaluations : 1
        const xhat = mul(x, 0.5)
        return move ? add(xhat, div(0.1, move.sensitivity)) : xhat
      }
      const draw = sampler(() => shifting, { grid: [4, 2, 1], step: at.step })
      const seen: SamplerState[] = []
      const onStep = (state: SamplerState) => seen.push(state)
      const x = await draw({}, { shape: [2, 3], seed: 0, onStep })
      expect(traced).toBe(at.programs)
      // The last denoise goes nowhere: no shift.
      expectClose(
        toNumbers(x),
        toNumbers(seen[1].x).map((v) => 0.5 * v),
        1e-6,
      )
      await draw.release()
    },
  )

  it('reports each step', async () => {
    const draw = sampler(unit, { schedule, steps: 3 })
    const steps: string[] = []
    await draw(
      {},
      {
        shape: [1, 1],
        noise: () => zeros([1, 1], 'float64'),
        onStep: ({ step, steps: total }) => steps.push(`${step}/${total}`),
      },
    )
    expect(steps).toEqual(['1/3', '2/3', '3/3'])
  })

  it('reports level and state of each step, and x̂ when asked to', async () => {
    const grid = [4, 2, 1]
    const seen: SamplerState[] = []
    const draw = sampler(() => (x) => mul(x, 0.5), { grid, step: heun(), start: 'plain' })
    const request = {
      shape: [1, 2],
      noise: () => f64([1, -1], [1, 2]),
      onStep: (at: SamplerState) => seen.push(at),
    }
    const plain = await draw({}, request)
    const watched = await draw({}, { ...request, withXhat: true })
    await draw.release()
    expect(toNumbers(watched)).toEqual(toNumbers(plain))
    expect(seen.map(({ step, steps, sigma }) => [step, steps, sigma])).toEqual([
      [1, 2, 2],
      [2, 2, 1],
      [1, 2, 2],
      [2, 2, 1],
    ])
    expect(seen.map(({ xhat }) => xhat !== undefined)).toEqual([false, false, true, true])
    // The first step begins at ±4, whose half is 2; the second where the first one ended.
    const [, , first, second] = seen
    expect(toNumbers(first.xhat ?? zeros([0]))).toEqual([2, -2])
    expectClose(
      toNumbers(second.xhat ?? zeros([0])),
      toNumbers(first.x).map((v) => v / 2),
      1e-15,
    )
    expectClose(
      toNumbers(plain),
      toNumbers(second.x).map((v) => v / 2),
      1e-15,
    )
  })

  it('draws its noise from a seed, addressed by draw, row and step', async () => {
    const draw = sampler(unit, { schedule, steps: 4 })
    const three = await draw({}, { shape: [3, 1], seed: 5 })
    const again = await draw({}, { shape: [3, 1], seed: 5 })
    const one = await draw({}, { shape: [1, 1], seed: 5 })
    expect(toNumbers(again)).toEqual(toNumbers(three))
    expectClose(toNumbers(one), toNumbers(three).slice(0, 1), 1e-6)
    for (const other of [{ seed: 6 }, { seed: 5, draw: 1 }])
      expect(
        distance(toNumbers(await draw({}, { shape: [3, 1], ...other })), toNumbers(three)),
      ).toBeGreaterThan(0.1)
    await draw.release()
  })

  it('works in float64 when the context or the mean is, on the same noise', async () => {
    const ofContext = (o: { y: Tensor }) => (x: Tensor) => mul(sub(x, o.y), 0.5)
    const draw = sampler(ofContext, { grid: [4, 1] })
    const y = [0.1, -0.2]
    const narrow = await draw({ y: ndarray(y, [1, 2]) }, { shape: [1, 2], seed: 1 })
    const wide = await draw({ y: f64(y, [1, 2]) }, { shape: [1, 2], seed: 1, mean: ndarray([0, 0]) })
    expect([narrow.dtype, wide.dtype]).toEqual(['float32', 'float64'])
    expectClose(toNumbers(narrow), toNumbers(wide), 1e-6)
    const ofMean = sampler(() => (x) => mul(x, 0.5), { grid: [4, 1] })
    expect((await ofMean({}, { shape: [1, 2], seed: 1, mean: f64([0, 0]) })).dtype).toBe('float64')
    await draw.release()
    await ofMean.release()
  })

  it('wants a seed or noise', async () => {
    const draw = sampler(unit, { schedule, steps: 2 })
    await expect(draw({}, { shape: [1, 1] })).rejects.toThrow(
      'a sampler needs a seed, or the noise itself; got neither',
    )
  })

  it('stops when asked to', async () => {
    const stop = new AbortController()
    const draw = sampler(unit, { schedule, steps: 8 })
    const request = {
      shape: [1, 1],
      noise: () => zeros([1, 1], 'float64'),
      onStep: ({ step }: SamplerState) => {
        if (step === 2) stop.abort()
      },
      signal: stop.signal,
    }
    await expect(draw({}, request)).rejects.toMatchObject({ code: 'interrupted' })
  })

  it('refuses levels that do not fall', () => {
    for (const grid of [[1], [1, 1], [1, 2], [1, 0], [1, Number.NaN]]) {
      expect(() => sampler(unit, { grid })).toThrow(/fall strictly/)
    }
  })

  it.each([0, -1, 2.5, Number.NaN])('refuses %s steps', (steps) => {
    expect(() => sampler(unit, { steps })).toThrow(/steps/)
  })
})

describe('draws', () => {
  const noise = stream(5, 'noise')
  const posterior = (y: Tensor) =>
    mmps()(gaussianDenoiser(standardGaussian(1)), { y, A: identity([1]), noise: isotropicNoise(0.5) })
  const drawAll = async (method: Step, count: number, steps: number) => {
    // From σ = 100: where the start forgets x, deterministic samplers miss √0.2/σ_max of the mean.
    const draw = sampler((o: { y: Tensor }) => posterior(o.y), { step: method, steps })
    const observation = Array.from({ length: count }, (_, i) => i)
    const x = await draw(
      {
        y: ndarray(
          observation.map(() => 1),
          [count, 1],
        ),
      },
      {
        shape: [count, 1],
        noise: (step, index) => normalBatch(noise, { step: step + 1, lap: index, observation }, [1]),
      },
    )
    await draw.release()
    return toNumbers(x)
  }

  // p(x | y = 1) = N(0.8, 0.2) for x ~ N(0, 1) and noise 0.5.
  it.each([
    { name: 'ddpm', step: ddpm(), steps: 200 },
    { name: 'ddim', step: ddim(), steps: 200 },
    { name: 'predictor–corrector', step: predictorCorrector(), steps: 200 },
    { name: 'heun', step: heun(), steps: 50 },
  ])('of $name have the moments of the posterior', async ({ step: method, steps }) => {
    const n = 4096
    const x = await drawAll(method, n, steps)
    const mean = x.reduce((a, b) => a + b) / n
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / n
    expect(Math.abs(mean - 0.8)).toBeLessThan(4 * Math.sqrt(0.2 / n) + 0.005)
    // The discretisation costs up to 5 % of the variance at 200 steps (0.959 at 256, by the exact bench).
    expect(variance / 0.2).toBeGreaterThan(0.9)
    expect(variance / 0.2).toBeLessThan(1.07)
  })

  it('are the same bytes for the same seed, and do not depend on the batch', async () => {
    const [first, again, few] = [
      await drawAll(ddpm(), 64, 8),
      await drawAll(ddpm(), 64, 8),
      await drawAll(ddpm(), 7, 8),
    ]
    expect(again).toEqual(first)
    expect(distance(few, first.slice(0, 7))).toBeLessThan(1e-6)
  })
})

it('a sampler with one step goes from the highest to the lowest level', () => {
  expect(sigmaGrid(schedule, 1)).toEqual([expect.closeTo(10, 9), expect.closeTo(0.01, 9)])
})

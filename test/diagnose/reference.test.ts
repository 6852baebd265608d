import { describe, expect, it } from 'vitest'
import { againstReference, diagnosis, energyDistance } from '../../src/diagnose/index.ts'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { projectedBy } from '../../src/observations/index.ts'
import { mmps, posteriorDraws, tds } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { average, type NdArray, ndarray, toNumbers, zeros } from '../../src/tensor/index.ts'
import { mixtureProblems } from '../exact/mixtures.ts'
import { exactDraws, expressed } from '../exact/smc.ts'

const cloud = (seed: number, k: number, n: number, { shift = 0 } = {}): NdArray =>
  ndarray(
    toNumbers(normal(stream(seed, 'cloud'), [k, n, 3])).map((v) => v + shift),
    [k, n, 3],
  )

describe('againstReference', () => {
  it('is the energy distance of each observation over the mean distance of all its draws', () => {
    const [x, r] = [cloud(0, 6, 1, { shift: 1 }), cloud(1, 5, 1)]
    const flat = (a: NdArray) => ndarray(toNumbers(a), [a.shape[0], 3])
    const all = [x, r].flatMap((a) =>
      Array.from({ length: a.shape[0] }, (_, k) => toNumbers(a).slice(3 * k, 3 * k + 3)),
    )
    const distances = all.flatMap((a, i) =>
      all.slice(0, i).map((b) => Math.hypot(...a.map((v, c) => v - b[c]))),
    )
    const expected = energyDistance(flat(x), flat(r), { permutations: 0 }).statistic / average(distances)
    expect(againstReference(x, r, { permutations: 9 }).statistic).toBeCloseTo(expected, 9)
  })

  it('has an exact p-value, of all observations together', () => {
    const values = Array.from({ length: 60 }, (_, seed) =>
      againstReference(cloud(2 * seed, 4, 5), cloud(2 * seed + 1, 4, 5), { permutations: 19, seed }),
    ).map(({ pValue }) => pValue)
    // Uniform on 0.05, …, 1: mean 0.525, sd of the mean of sixty 0.037.
    expect(Math.abs(average(values) - 0.525)).toBeLessThan(0.12)
    expect(values.filter((p) => p <= 0.05).length).toBeLessThan(10)
  })

  it('adds up what single observations show too little of', () => {
    const [x, r] = [cloud(3, 8, 12, { shift: 0.6 }), cloud(4, 8, 12)]
    expect(againstReference(x, r).pValue).toBeLessThan(0.01)
    const alone = Array.from({ length: 12 }, (_, i) => {
      const of = (a: NdArray) =>
        ndarray(
          toNumbers(a).filter((_, j) => Math.floor(j / 3) % 12 === i),
          [8, 3],
        )
      return energyDistance(of(x), of(r)).pValue
    })
    expect(alone.filter((p) => p < 0.01).length).toBeLessThan(6)
  })

  it('refuses what does not fit', () => {
    expect(() => againstReference(cloud(0, 4, 2), cloud(1, 4, 3))).toThrow(
      'of 3 observations, the draws of 2',
    )
    expect(() => againstReference(cloud(0, 1, 2), cloud(1, 4, 2))).toThrow('at least 2 points')
  })
})

describe('a mixture that MMPS gets wrong', () => {
  it('is told by draws of TDS, which exact draws are like', async () => {
    const [problem] = mixtureProblems()
    const [count, draws] = [12, 20]
    const y = toNumbers(normal(stream(0, 'y'), [count])).map((z) => 0.3 * z)
    const matrix = Array(count).fill(problem.A.to1DArray()).flat()
    const set = {
      y: ndarray(y, [count, 1]),
      operator: projectedBy(ndarray(matrix, [count, 1, 2])),
      noise: problem.noise,
      range: [-2, 2],
    } as const
    const prior = {
      denoiser: expressed(problem).prior,
      event: [2],
      mean: zeros([2]),
      schedule: exponentialSchedule({ sigmaMin: 1e-2, sigmaMax: 20 }),
      range: [-2, 2],
    } as const
    const drawn = (method: Parameters<typeof posteriorDraws>[2]['method'], seed: number) =>
      posteriorDraws(prior, set, { method, draws, seed, steps: 32 })
    const each = y.map((v, i) => exactDraws({ ...problem, y: [v] }, draws, i, false).to1DArray())
    const exact = ndarray(
      Array.from({ length: draws }, (_, k) => each.flatMap((own) => own.slice(2 * k, 2 * k + 2))).flat(),
      [draws, count, 2],
    )
    const reference = { name: 'tds', draws: await drawn(tds({ particles: 16 }), 1) }
    const verdictOf = (x: NdArray) => {
      const { findings } = diagnosis({ draws: x, reference })
      return findings.map(({ name, verdict }) => [name, verdict])
    }
    expect(verdictOf(await drawn(mmps({ iterations: 1 }), 2))).toEqual([
      ['Against a reference', 'miscalibrated'],
    ])
    expect(verdictOf(exact)).toEqual([['Against a reference', 'calibrated']])
  }, 60_000)
})

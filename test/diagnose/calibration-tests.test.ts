import { describe, expect, test } from 'vitest'
import { chiSquareCdf, gammaP, logGamma, normalCdf } from '../../src/diagnose/distributions.ts'
import {
  ballCoverage,
  pit,
  rankBand,
  rankUniformity,
  residualWhiteness,
  sbc,
  tarp,
} from '../../src/diagnose/index.ts'
import { integers, normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, zeros } from '../../src/tensor/index.ts'

/** Prior N(0, I), y = x + N(0, I): posterior N(y/2, I/2), from which draws are taken with faults. */
const problem = (n: number, k: number, d: number, { sd = 1, shift = 0, seed = 0 } = {}) => {
  const x = normal(stream(seed, 'x'), [n, d])
  const e = normal(stream(seed, 'e'), [n, d]).data
  const z = normal(stream(seed, 'z'), [k, n, d])
  const draws = z.data.map((v, i) => {
    const j = i % x.size
    return (x.data[j] + e[j]) / 2 + Math.SQRT1_2 * (shift + sd * v)
  })
  return { truth: x, draws: new NdArray('float32', [k, n, d], draws) }
}

describe('distribution functions', () => {
  // scipy.special and scipy.stats.
  test('agree with published values', () => {
    expect(logGamma(0.5)).toBeCloseTo(0.5723649429247001, 12)
    expect(logGamma(100)).toBeCloseTo(359.1342053695754, 9)
    expect(gammaP(2, 3)).toBeCloseTo(0.8008517265285442, 12)
    expect(chiSquareCdf(3.841458820694124, 1)).toBeCloseTo(0.95, 10)
    expect(chiSquareCdf(784, 784)).toBeCloseTo(0.5067155, 5)
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 10)
    expect(normalCdf(-3)).toBeCloseTo(0.0013498980316301035, 10)
    expect(normalCdf(0)).toBe(0.5)
  })
})

describe('rankUniformity', () => {
  test('by enumeration: two ranks in 0 … 1', () => {
    // One place, z = 1/2, count 0, 1, 2 with 1/4, 1/2, 1/4: tails 1/2, 1, 1/2.
    expect(rankUniformity([0, 0], 1).pValue).toBeCloseTo(0.5, 9)
    expect(rankUniformity([0, 1], 1).pValue).toBeCloseTo(1, 9)
  })

  test('by enumeration: three ranks in 0 … 2, all 27 outcomes', () => {
    const outcomes = Array.from({ length: 27 }, (_, i) => [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)])
    const pmf = (c: number, z: number) => [1, 3, 3, 1][c] * z ** c * (1 - z) ** (3 - c)
    const tail = (c: number, z: number) => {
      let [low, high] = [0, 0]
      for (let i = 0; i <= 3; i++) {
        if (i <= c) low += pmf(i, z)
        if (i >= c) high += pmf(i, z)
      }
      return Math.min(1, 2 * Math.min(low, high))
    }
    const oddness = (ranks: readonly number[]) =>
      Math.min(...[1, 2].map((b) => tail(ranks.filter((r) => r < b).length, b / 3)))
    for (const ranks of outcomes) {
      const expected = outcomes.filter((o) => oddness(o) <= oddness(ranks) + 1e-9).length / 27
      expect(rankUniformity(ranks, 2).pValue).toBeCloseTo(expected, 9)
    }
  })

  test.each([
    [50, 9],
    [300, 250],
  ])('%i uniform ranks in 0 … %i stay in the band as often as it says', (n, draws) => {
    const { low, high } = rankBand(n, draws, 0.9)
    const seeds = 300
    let [inside, accepted] = [0, 0]
    for (let seed = 0; seed < seeds; seed++) {
      const { observed, pValue } = rankUniformity(
        integers(stream(seed, 'ranks'), 0, draws + 1, [n]).data,
        draws,
      )
      if (observed.every((f, i) => f >= low[i] - 1e-12 && f <= high[i] + 1e-12)) inside++
      if (pValue >= 0.1) accepted++
    }
    // Four standard errors; counts are discrete, so the band holds at least what it says.
    for (const share of [inside / seeds, accepted / seeds]) {
      expect(share).toBeGreaterThan(0.9 - 0.07)
      expect(share).toBeLessThan(0.9 + 0.08)
    }
    expect(Math.abs(inside - accepted)).toBeLessThanOrEqual(seeds * 0.01)
  })

  test('refuses ranks that are none', () => {
    expect(() => rankUniformity([0, 5], 4)).toThrow('expected integers 0 … 4, got 5')
    expect(() => rankUniformity([], 4)).toThrow('at least one rank')
    expect(() => rankBand(10, 4, 1)).toThrow('level must be in (0, 1)')
  })
})

describe('sbc', () => {
  test('accepts exact draws and finds narrow, wide and shifted ones', () => {
    const verdict = (options: object) => {
      const { draws, truth } = problem(500, 100, 2, options)
      return sbc(draws, truth).calibrated
    }
    const right = Array.from({ length: 10 }, (_, seed) => verdict({ seed }))
    expect(right.filter((ok) => !ok).length).toBeLessThanOrEqual(1)
    expect([{ sd: 0.7 }, { sd: 1.4 }, { shift: 0.4 }].map(verdict)).toEqual([false, false, false])
  })

  test('breaks ties evenly', () => {
    const { quantities } = sbc(zeros([4, 2000, 1]), zeros([2000, 1]))
    const counts = [0, 1, 2, 3, 4].map((r) => quantities[0].ranks.filter((v) => v === r).length)
    for (const c of counts) expect(Math.abs(c - 400)).toBeLessThan(80)
  })

  test('cannot see a sampler that ignores y, but a likelihood among the quantities does', () => {
    const [n, k] = [400, 50]
    const x = normal(stream(0, 'x'), [n]).data
    const y = normal(stream(0, 'e'), [n]).data.map((e, i) => x[i] + e)
    const prior = normal(stream(0, 'prior'), [k, n]).data
    const misfit = (v: number, i: number) => (y[i % n] - v) ** 2
    const blind = sbc(new NdArray('float32', [k, n], prior), new NdArray('float32', [n], x))
    const seeing = sbc(
      new NdArray('float32', [k, n], prior.map(misfit)),
      new NdArray('float32', [n], x.map(misfit)),
    )
    expect([blind.calibrated, seeing.calibrated]).toEqual([true, false])
  })

  test('wants draws that fit', () => {
    expect(() => sbc(zeros([4, 3, 2]), zeros([3, 1]))).toThrow('expected shape [3,1], got [3,2]')
  })
})

describe('tarp', () => {
  test('accepts exact draws, finds their spread wrong, hardly a shift', () => {
    const verdict = (options: object) => {
      const { draws, truth } = problem(500, 100, 2, options)
      return tarp(draws, truth).calibrated
    }
    expect(verdict({})).toBe(true)
    expect([{ sd: 0.6 }, { sd: 1.6 }].map(verdict)).toEqual([false, false])
    expect(verdict({ shift: 0.3 })).toBe(true)
  })

  test('takes references', () => {
    const draws = ndarray([1, 2, 3], [3, 1, 1])
    const rank = (reference: number) =>
      tarp(draws, ndarray([2.4], [1, 1]), { references: ndarray([reference], [1, 1]) }).quantities[0].ranks[0]
    expect([rank(0), rank(2.5), rank(9)]).toEqual([2, 0, 1])
  })
})

describe('ballCoverage', () => {
  test('is nominal for every number of draws, and too low without the correction', () => {
    for (const k of [3, 20, 100]) {
      const { draws, truth } = problem(2000, k, 3)
      for (const { level, observed, standardError } of ballCoverage(draws, truth)) {
        expect(Math.abs(observed - level)).toBeLessThan(4 * standardError)
      }
    }
    const { draws, truth } = problem(4000, 20, 3)
    const [plain] = ballCoverage(draws, truth, { levels: [0.9], correction: 'none' })
    expect(plain.observed).toBeLessThan(0.9 - 8 * plain.standardError)
  })

  test('finds overconfidence, and reads half for draws that are all the truth', () => {
    const { draws, truth } = problem(500, 50, 3, { sd: 0.5 })
    expect(ballCoverage(draws, truth)[1].observed).toBeLessThan(0.6)
    expect(ballCoverage(zeros([7, 4, 2]), zeros([4, 2]), { levels: [0.5] })[0].observed).toBeCloseTo(0.5, 12)
  })
})

describe('pit', () => {
  test('is flat for exact draws, ∪ for narrow ones, sloped for shifted ones', () => {
    const shares = (options: object) => {
      const { draws, truth } = problem(2000, 39, 1, options)
      return pit(draws, truth, { bins: 4 })
    }
    const flat = shares({})
    expect(flat.count).toBe(2000)
    flat.shares.forEach((s, i) => {
      expect(Math.abs(s - 0.25)).toBeLessThan(4 * flat.standardErrors[i])
      expect(flat.standardErrors[i]).toBeCloseTo(Math.sqrt((0.25 * 0.75) / 2000), 3)
    })
    const narrow = shares({ sd: 0.6 }).shares
    expect(Math.min(narrow[0], narrow[3])).toBeGreaterThan(1.2 * Math.max(narrow[1], narrow[2]))
    // Draws too high: the truth has low ranks.
    const high = shares({ shift: 0.5 }).shares
    expect(high[0]).toBeGreaterThan(1.5 * high[3])
  })

  test('spreads ties and minds the mask', () => {
    const { shares, count } = pit(zeros([3, 2, 2]), zeros([2, 2]), {
      bins: 2,
      mask: ndarray([1, 0, 1, 0], [2, 2]),
    })
    expect(Array.from(shares)).toEqual([0.5, 0.5])
    expect(count).toBe(2)
    expect(() => pit(zeros([3, 2, 2]), zeros([2, 2]), { mask: zeros([2, 2]) })).toThrow('leaves no entry')
  })
})

describe('residualWhiteness', () => {
  const white = (n: number, scale = 1, seed = 0) =>
    new NdArray(
      'float32',
      [1, n, 1, 8, 8],
      normal(stream(seed, 'r'), [n * 64]).data.map((v) => scale * v),
    )

  test('accepts noise and finds draws that fit it or miss the observation', () => {
    const verdicts = Array.from({ length: 20 }, (_, seed) => residualWhiteness(white(100, 1, seed)).white)
    expect(verdicts.filter((ok) => !ok).length).toBeLessThanOrEqual(2)
    for (const scale of [0.85, 1.15]) {
      const { ratio, white: ok, standardError } = residualWhiteness(white(100, scale))
      expect(Math.abs(ratio - scale ** 2)).toBeLessThan(4 * standardError)
      expect(ok).toBe(false)
    }
  })

  test('finds structure of the right size, along the axis that has it', () => {
    const r = white(100).data
    const smooth = r.map((v, i) => (i % 8 === 0 ? v : (v + r[i - 1]) * Math.SQRT1_2))
    const found = residualWhiteness(new NdArray('float32', [1, 100, 1, 8, 8], smooth))
    const at = (axis: number, lag: number) =>
      found.autocorrelation.find((a) => a.axis === axis && a.lag === lag)?.value ?? Number.NaN
    expect(at(1, 1)).toBeGreaterThan(0.4)
    expect(Math.abs(at(1, 2))).toBeLessThan(0.1)
    expect(Math.abs(at(2, 1))).toBeLessThan(0.1)
    expect(found.white).toBe(false)
  })

  test('counts observed entries only, each problem with its own number', () => {
    const r = white(200)
    const observed = new NdArray(
      'float32',
      [200, 1, 8, 8],
      Float32Array.from({ length: r.size }, (_, i) => ((i * 7) % 11 < 3 ? 1 : 0)),
    )
    const held = new NdArray(
      'float32',
      r.shape,
      r.data.map((v, i) => v + 100 * (1 - observed.data[i])),
    )
    const { ratio, chiSquare, standardError } = residualWhiteness(held, { observed })
    expect(Math.abs(ratio - 1)).toBeLessThan(4 * standardError)
    expect(chiSquare).toBeGreaterThan(0.001)
    expect(() => residualWhiteness(r, { observed: zeros([200, 1, 8, 8]) })).toThrow(
      'nothing was observed of problem 0',
    )
  })
})

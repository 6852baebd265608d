import { describe, expect, test } from 'vitest'
import { coverage, meanOverDraws, spreadSkill, stdOverDraws } from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { full, NdArray, ndarray } from '../../src/tensor/index.ts'

const problems = 300
const entries = 60

/** Truth and draws around a known centre of each problem: exchangeable when `sd` is 1 and `shift` is 0. */
const gaussianProblem = (k: number, { sd = 1, shift = 0 } = {}) => {
  const centre = normal(stream(3, 'centre'), [problems, entries]).data
  const scattered = (name: string, scale: number, offset: number) =>
    normal(stream(4, name), [problems, entries]).data.map((z, i) => centre[i] + offset + scale * z)
  const truth = new NdArray('float32', [problems, entries], scattered('truth', 1, 0))
  const draws = new NdArray('float32', [k, problems, entries], new Float32Array(k * problems * entries))
  for (let d = 0; d < k; d++) draws.data.set(scattered(`draw ${d}`, sd, shift), d * problems * entries)
  return { draws, truth }
}

/** Four standard errors of a proportion over all entries. */
const noise = (p: number) => 4 * Math.sqrt((p * (1 - p)) / (problems * entries))

describe('coverage', () => {
  test.each([1, 5, 20, 100])('of exchangeable Gaussian draws is nominal with %i draws', (k) => {
    const { draws, truth } = gaussianProblem(k)
    const readings = coverage(draws, truth, { levels: [0.25, 0.5, 0.9] })
    for (const { level, observed, count } of readings) {
      expect(count).toBe(problems * entries)
      expect(Math.abs(observed - level)).toBeLessThan(noise(level))
    }
    expect(readings.map((r) => r.resolved)).toEqual([k >= 5, k >= 5, k >= 20])
  })

  // Expectations for a Gaussian, by 10^5 to 10^6 simulations in numpy (np.quantile).
  test.each([
    [5, 0.621],
    [20, 0.816],
    [100, 0.883],
  ])('without the correction the interval of %i draws that should hold 0.9 holds %f', (k, expected) => {
    const { draws, truth } = gaussianProblem(k)
    const [{ observed }] = coverage(draws, truth, { levels: [0.9], correction: 'none' })
    expect(Math.abs(observed - expected)).toBeLessThan(noise(expected))
  })

  test('finds an overconfident, a cautious and a shifted sampler: closed forms at many draws', () => {
    // Truth ~ N(0, 1), interval ±1.645 sd: P = 2 Φ(1.645 sd) - 1.
    const at90 = (options: { sd?: number; shift?: number }) => {
      const { draws, truth } = gaussianProblem(100, options)
      return coverage(draws, truth, { levels: [0.9] })[0].observed
    }
    expect(at90({ sd: 0.8 })).toBeCloseTo(0.8118, 1.5)
    expect(at90({ sd: 1.25 })).toBeCloseTo(0.9602, 1.5)
    expect(at90({ shift: 1 })).toBeCloseTo(0.7365, 1.5)
  })

  test('counts the interval between order statistics exactly, and interpolates between them', () => {
    const draws = ndarray([1, 2, 3], [3, 1, 1])
    const at = (x: number, level: number) =>
      coverage(draws, ndarray([x], [1, 1]), { levels: [level] })[0].observed
    // Ranks own quarters of [0, 1]; the central half is ranks 1 and 2.
    expect([0.5, 1.5, 2.5, 3.5].map((x) => at(x, 0.5))).toEqual([0, 1, 1, 0])
    expect(at(0.5, 0.75)).toBeCloseTo(0.5, 12)
  })

  test('an atom of truth and draws reads the nominal level, and near ties within the resolution too', () => {
    const zero = full([1, 4], 0)
    expect(coverage(full([20, 1, 4], 0), zero, { levels: [0.9] })[0].observed).toBeCloseTo(0.9, 12)
    const off = full([20, 1, 4], 0.002)
    expect(coverage(off, zero, { levels: [0.9] })[0].observed).toBe(0)
    expect(coverage(off, zero, { levels: [0.9], resolution: 0.005 })[0].observed).toBeCloseTo(0.9, 12)
    expect(coverage(full([20, 1, 4], -0.3), zero, { levels: [0.9], range: [0, 1] })[0].observed).toBeCloseTo(
      0.9,
      12,
    )
  })

  test.each(['count', 'skip'] as const)(
    'stays nominal for a calibrated law with an atom (flat entries: %s)',
    (flatEntries) => {
      const { draws, truth } = gaussianProblem(20)
      // Centres spread over [-3, 3]: where they are low, truth and draws are all clipped to 0.
      const readings = coverage(draws, truth, { range: [0, 9], resolution: 0.1, flatEntries })
      for (const { level, observed, count, flat } of readings) {
        expect(flat).toBeGreaterThan(0.04)
        expect(count).toBe(Math.round(problems * entries * (flatEntries === 'skip' ? 1 - flat : 1)))
        expect(Math.abs(observed - level)).toBeLessThan(1.2 * noise(level))
      }
    },
  )

  test('flat entries flatter: skipping them shows the overconfidence of the others', () => {
    const zero = full([problems, entries], 0)
    const { draws, truth } = gaussianProblem(20, { sd: 0.5 })
    const half = (array: NdArray<'float32'>) =>
      new NdArray(
        'float32',
        array.shape,
        array.data.map((v, i) => (i % 2 ? v : 0)),
      )
    const [all] = coverage(half(draws), half(truth), { levels: [0.9] })
    const [some] = coverage(half(draws), half(truth), { levels: [0.9], flatEntries: 'skip' })
    expect(all.flat).toBe(0.5)
    expect(all.observed).toBeCloseTo((0.9 + some.observed) / 2, 12)
    expect(some.observed).toBeLessThan(0.7)
    const same = full([3, problems, entries], 0)
    expect(() => coverage(same, zero, { flatEntries: 'skip' })).toThrow(/every entry is flat/)
  })

  test('counts only the entries of the mask; its standard error is the spread between problems', () => {
    const { draws, truth } = gaussianProblem(20)
    const mask = full([problems, entries], 0)
    for (let i = 0; i < mask.size; i += 3) mask.data[i] = 1
    const hidden = truth.data.map((v, i) => (mask.data[i] ? v : 1e6))
    const [all] = coverage(draws, truth, { levels: [0.5] })
    const [some] = coverage(draws, new NdArray('float32', truth.shape, hidden), { levels: [0.5], mask })
    expect(some.count).toBe((problems * entries) / 3)
    expect(Math.abs(some.observed - 0.5)).toBeLessThan(Math.sqrt(3) * noise(0.5))
    // Independent entries: the clustered error equals that of a mean of independent
    // values of variance below 1/4.
    expect(all.standardError).toBeLessThan(1.2 * Math.sqrt(0.25 / all.count))
    expect(all.standardError).toBeGreaterThan(0.7 * Math.sqrt(0.25 / all.count))
  })

  test('says what is wrong', () => {
    const { draws, truth } = gaussianProblem(2)
    expect(() => coverage(draws, truth, { levels: [1] })).toThrow(/level must be in \(0, 1\), got 1/)
    expect(() => coverage(draws, full([2, 2], 0))).toThrow(/expected shape \[2,2\], got \[300,60\]/)
    expect(() => coverage(draws, truth, { mask: full(truth.shape, 0) })).toThrow(/no entry to count/)
    expect(() => coverage(full([3, 1], Number.NaN), full([1], 0))).toThrow(/finite/)
  })
})

describe('spread and skill', () => {
  test.each([2, 5, 50])('the ratio of a calibrated sampler is 1 with %i draws', (k) => {
    const { draws, truth } = gaussianProblem(k)
    const { ratio, spread, error } = spreadSkill(draws, truth)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.02)
    expect(Math.abs(spread - 1)).toBeLessThan(0.02)
    expect(Math.abs(error - Math.sqrt(1 + 1 / k))).toBeLessThan(0.03)
  })

  test('an overconfident sampler of half the spread reads sqrt((K + 1)/(4K + 1))', () => {
    const { draws, truth } = gaussianProblem(10, { sd: 0.5 })
    expect(Math.abs(spreadSkill(draws, truth).ratio - Math.sqrt(11 / 41))).toBeLessThan(0.01)
  })
})

test('mean and standard deviation over draws', () => {
  const draws = ndarray([0, 1, 2, 5], [2, 2])
  expect([...meanOverDraws(draws).data]).toEqual([1, 3])
  expect([...stdOverDraws(draws).data]).toEqual([Math.fround(Math.SQRT2), Math.fround(Math.sqrt(8))])
  expect(() => stdOverDraws(ndarray([1, 2], [1, 2]))).toThrow(/at least 2 draws/)
})

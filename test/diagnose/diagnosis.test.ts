import { describe, expect, test } from 'vitest'
import { diagnosis, signalQuantities, type Verdict } from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { average, NdArray, ndarray } from '../../src/tensor/index.ts'

const [n, k] = [300, 30]
const event = [1, 5, 5]

/** Prior N(0, I), y = x + N(0, I): posterior N(y/2, I/2); draws with faults, and all residuals. */
const problem = ({ sd = 1, shift = 0, problems = n } = {}) => {
  const shape = [problems, ...event]
  const x = normal(stream(0, 'x'), shape)
  const y = normal(stream(0, 'e'), shape).data.map((e, i) => x.data[i] + e)
  const z = normal(stream(0, 'z'), [k, ...shape])
  const draws = z.data.map((v, i) => y[i % y.length] / 2 + Math.SQRT1_2 * (shift + sd * v))
  return {
    truth: x,
    draws: new NdArray('float32', z.shape, draws),
    residuals: {
      draws: new NdArray(
        'float32',
        z.shape,
        draws.map((v, i) => y[i % y.length] - v),
      ),
      truth: new NdArray(
        'float32',
        shape,
        x.data.map((v, i) => y[i] - v),
      ),
    },
  }
}

const verdictsOf = (input: Parameters<typeof diagnosis>[0]): Record<string, Verdict> =>
  Object.fromEntries(diagnosis(input).findings.map(({ name, verdict }) => [name, verdict]))

const wordsOf = (input: Parameters<typeof diagnosis>[0]): string =>
  diagnosis(input)
    .findings.map(({ words }) => words)
    .join('\n')

describe('diagnosis', () => {
  test('finds no fault in exact draws', () => {
    const { findings, truth, problems, draws } = diagnosis(problem())
    expect(findings.map(({ verdict }) => verdict)).toEqual(Array(7).fill('calibrated'))
    expect([problems, draws]).toEqual([n, k])
    expect(truth?.names).toEqual([
      'mean',
      'mean square',
      'projection 1',
      'projection 2',
      'projection 3',
      'misfit',
    ])
  })

  test('says that narrow draws are overconfident', () => {
    expect(new Set(Object.values(verdictsOf(problem({ sd: 0.7 }))))).toEqual(new Set(['miscalibrated']))
    const words = wordsOf(problem({ sd: 0.7 }))
    expect(words.match(/overconfident/g)?.length).toBe(3)
    expect(words).toContain('mean (draws too narrow)')
    expect(words).toContain('too close together')
  })

  test('says that wide draws are too cautious', () => {
    const words = wordsOf(problem({ sd: 1.5 }))
    expect(words.match(/too cautious/g)?.length).toBe(3)
    expect(words).toContain('the draws miss y')
  })

  test('says to which side draws are shifted, by the ranks', () => {
    expect(wordsOf(problem({ shift: 0.5 }))).toContain('mean (draws too high)')
    expect(wordsOf(problem({ shift: -0.5 }))).toContain('mean (draws too low)')
  })

  test('judges what the observations alone allow without the truth', () => {
    const { draws, residuals } = problem()
    expect(verdictsOf({ draws, residuals: { draws: residuals.draws } })).toEqual({
      'Fit to the observations': 'calibrated',
    })
  })

  test('does not decide on a handful of problems', () => {
    const verdicts = verdictsOf(problem({ problems: 8 }))
    expect(verdicts['Ranks (SBC)']).toBe('not tested')
    expect(verdicts['Random points (TARP)']).toBe('not tested')
    expect(verdicts['Distance from the centre']).toBe('not tested')
  })

  test('judges repaired intervals beside those of the draws, and faults only what holds too little', () => {
    const { draws, truth } = problem({ sd: 0.7 })
    // The posterior is N(y/2, 1/2): its mean is that of the draws of sd 0, its 90 % interval ± 1.645 sd.
    const centre = problem({ sd: 0 }).draws.data.subarray(0, truth.size)
    const repaired = (half: number) => {
      const end = (sign: number) =>
        new NdArray(
          'float32',
          truth.shape,
          Float32Array.from(centre, (m) => m + sign * half * Math.SQRT1_2),
        )
      return [{ level: 0.9, factor: 1.4, low: end(-1), high: end(1) }]
    }
    const found = (half: number) => {
      const { findings, truth: known } = diagnosis({ draws, truth, repaired: repaired(half) })
      const finding = findings.find(({ name }) => name === 'Repaired intervals')
      return { verdict: finding?.verdict, observed: known?.repaired?.[0].observed }
    }
    expect(found(1.645).verdict).toBe('calibrated')
    expect(found(1.645).observed).toBeCloseTo(0.9, 1)
    expect(found(3).verdict).toBe('calibrated')
    expect(found(1.2).verdict).toBe('miscalibrated')
    expect(found(Infinity).observed).toBe(1)
    expect(verdictsOf({ draws, truth })).not.toHaveProperty('Repaired intervals')
  })

  test('finds residuals that are correlated', () => {
    const { draws } = problem()
    const r = normal(stream(1, 'r'), draws.shape).data
    const smooth = r.map((v, i) => (i % 5 === 0 ? v : (v + 0.5 * r[i - 1]) / Math.sqrt(1.25)))
    const words = wordsOf({ draws, residuals: { draws: new NdArray('float32', draws.shape, smooth) } })
    expect(words).toMatch(/entries 1 apart are correlated by 0\.[34]/)
  })
})

describe('signalQuantities', () => {
  test('of short signals are their entries', () => {
    const found = signalQuantities(ndarray([1, 2, 3, 4], [2, 2]), [2])
    expect(found.map(({ name, values }) => [name, ...values])).toEqual([
      ['x1', 1, 3],
      ['x2', 2, 4],
    ])
  })

  test('of long ones are mean, mean square and projections of unit variance', () => {
    const [mean, square, first] = signalQuantities(normal(stream(2, 'x'), [2000, 50]), [50])
    expect(average(mean.values)).toBeCloseTo(0, 1)
    expect(average(square.values)).toBeCloseTo(1, 1)
    expect(average(first.values.map((v) => v * v))).toBeGreaterThan(0.6)
    expect(average(first.values.map((v) => v * v))).toBeLessThan(1.6)
  })
})

/** What the bench of own data counts, against figures that are known. */
import { describe, expect, it } from 'vitest'
import { judge, lastRows } from '../../bench/own-data/judge.ts'
import { masked } from '../../bench/own-data/masked.ts'
import { windowSet, windowsOf } from '../../bench/own-data/series.ts'
import { against, difference, figuresOf, targets } from '../../bench/own-data/verdict.ts'
import { NdArray, ndarray } from '../../src/tensor/index.ts'

/** A tally of observations of four entries, each with the same error. */
const tallyOf = (errors: readonly number[]) => ({
  squares: errors.map((e) => 4 * e * e),
  crps: errors.map((e) => 4 * e),
  counts: errors.map(() => 4),
  coverage: 0.9,
})

describe('own-data: judging', () => {
  const truth = ndarray([0, 0, 0, 0, 0, 0], [2, 1, 3])
  const mask = ndarray([1, 0, 0, 0, 1, 0], [2, 1, 3])
  const cut = {
    set: masked(truth, { mask, noise: 0.1, range: [0, 1] as const, valid: ndarray([1, 1, 0], [3]) }),
    learned: 2,
    truth,
    parts: ['a', 'b'],
  }

  it('counts what masks hide inside the domain, and nothing else', () => {
    const mean = ndarray([9, 2, 9, 3, 9, 9], [2, 1, 3])
    const tally = judge({ mean }, cut)
    expect(tally).toEqual({ squares: [4, 9], crps: [2, 3], counts: [1, 1] })
    expect(figuresOf(tally)).toEqual({ rmse: Math.sqrt(6.5), crps: 2.5 })
  })

  it('takes what the number of draws adds out of the error of their mean', () => {
    const draws = new NdArray('float32', [2, 2, 1, 3], Float32Array.of(0, 1, 0, 0, 0, 0, 0, 3, 0, 6, 0, 0))
    const mean = ndarray([0, 2, 0, 3, 0, 0], [2, 1, 3])
    // Of two draws a and b the mean has the error ((a + b)/2)², of which ((a − b)/2)² is theirs: a b is left.
    expect(judge({ mean, draws }, cut, true).squares).toEqual([3, 0])
    expect(judge({ mean, draws }, cut).squares).toEqual([4, 9])
  })

  it('takes the last rows of an estimate and of each draw', () => {
    const mean = ndarray([1, 2, 3], [3, 1])
    const draws = new NdArray('float32', [2, 3, 1], Float32Array.of(1, 2, 3, 4, 5, 6))
    const last = lastRows({ mean, draws }, 2)
    expect(Array.from(last.mean.data)).toEqual([2, 3])
    expect(last.draws?.shape).toEqual([2, 2, 1])
    expect(Array.from(last.draws?.data ?? [])).toEqual([2, 3, 5, 6])
  })
})

describe('own-data: verdicts', () => {
  const parts = ['a', 'a', 'b', 'b']

  it('finds a difference that all observations share, without uncertainty', () => {
    const found = difference(tallyOf([1, 1, 1, 1]), tallyOf([3, 3, 3, 3]), 'rmse', parts)
    expect(found).toEqual({ value: -2, low: -2, high: -2 })
  })

  it('resamples parts, not observations', () => {
    const ours = tallyOf([0, 4, 1, 1])
    const theirs = tallyOf([2, 2, 1, 1])
    // Both parts have a mean error of 2 and 1 on either side: whatever parts are drawn, the CRPS is the same.
    expect(difference(ours, theirs, 'crps', parts)).toEqual({ value: 0, low: 0, high: 0 })
    const apart = difference(ours, theirs, 'crps', ['a', 'b', 'c', 'd'])
    expect(apart.low).toBeLessThan(-0.5)
    expect(apart.high).toBeGreaterThan(0.5)
  })

  it('compares with the best baseline of each measure', () => {
    const baselines = new Map([
      ['near', tallyOf([2, 2, 2, 2])],
      ['far', tallyOf([5, 5, 5, 5])],
    ])
    expect(against(tallyOf([3, 3, 3, 3]), baselines, 'rmse', parts)).toEqual({
      baseline: 'near',
      value: 1,
      low: 1,
      high: 1,
      outcome: 'worse',
    })
  })

  it('meets the targets with four sets of six and not with three', () => {
    const verdict = (value: number) => {
      const found = { baseline: 'linear', value, low: value, high: value }
      const outcome = value < 0 ? ('better' as const) : ('undecided' as const)
      return { error: { ...found, outcome }, crps: { ...found, outcome }, coverage: 0.9 }
    }
    const met = (values: readonly number[]) => targets(values.map(verdict)).map((t) => t.met)
    expect(met([-1, -1, -1, -1, 0, 0])).toEqual([true, true, false, true])
    expect(met([-1, -1, -1, 0, 0, 0])).toEqual([false, true, false, true])
    expect(met([-1, -1, -1, -1, -1, -1])).toEqual([true, true, true, true])
  })
})

describe('own-data: series', () => {
  const series = [Float32Array.from({ length: 64 }, (_, i) => i)]
  const gaps = { runs: { least: 2, most: 4, share: 0.2 }, singles: 0.1 }
  const recording = { name: 'a', size: 16, stride: 8, gaps, noise: 0.5 }
  const windows = windowsOf(series, recording)

  it('shows the same readings in windows that overlap', () => {
    expect(windows.map(({ from }) => from)).toEqual([0, 8, 16, 24, 32, 40, 48])
    for (let i = 0; i + 1 < windows.length; i++) {
      for (const key of ['values', 'measured', 'seen'] as const)
        expect(Array.from(windows[i][key]).slice(8)).toEqual(Array.from(windows[i + 1][key]).slice(0, 8))
    }
  })

  it('puts the windows that are judged last, and hides what is missing', () => {
    const judged = [windows[2], windows[4]]
    const { set, truth, learned } = windowSet(windows, judged, { event: [1, 16], noise: 0.5, range: [0, 64] })
    expect(learned).toBe(7)
    expect(Array.from(truth.data)).toEqual(judged.flatMap(({ values }) => Array.from(values)))
    const last = judged[1].measured.map((v, i) => v * judged[1].seen[i])
    expect(Array.from(set.y.data.subarray(6 * 16))).toEqual(Array.from(last))
  })
})

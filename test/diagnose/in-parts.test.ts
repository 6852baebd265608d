/** Problems that come part by part are judged as if they came at once, to the last digit. */
import { describe, expect, it, test } from 'vitest'
import { leastFactor } from '../../src/diagnose/calibration/least-factor.ts'
import {
  conformalRepair,
  type DiagnosisInput,
  type DiagnosisPart,
  diagnosis,
  diagnosisOfParts,
  regionRepairs,
  repairsInParts,
} from '../../src/diagnose/index.ts'
import { bernoulli, normal, stream, uniform } from '../../src/random/index.ts'
import { NdArray, rows } from '../../src/tensor/index.ts'

const [k, n, event] = [9, 57, [1, 3, 4]] as const
const of = (name: string, shape: readonly number[]) => normal(stream(0, name), shape)
const mask = bernoulli(stream(0, 'mask'), 0.6, [n, ...event])
const entries = new NdArray('float32', mask.shape, Float32Array.from(mask.data, Number))
const truth = of('truth', [n, ...event])
const draws = of('draws', [k, n, ...event])
const shifted = (by: number) =>
  new NdArray(
    'float32',
    truth.shape,
    of('ends', truth.shape).data.map((v) => v + by),
  )

const whole: DiagnosisInput = {
  draws,
  truth,
  entries,
  residuals: { draws: of('r', [k, n, 5]), truth: of('e', [n, 5]) },
  given: of('y', [n, 5]),
  logDensity: { draws: of('q', [k, n]), truth: of('qx', [n]) },
  repaired: [{ level: 0.9, factor: 1.3, low: shifted(-9), high: shifted(9) }],
  reference: { name: 'tds', draws: of('reference', [4, 20, ...event]) },
  range: [-2, 2],
  resolution: 0.01,
}

/** Problems from … to − 1 of arrays [N, ...], and of [K, N, ...]. */
const some = (x: NdArray<'float32'>, from: number, to: number) => rows(x, from, to)
const columns = ({ data, shape: [K, N, ...rest] }: NdArray<'float32'>, from: number, to: number) => {
  const size = data.length / (K * N)
  const parts = Array.from({ length: K }, (_, j) => [
    ...data.subarray((j * N + from) * size, (j * N + to) * size),
  ])
  return new NdArray('float32', [K, to - from, ...rest], Float32Array.from(parts.flat()))
}
const partOf = (from: number, to: number): DiagnosisPart => ({
  draws: columns(draws, from, to),
  truth: some(truth, from, to),
  entries: some(entries, from, to),
  residuals: { draws: columns(of('r', [k, n, 5]), from, to), truth: some(of('e', [n, 5]), from, to) },
  given: some(of('y', [n, 5]), from, to),
  logDensity: { draws: columns(of('q', [k, n]), from, to), truth: some(of('qx', [n]), from, to) },
  repaired: [{ level: 0.9, factor: 1.3, low: some(shifted(-9), from, to), high: some(shifted(9), from, to) }],
})
const bounds = (size: number) =>
  Array.from({ length: Math.ceil(n / size) }, (_, i) => [i * size, Math.min(n, (i + 1) * size)] as const)

describe.each([1, 10, n])('in parts of %i problems', (size) => {
  it('a diagnosis is that of all at once', async () => {
    const { reference, range, resolution } = whole
    const found = await diagnosisOfParts({
      draws: k,
      problems: n,
      event,
      given: 5,
      hasTruth: true,
      ...(reference ? { reference } : {}),
      ...(range ? { range } : {}),
      ...(resolution ? { resolution } : {}),
      each: async (_, take) => {
        for (const [from, to] of bounds(size)) take(partOf(from, to))
      },
    })
    expect(found.findings).toHaveLength(10)
    expect(found).toEqual(diagnosis(whole))
  })

  it('a repair is that of all at once', () => {
    const map = [0, 0, 0, 0, 1, 1, 1, 1, 5, 5, 5, 5]
    const labels = new NdArray('float32', event, Float32Array.from(map))
    const { add, again, whole, regions } = repairsInParts({}, map)
    do {
      for (const [from, to] of bounds(size)) {
        const part = partOf(from, to)
        if (part.truth) add(part.draws, part.truth, part.entries)
      }
    } while (again())
    expect(whole()).toEqual(conformalRepair(draws, truth, { entries }))
    expect(regions()).toEqual(regionRepairs(draws, truth, labels, { entries }))
  })
})

test('problems without truth are judged by their residuals alone', async () => {
  const residuals = { draws: of('r', [k, n, 5]) }
  const found = await diagnosisOfParts({
    draws: k,
    problems: n,
    event,
    hasTruth: false,
    each: async (what, take) => {
      expect(what).toBe('all') // one pass is enough
      for (const [from, to] of bounds(10)) {
        const part = partOf(from, to)
        take({ draws: part.draws, residuals: { draws: columns(residuals.draws, from, to) } })
      }
    },
  })
  expect(found).toEqual(diagnosis({ draws, residuals }))
})

describe('the smallest factor', () => {
  /** By trying all stretches, as its formula says. */
  const tried = (needs: readonly (readonly number[])[], level: number): number => {
    const risk = (gamma: number) =>
      needs.reduce((sum, own) => sum + own.filter((v) => v > gamma).length / own.length, 1) /
      (needs.length + 1)
    return needs
      .flat()
      .sort((a, b) => a - b)
      .reduce((found, gamma) => (found < Infinity || risk(gamma) > 1 - level ? found : gamma), Infinity)
  }
  const found = (needs: readonly (readonly number[])[], level: number) => {
    const { add, again, factor } = leastFactor(level)
    do for (const own of needs) add(own)
    while (again())
    return factor()
  }
  const u = uniform(stream(0, 'needs'), [4000]).data
  const lists = (count: number, each: number, of: (u: number) => number) =>
    Array.from({ length: count }, (_, i) => Array.from(u.subarray(i * each, (i + 1) * each), of))

  it.each([
    ['smooth', (v: number) => Math.tan(v * 1.57)],
    ['of few values, so that the risk often is what it may be', (v: number) => Math.floor(v * 5) / 4],
    ['mostly 0', (v: number) => Math.max(0, v - 0.9)],
    ['of all sizes, and infinite', (v: number) => (v > 0.97 ? Infinity : Math.exp((v - 0.5) * 120))],
    ['alike', () => 1.25],
  ])('is found among stretches that are %s', (_, of) => {
    for (const [count, each] of [
      [9, 7],
      [19, 20],
      [40, 3],
      [99, 40],
    ] as const)
      for (const level of [0.5, 0.8, 0.9]) {
        const needs = lists(count, each, of)
        expect(found(needs, level)).toBe(tried(needs, level))
      }
  })

  it('is infinite where so few problems guarantee nothing', () => {
    expect(
      found(
        lists(8, 10, (v) => v),
        0.9,
      ),
    ).toBe(Infinity)
  })
})

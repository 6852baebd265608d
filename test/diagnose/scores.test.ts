import { describe, expect, it } from 'vitest'
import { cellTest, crps, energyScore, klByQuadrature } from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { average, type NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'

const normals = (name: string, shape: number[]): NdArray<'float32'> => normal(stream(0, name), shape)

describe('scores', () => {
  it('CRPS of N(0, 1) at 0 is (√2 − 1)/√π, at 1 by its closed form', () => {
    const draws = normals('draws', [20000, 2])
    const [atNought, atOne] = crps(draws, ndarray([0, 1], [2]))
    expect(atNought).toBeCloseTo((Math.SQRT2 - 1) / Math.sqrt(Math.PI), 2)
    // x (2Φ(x) − 1) + 2φ(x) − 1/√π (Gneiting & Raftery 2007), Φ(1) = 0.841345.
    const phi = Math.exp(-0.5) / Math.sqrt(2 * Math.PI)
    expect(atOne).toBeCloseTo(2 * 0.841345 - 1 + 2 * phi - 1 / Math.sqrt(Math.PI), 2)
  })

  it('CRPS of one draw is its error, and entries that do not count are left out', () => {
    const [score] = crps(ndarray([1, 9], [1, 1, 2]), ndarray([0, 0], [1, 2]), {
      entries: ndarray([1, 0], [1, 2]),
    })
    expect(score).toBe(1)
  })

  it('the energy score in one dimension is the CRPS', () => {
    const [draws, truth] = [normals('draws', [7, 5, 1]), normals('truth', [5, 1])]
    const [a, b] = [crps(draws, truth), energyScore(draws, truth)]
    for (let i = 0; i < 5; i++) expect(b[i]).toBeCloseTo(a[i], 6)
  })

  it('the energy score prefers draws with the right dependence, which CRPS cannot tell', () => {
    const z = toNumbers(normals('pair', [100, 2000, 1]))
    const w = toNumbers(normals('other', [100, 2000, 1]))
    const t = toNumbers(normals('t', [2000, 1]))
    const truth = ndarray(
      t.flatMap((v) => [v, v]),
      [2000, 2],
    )
    const together = ndarray(
      z.flatMap((v) => [v, v]),
      [100, 2000, 2],
    )
    const apart = ndarray(
      z.flatMap((v, i) => [v, w[i]]),
      [100, 2000, 2],
    )
    expect(average(crps(together, truth)) / average(crps(apart, truth))).toBeCloseTo(1, 1)
    expect(average(energyScore(together, truth))).toBeLessThan(average(energyScore(apart, truth)) - 0.005)
  })
})

it('KL of two Gaussians by quadrature is the closed form, whatever p is scaled by', () => {
  const p = (x: number, y: number) => 5 - (x ** 2 + y ** 2) / (2 * 0.25)
  const q = (x: number, y: number) => -Math.log(2 * Math.PI) - ((x - 0.3) ** 2 + y ** 2) / 2
  const want = Math.log(1 / 0.25) + 0.25 - 1 + 0.3 ** 2 / 2
  expect(klByQuadrature(p, q, { range: [-6, 6] })).toBeCloseTo(want, 5)
  expect(klByQuadrature(q, q, { range: [-8, 8] })).toBeCloseTo(0, 5)
})

describe('cells given y', () => {
  const [K, N] = [20, 400]
  /** x given y is ±1 about y, either with probability ½; the draws stay between, with the same variance. */
  const problem = (seed: number) => {
    const of = (name: string, shape: number[]) => toNumbers(normal(stream(seed, name), shape))
    const y = of('y', [N])
    const member = (e: number, side: number) => 0.2 * e + Math.sign(side)
    const truth = of('e', [N]).map((e, i) => y[i] + member(e, of('s', [N])[i]))
    const [e, s] = [of('draw e', [K * N]), of('draw s', [K * N])]
    const exact = e.map((v, i) => y[i % N] + member(v, s[i]))
    const between = s.map((v, i) => y[i % N] + Math.sqrt(1.04) * v)
    const as = (values: number[], shape: number[]) => ndarray(values, shape)
    return {
      given: as(y, [N, 1]),
      truth: as(truth, [N, 1]),
      exact: as(exact, [K, N, 1]),
      between: as(between, [K, N, 1]),
    }
  }

  it('passes draws of the posterior as often as the level says', () => {
    const values = Array.from({ length: 20 }, (_, seed) => {
      const { exact, truth, given } = problem(seed)
      return cellTest(exact, truth, { given, permutations: 199 }).pValue
    })
    expect(values.filter((p) => p < 0.05).length).toBeLessThanOrEqual(3)
    expect(average(values)).toBeGreaterThan(0.3)
  })

  it('sees draws between the modes, most clearly when it is told y', () => {
    const { between, truth, given } = problem(0)
    expect(cellTest(between, truth, { given }).pValue).toBeLessThan(0.005)
  })

  it('does not depend on the units', () => {
    const { between, exact, truth, given } = problem(1)
    const times = (x: NdArray, by: number) =>
      ndarray(
        toNumbers(x).map((v) => by * v),
        x.shape,
      )
    for (const draws of [between, exact])
      expect(cellTest(times(draws, 64), times(truth, 64), { given: times(given, 0.125) })).toEqual(
        cellTest(draws, truth, { given }),
      )
  })
})

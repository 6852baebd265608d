/** What is told of observations on the globe, whose last entries are padding, and ranges of it. */
import { describe, expect, it } from 'vitest'
import { observe } from '../../../src/observations/index.ts'
import { evidenceOf, rangesAt } from '../../../src/run/trust/evidence.ts'
import { NdArray, ndarray, zeros } from '../../../src/tensor/index.ts'

const [ROWS, COLUMNS, COUNT] = [3, 4, 24]
const POINTS = ROWS * COLUMNS
const LENGTH = 16

/** The poles four times each, and four points of the equator. */
const places = Array.from({ length: POINTS }, (_, i) => {
  const [latitude, longitude] = [
    Math.PI * (0.5 - Math.floor(i / COLUMNS) / (ROWS - 1)),
    (2 * Math.PI * (i % COLUMNS)) / COLUMNS,
  ]
  return [
    Math.cos(latitude) * Math.cos(longitude),
    Math.cos(latitude) * Math.sin(longitude),
    Math.sin(latitude),
  ]
})

const globe = () =>
  observe(zeros([COUNT, 1, LENGTH]), {
    operator: { name: 'masks', settings: { kinds: 'random, patches' } },
    noise: { from: 0.01, to: 0.3 },
    view: { kind: 'globe', rows: ROWS, columns: COLUMNS },
    valid: new NdArray(
      'float32',
      [LENGTH],
      Float32Array.from({ length: LENGTH }, (_, i) => (i < POINTS ? 1 : 0)),
    ),
    places: () => [...places, ...Array.from({ length: LENGTH - POINTS }, () => [0, 0, 0])],
    seed: 1,
  })

describe('evidence', () => {
  it('of points counts those that there are, holes as straight lines', async () => {
    const set = await globe()
    const { seen, hole } = evidenceOf(set, { residuals: new Float64Array(COUNT) }).evidence
    const { mask } = set.operator.parameters
    const far = (i: number, j: number) => Math.hypot(...places[i].map((v, axis) => v - places[j][axis]))
    for (let n = 0; n < COUNT; n++) {
      const at = Array.from({ length: POINTS }, (_, i) => i).filter((i) => mask.data[n * LENGTH + i] === 1)
      expect(seen?.[n]).toBe(at.length / POINTS)
      const nearest = places.map((_, i) => Math.min(...at.map((j) => far(i, j))))
      expect(hole?.[n]).toBeCloseTo(Math.max(...nearest), 6)
    }
  })

  it('of draws is their mean, of log q what is not expected of mask and noise', async () => {
    const set = await globe()
    const residuals = Float64Array.from({ length: 2 * COUNT }, (_, k) => (k < COUNT ? k : 3 * (k - COUNT)))
    const { seen = [], noise = [] } = evidenceOf(set, { residuals }).evidence
    // Two draws of each, one above and one below 7 + 3 f − 2 f log s; that of observation 5 is higher.
    const mean = (i: number): number => 7 + 3 * seen[i] - 2 * seen[i] * Math.log(noise[i])
    const logq = (surplus: number) =>
      ndarray(
        [-1, 1].flatMap((d) =>
          Array.from({ length: COUNT }, (_, i) => d + mean(i) + (i === 5 ? surplus : 0)),
        ),
        [2, COUNT],
      )
    const exact = evidenceOf(set, { residuals, logq: logq(0) })
    expect(exact.expectedLogq).toEqual([7, 3, -2].map((b) => expect.closeTo(b, 3)))
    expect(Array.from(exact.evidence.residual ?? [])).toEqual(Array.from({ length: COUNT }, (_, i) => 2 * i))
    expect(rangesAt(exact.evidence, [3, 1, 2])).toMatchObject({
      residual: { from: 2, to: 6 },
      excess: { from: expect.closeTo(0, 4), to: expect.closeTo(0, 4) },
    })
    const { excess = [] } = evidenceOf(set, { residuals, logq: logq(100) }).evidence
    expect(Array.from(excess).indexOf(Math.max(...Array.from(excess)))).toBe(5)
    // Least squares leave nothing on average.
    expect(Array.from(excess).reduce((sum, e) => sum + e, 0)).toBeCloseTo(0, 3)
  })

  it('that is not finite has no range', () => {
    const nothing = { hole: [Number.POSITIVE_INFINITY, 2, 1], edges: [Number.NaN, 1, 1] }
    expect(rangesAt(nothing, [0])).toEqual({})
    expect(rangesAt(nothing, [0, 1, 2])).toEqual({ hole: { from: 1, to: 2 }, edges: expect.anything() })
  })
})

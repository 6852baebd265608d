/** Statistics of draws that the pages show, against the library's own and closed forms. */
import fc from 'fast-check'
import { Matrix, SVD } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { centralInterval, coverage, meanOverDraws, stdOverDraws } from '../../../src/diagnose/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { endsOf } from '../../../web/look/ends.ts'
import {
  addGram,
  along,
  componentPieces,
  componentsOf,
  emptyGram,
} from '../../../web/posterior/components.ts'
import type { Draws } from '../../../web/posterior/draws.ts'
import { exceedance, exceedancePieces } from '../../../web/posterior/exceedance.ts'
import { histogramOf, spannedHistogram } from '../../../web/posterior/histogram.ts'
import { symmetricEigen } from '../../../web/posterior/jacobi.ts'
import { errorOf, insideShare, sideOf, zScoreOf } from '../../../web/posterior/judged.ts'
import { type Pieces, sliced } from '../../../web/posterior/pieces.ts'
import { quantise, restored } from '../../../web/posterior/quantise.ts'
import { drawsOf, quantitiesOf } from '../../../web/posterior/quantities.ts'
import { regional, regionalPieces } from '../../../web/posterior/regional.ts'
import { meanOf } from '../../../web/posterior/signals.ts'
import { inSlices } from '../../../web/posterior/slices.ts'
import { drawsAt, emptySummary, quantileOf, summarise } from '../../../web/posterior/summary.ts'

const [K, H, W] = [23, 5, 4]
const P = H * W

const image = (values: Float32Array, channels = 1): Draws => ({
  name: 'test',
  look: { kind: 'image', channels, height: H, width: W },
  count: values.length / (channels * P),
  size: channels * P,
  values,
})

const random = normal(stream(1, 'draws'), [K, 1, 1, H, W])
const truth = normal(stream(1, 'truth'), [1, 1, H, W])
const draws: Draws = { ...image(random.data), truth: truth.data }

const summary = (() => {
  const made = emptySummary(P)
  summarise(draws, made, 0, 7)
  summarise(draws, made, 7, P)
  return made
})()

describe('summary', () => {
  it('mean and deviation are those of the library', () => {
    expect([...summary.mean]).toEqual([...meanOverDraws(random).data].map((v) => expect.closeTo(v, 6)))
    expect([...summary.deviation]).toEqual([...stdOverDraws(random).data].map((v) => expect.closeTo(v, 6)))
    expect([...meanOf(draws)]).toEqual([...meanOverDraws(random).data].map((v) => expect.closeTo(v, 6)))
  })

  it('quantiles are the central interval of the library', () => {
    for (let p = 0; p < P; p++) {
      const [low, median, high] = centralInterval(drawsAt(draws, p).sort(), 0.9)
      expect([summary.low[p], summary.median[p], summary.high[p]]).toEqual(
        [low, median, high].map((v) => expect.closeTo(v, 6)),
      )
    }
  })

  it('quantiles of few draws: of one itself, of two their ends', () => {
    expect(quantileOf([3], 0.95)).toBe(3)
    expect(quantileOf([3, 5], 0.05)).toBe(3)
    expect(quantileOf([3, 5], 0.5)).toBe(4)
    expect(quantileOf([3, 5], 0.95)).toBe(5)
  })

  it('an interval of 19 draws holds the truth as often as the library counts it', () => {
    const many = normal(stream(2, 'draws'), [19, 400, 1])
    const real = normal(stream(2, 'truth'), [400, 1])
    const own: Draws = {
      name: '',
      look: { kind: 'series', channels: 1, length: 400 },
      count: 19,
      size: 400,
      values: many.data,
    }
    const made = emptySummary(400)
    summarise(own, made, 0, 400)
    const side = sideOf(made, real.data)
    const [{ observed }] = coverage(many, real, { levels: [0.9] })
    expect(insideShare(side, () => true)).toBeCloseTo(observed, 6)
  })

  it('slices do all of the work, in order, and stop when called off', async () => {
    const seen: [number, number][] = []
    expect(
      await inSlices(10, 4, (from, to) => void seen.push([from, to]), new AbortController().signal),
    ).toBe(true)
    expect(seen).toEqual([
      [0, 4],
      [4, 8],
      [8, 10],
    ])
    expect(await inSlices(10, 4, () => undefined, AbortSignal.abort())).toBe(false)
  })

  it('what is made in pieces is what is made at once', async () => {
    const { signal } = new AbortController()
    const inThrees = <T>(pieces: Pieces<T>) => sliced({ ...pieces, size: 3 }, signal)
    const marks = Uint8Array.from({ length: P }, (_, p) => Number(p % 3 === 0))
    const products = emptyGram(K)
    addGram(products, draws, summary.mean, [0, P])
    expect(await inThrees(exceedancePieces(draws, 0.3))).toEqual(exceedance(draws, 0.3))
    expect(await inThrees(regionalPieces(draws, marks, 0.3))).toEqual(regional(draws, marks, 0.3))
    expect(await inThrees(componentPieces(draws, summary.mean, products))).toEqual(
      componentsOf(draws, summary.mean, products),
    )
    expect(await sliced(exceedancePieces(draws, 0.3), AbortSignal.abort())).toBeUndefined()
  })
})

describe('judged by the truth', () => {
  const own = {
    mean: Float32Array.of(1, 2, 3, 4),
    deviation: Float32Array.of(0.5, 1, 0, 0),
    low: Float32Array.of(0, 1, 3, 4),
    median: Float32Array.of(1, 2, 3, 4),
    high: Float32Array.of(2, 3, 3, 4),
  }
  const real = Float32Array.of(2, -1, 3, 5)
  it('error, z-score, side of the interval', () => {
    expect([...errorOf(own, real)]).toEqual([-1, 3, 0, -1])
    expect([...zScoreOf(own, real)]).toEqual([2, -3, 0, Number.POSITIVE_INFINITY])
    expect([...sideOf(own, real)]).toEqual([0, -1, 0, 1])
    expect(insideShare(sideOf(own, real), (p) => p < 3)).toBeCloseTo(2 / 3)
  })
})

describe('exceedance', () => {
  it('is the share of the draws above u', () => {
    const share = exceedance(draws, 0.3)
    for (let p = 0; p < P; p++)
      expect(share[p]).toBeCloseTo(drawsAt(draws, p).filter((v) => v > 0.3).length / K, 6)
  })
})

describe('histogram', () => {
  it('counts every value once', () =>
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1 }), (values) => {
        const { counts, edges } = spannedHistogram(values)
        expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length)
        expect(edges.length).toBe(counts.length + 1)
      }),
    ))
  it('puts values where they belong', () => {
    expect(histogramOf([0, 0.1, 0.5, 0.99, 1], 0, 1, 2).counts).toEqual([2, 3])
  })
})

describe('a region', () => {
  // Three draws of a row of three: the region is the last two places.
  const own: Draws = {
    name: '',
    look: { kind: 'series', channels: 1, length: 3 },
    count: 3,
    size: 3,
    values: Float32Array.of(9, 1, 2, 9, 4, 3, 9, 0, 6),
    truth: Float32Array.of(9, 5, 1),
  }
  const { places, distributions, peak } = regional(own, Uint8Array.of(0, 1, 1), 2.5)
  it('mean, sum, maximum and area of each draw', () => {
    expect(places).toBe(2)
    expect(distributions.map(({ name, values, truth }) => [name, [...values], truth])).toEqual([
      ['mean', [1.5, 3.5, 3], 3],
      ['sum', [3, 7, 6], 6],
      ['maximum', [2, 4, 6], 5],
      ['places above the threshold', [0, 2, 1], 1],
      ['entry of the maximum', [3, 2, 3], 2],
    ])
  })
  it('their distribution', () => {
    const [mean] = distributions
    expect(mean.mean).toBeCloseTo(8 / 3)
    expect(mean.deviation).toBeCloseTo(Math.sqrt(13 / 12))
    expect([mean.low, mean.median, mean.high]).toEqual([1.5, 3, 3.5])
  })
  it('where the maximum is', () => {
    expect([...peak.places]).toEqual([2, 1, 2])
    expect(peak.place).toBe(2)
    expect(peak.share).toBeCloseTo(2 / 3)
    expect(peak.truth).toBe(1)
  })
})

describe('components', () => {
  it('eigenvalues and vectors of a symmetric matrix', () => {
    const { values, vectors } = symmetricEigen([Float64Array.of(2, 1), Float64Array.of(1, 2)])
    expect([...values]).toEqual([expect.closeTo(3, 12), expect.closeTo(1, 12)])
    expect(Math.abs(vectors[0][0])).toBeCloseTo(Math.SQRT1_2, 12)
    expect(vectors[0][0]).toBeCloseTo(vectors[0][1], 12)
  })

  const gram = (among?: ArrayLike<number>) => {
    const products = emptyGram(K)
    const total = among?.length ?? P
    for (let p = 0; p < total; p += 3)
      addGram(products, draws, summary.mean, [p, Math.min(p + 3, total)], among)
    return products
  }

  it('are the singular value decomposition of the centred draws', () => {
    const centred = new Matrix(
      Array.from({ length: K }, (_, k) =>
        Array.from({ length: P }, (_, p) => draws.values[k * P + p] - summary.mean[p]),
      ),
    )
    const svd = new SVD(centred)
    const whole = svd.diagonal.reduce((sum, s) => sum + s * s, 0)
    const found = componentsOf(draws, summary.mean, gram(), 4)
    found.forEach(({ share, deviation, pattern, scores }, j) => {
      expect(share).toBeCloseTo(svd.diagonal[j] ** 2 / whole, 6)
      expect(deviation).toBeCloseTo(svd.diagonal[j] / Math.sqrt(K - 1), 5)
      const right = svd.rightSingularVectors.getColumn(j)
      const sign = Math.sign(right.reduce((sum, v, p) => sum + v * pattern[p], 0))
      for (let p = 0; p < P; p++) expect(pattern[p]).toBeCloseTo(sign * deviation * right[p], 5)
      const variance = scores.reduce((sum, s) => sum + s * s, 0) / (K - 1)
      expect(variance).toBeCloseTo(1, 6)
    })
  })

  it('all of them give each draw back', () => {
    const all = componentsOf(draws, summary.mean, gram(), K)
    const back = Float64Array.from(summary.mean, (m, p) =>
      all.reduce((sum, c) => sum + c.scores[4] * c.pattern[p], m),
    )
    for (let p = 0; p < P; p++) expect(back[p]).toBeCloseTo(draws.values[4 * P + p], 5)
    expect(along(summary.mean, all[0], 2)[3]).toBeCloseTo(summary.mean[3] + 2 * all[0].pattern[3], 5)
  })

  it('of a region: how everything goes with what varies there', () => {
    const place = 6
    const [first] = componentsOf(draws, summary.mean, gram([place]), 1)
    // Of a single place, the component is that place itself: others by their covariance with it.
    const at = (p: number, k: number) => draws.values[k * P + p] - summary.mean[p]
    for (let p = 0; p < P; p++) {
      let covariance = 0
      for (let k = 0; k < K; k++) covariance += (at(p, k) * at(place, k)) / (K - 1)
      expect(Math.abs(first.pattern[p])).toBeCloseTo(Math.abs(covariance) / summary.deviation[place], 5)
    }
    expect(first.share).toBeCloseTo(1, 9)
  })
})

describe('quantities', () => {
  it('magnitude and phase of two channels, brightness of three', () => {
    const complex = image(
      Float32Array.from({ length: 2 * P }, (_, i) => (i < P ? 3 : -4)),
      2,
    )
    const [magnitude, phase, real] = quantitiesOf(complex)
    expect(drawsOf(complex, magnitude).values[0]).toBe(5)
    expect(drawsOf(complex, phase).values[P - 1]).toBeCloseTo(Math.atan2(-4, 3))
    expect(drawsOf(complex, phase).range).toBeUndefined()
    expect(drawsOf({ ...complex, range: [0, 1] }, phase).range).toEqual([-Math.PI, Math.PI])
    expect(drawsOf(complex, real).values[2]).toBe(3)
    const colours = image(
      Float32Array.from({ length: 3 * P }, (_, i) => Math.floor(i / P)),
      3,
    )
    expect(drawsOf(colours, quantitiesOf(colours)[0]).values).toEqual(new Float32Array(P).fill(1))
  })
  it('of one channel nothing is copied', () => {
    expect(drawsOf(draws, quantitiesOf(draws)[0])).toBe(draws)
  })
})

describe('quantised', () => {
  it('no value is further away than it says, and that is half a step', () => {
    for (const bits of [8, 16] as const) {
      const made = quantise(random.data, bits)
      const back = restored(made)
      const worst = random.data.reduce((most, v, i) => Math.max(most, Math.abs(v - back[i])), 0)
      expect(worst).toBe(made.error)
      expect(made.error).toBeLessThanOrEqual((0.5001 * (made.high - made.low)) / (2 ** bits - 1) + 1e-6)
    }
  })
  it('constants come back', () => {
    expect([...restored(quantise(Float32Array.of(2, 2), 8))]).toEqual([2, 2])
  })
})

describe('the scale of colours', () => {
  it('is that of the data, else of pictures the truth, else of all draws', () => {
    const ends = (of: Float32Array) => ({ low: Math.min(...of), high: Math.max(...of) })
    expect(endsOf({ ...draws, range: [0, 1] })).toEqual({ low: 0, high: 1 })
    expect(endsOf(draws)).toEqual(ends(truth.data))
    expect(endsOf({ ...draws, truth: undefined })).toEqual(ends(random.data))
    // Charts show draws beyond the truth.
    const series: Draws = { ...draws, look: { kind: 'series', channels: 1, length: P } }
    expect(endsOf(series)).toEqual(ends(Float32Array.of(...random.data, ...truth.data)))
  })
})

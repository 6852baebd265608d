import { describe, expect, test } from 'vitest'
import { diagnosis, rankBand, rankUniformity } from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { diagnosisReport, ecdfChart, shareChart, summaryOf } from '../../src/report/index.ts'
import { NdArray } from '../../src/tensor/index.ts'

const draws = normal(stream(0, 'draws'), [9, 60, 1, 4, 4])
const truth = normal(stream(0, 'truth'), [60, 1, 4, 4])
const narrow = new NdArray(
  'float32',
  draws.shape,
  draws.data.map((v) => v / 3),
)

describe('diagnosisReport', () => {
  test('says what is wrong in words and draws every figure, with nothing loaded from elsewhere', () => {
    const found = diagnosis({ draws: narrow, truth, residuals: { draws: narrow } })
    expect(summaryOf(found)).toBe('7 of 7 tests find the draws miscalibrated.')
    const page = diagnosisReport({ title: 'a < b', diagnosis: found })
    expect(page).toContain('<h1>a &lt; b</h1>')
    expect(page.match(/<svg class="chart"/g)?.length).toBe(5)
    for (const { words } of found.findings) expect(page).toContain(words.replaceAll('<', '&lt;'))
    expect(page).not.toMatch(/<script|src="http|NaN/)
    expect(page).toContain('What these tests cannot see')
  })

  test('says what it could not judge', () => {
    const found = diagnosis({ draws, residuals: { draws } })
    expect(summaryOf(found)).toBe(
      'No test finds the draws miscalibrated. ' +
        'Without the truth, only the fit to the observations can be judged.',
    )
    expect(diagnosisReport({ title: 'x', diagnosis: found })).not.toContain('<h2>Ranks</h2>')
  })
})

describe('a page of draws whose density is known, and that are repaired', () => {
  test('says the repair first, charts the ranks of log q, and what the repaired intervals hold', () => {
    const truth = normal(stream(5, 'x'), [60, 2])
    const draws = normal(stream(5, 'z'), [9, 60, 2])
    const low = new NdArray('float32', [60, 2], new Float32Array(120).fill(-Infinity))
    const high = new NdArray('float32', [60, 2], new Float32Array(120).fill(Infinity))
    const logDensity = { draws: normal(stream(6, 'z'), [9, 60]), truth: normal(stream(6, 'x'), [60]) }
    const repaired = [{ level: 0.8, factor: 1.5, low, high }]
    const plain = diagnosisReport({ title: 'x', diagnosis: diagnosis({ draws, truth }) })
    const found = diagnosis({ draws, truth, logDensity, repaired })
    const page = diagnosisReport({ title: 'x', note: 'Repaired.', diagnosis: found })
    expect(page).toContain(`<p class="lead">Repaired. ${summaryOf(found)}</p>`)
    expect(page).toContain('80 % intervals (stretched by 1.50) hold the truth in 100.0 %')
    expect(page).toContain('>repaired<')
    expect([page, plain].map((p) => p.includes('The log-density of the truth'))).toEqual([true, false])
    expect(plain).not.toContain('misfit')
  })

  test('names the reference among what can be judged without truth', () => {
    const [draws, reference] = [normal(stream(7, 'a'), [9, 20, 2]), normal(stream(7, 'b'), [9, 20, 2])]
    const found = diagnosis({ draws, reference: { name: 'tds', draws: reference } })
    expect(summaryOf(found)).toContain('the likeness to the reference can be judged')
  })
})

describe('ecdfChart', () => {
  test('draws a line that leaves the band for ranks that are all low', () => {
    const ranks = rankUniformity(new Int32Array(50), 9)
    const { markup } = ecdfChart([{ name: 'x', ranks }], rankBand(50, 9))
    const ys = (path: string) => [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y))
    const [band, line] = [...markup.matchAll(/class="(?:area s4|line)" d="([^"]+)"/g)].map(([, d]) => ys(d))
    expect(Math.min(...line)).toBeLessThan(Math.min(...band) - 20)
  })
})

describe('shareChart', () => {
  test('gives bars heights in proportion', () => {
    const { markup } = shareChart({
      shares: Float64Array.of(0.2, 0.4, 0.4),
      standardErrors: Float64Array.of(0.01, 0.02, Number.NaN),
    })
    const heights = [...markup.matchAll(/height="([\d.]+)"\/>/g)].map(([, h]) => Number(h))
    expect(heights.length).toBe(3)
    expect(heights[1] / heights[0]).toBeCloseTo(2, 1)
    expect(markup).not.toContain('NaN')
  })
})

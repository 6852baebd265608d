import { expect, test } from 'vitest'
import { html } from '../../src/report/html.ts'
import { lineChart } from '../../src/report/index.ts'
import { learningCurves } from '../../src/report/learning-curves.ts'
import type { JournalLine } from '../../src/run/index.ts'

const loss = (lap: number, step: number, value: number): JournalLine => ({
  event: 'loss',
  lap,
  step,
  loss: value,
  seconds: 0,
})

const held = (of: string, lap: number, rmse: number): JournalLine => ({
  event: 'held',
  of,
  lap,
  rmse,
  crps: rmse / 2,
  coverage90: 0.8,
  seconds: 0,
})

test('the loss runs over the steps of all laps, and says what 1 means', () => {
  const [chart] = learningCurves([loss(1, 20, 0.9), loss(1, 60, 0.8), loss(2, 20, 0.85)], true)
  expect(chart.series[0].points).toEqual([
    [20, 0.9],
    [60, 0.8],
    [80, 0.85],
  ])
  expect(chart.guides).toEqual([{ label: 'knows only the variance', y: 1 }])
  expect(chart.caption).toMatch(/at 1, the network denoises/)
  const [other] = learningCurves([loss(0, 20, 3), loss(0, 40, 2)], false)
  expect(other.guides).toBeUndefined()
})

test('a loss within less than a power of ten has ticks: its scale can be read', () => {
  const [chart] = learningCurves([loss(1, 20, 0.87), loss(1, 40, 0.93)], false)
  const { markup } = lineChart(chart)
  const levels = [...markup.matchAll(/text-anchor="end">([\d.]+)</g)].map(([, label]) => Number(label))
  expect(levels.length).toBeGreaterThan(2)
  for (const level of levels) expect(level >= 0.87 && level <= 0.93).toBe(true)
})

test('figures of held-out measurements by lap, as judged last, beside those of the Gaussian', () => {
  const journal = [
    held('gaussian', 0, 3),
    held('network', 1, 9),
    held('network', 1, 2.5),
    held('network', 2, 2),
  ]
  const [rmse, crps, coverage] = learningCurves(journal, true)
  const points = [
    [1, 2.5],
    [2, 2],
  ]
  expect(rmse.series).toMatchObject([{ name: 'network', points }])
  expect(rmse.guides).toEqual([{ label: 'Gaussian start', y: 3 }])
  expect(crps.series[0].points.map(([, y]) => y)).toEqual([1.25, 1])
  expect(coverage.guides).toEqual([
    { label: 'Gaussian start', y: 0.8 },
    { label: 'calibrated', y: 0.9 },
  ])
  expect(html`${[rmse, crps, coverage].map(lineChart)}`.markup).toContain('90 % intervals')
})

test('a journal that has just begun has no charts', () => {
  expect(learningCurves([], true)).toEqual([])
  expect(learningCurves([loss(1, 20, 1)], true)).toEqual([])
})

import { describe, expect, it } from 'vitest'
import { baselineNamed } from '../../src/baselines/index.ts'
import {
  type BaselineCell,
  type Bench,
  baselineCells,
  baselineWins,
  cellKey,
  type Entry,
  type GuidedCell,
  labelOf,
  measure,
  observed,
  resultsTables,
} from '../../src/compare/index.ts'
import { exponentialSchedule, gaussianDenoiser, standardGaussian } from '../../src/diffusion/index.ts'
import { stream, uniform } from '../../src/random/index.ts'
import { ndarray, zeros } from '../../src/tensor/index.ts'

const task = { name: 'deletion', operator: { name: 'mask', settings: { keep: 0.5 } }, noise: 0.05 }
const shared = { task, images: 2, seed: 0 }
const kriging: BaselineCell = { ...shared, kind: 'baseline', baseline: 'kriging', settings: {}, draws: 4 }
const guided: GuidedCell = { ...shared, kind: 'guided', method: 'dps', settings: {}, steps: 10, draws: 4 }
const setup = { prior: 'p', truth: 't', features: 'f' }

describe('the cell of a baseline', () => {
  it('keeps its figures whatever the prior is, and not when the data or its settings change', () => {
    const key = cellKey(kriging, setup)
    expect(cellKey(kriging, { ...setup, prior: 'q' })).toBe(key)
    expect(cellKey({ ...kriging, settings: { kernel: 'exponential' } }, setup)).toBe(key)
    expect(cellKey({ ...kriging, settings: { kernel: 'matern32' } }, setup)).not.toBe(key)
    expect(cellKey(kriging, { ...setup, truth: 'u' })).not.toBe(key)
  })

  it('stands once for each task, with draws where there are any', () => {
    const specs = ['tv', 'kriging'].map((name) => ({ entry: baselineNamed(name), settings: {} }))
    const cells = baselineCells(specs, [task], { images: 2, draws: 4, seed: 0 })
    expect(cells.map(({ baseline, draws }) => [baseline, draws])).toEqual([
      ['tv', 1],
      ['kriging', 4],
    ])
    expect(cells.map(labelOf)).toEqual(['total variation', 'kriging'])
    expect(labelOf({ ...cells[1], settings: { kernel: 'matern32' } })).toBe('kriging kernel=matern32')
  })

  it('has the figures of others: of a point estimate CRPS is the absolute error', async () => {
    const truth = uniform(stream(0, 'truth'), [2, 1, 12, 12])
    const bench: Bench = {
      truth,
      sets: await observed(task, truth, 0),
      view: { kind: 'image' },
      prior: {
        denoiser: gaussianDenoiser(standardGaussian(144)),
        mean: zeros([144]),
        event: [1, 12, 12],
        schedule: exponentialSchedule(),
        range: [0, 1],
      },
    }
    const nearest = { ...kriging, baseline: 'nearest', draws: 1 }
    const { mean } = await baselineNamed('nearest').make()(bench.sets.known)
    const error = mean.data.reduce((sum, v, i) => sum + Math.abs(v - truth.data[i]), 0) / mean.size
    const { figures } = await measure(nearest, bench)
    expect(figures.crps).toBeCloseTo(error, 6)
    expect(figures.coverage).toBeUndefined()
    const sure = await measure(kriging, bench)
    expect(sure.draws.shape).toEqual([4, 2, 1, 12, 12])
    expect(sure.figures.coverage?.level).toBe(0.5)
  })
})

describe('the first line', () => {
  const figures = {
    psnr: 20,
    mse: 0.01,
    psnrMean: 22,
    residual: 1,
    sound: 1,
    evaluations: 0,
    vjps: 0,
    seconds: 1,
    perStep: 1,
    perMeasurement: 1,
    peakMemory: 1,
    growth: 0,
  }
  const entry = (cell: Entry['cell'], mseMean: number, crps: number | undefined): Entry => ({
    cell,
    figures: { ...figures, mseMean, crps },
    pictures: ndarray([0], [1, 1, 1, 1]),
  })

  it('says where a baseline wins, and only there', () => {
    expect(baselineWins([entry(kriging, 0.04, 0.1), entry(guided, 0.09, 0.05)])).toEqual([
      'deletion: a simple baseline wins, RMSE of the mean of kriging 0.200, of DPS in 10 steps 0.300',
    ])
    expect(baselineWins([entry(kriging, 0.09, 0.1), entry(guided, 0.04, undefined)])).toEqual([])
    expect(baselineWins([entry(kriging, 0.09, 0.1)])).toEqual([])
  })

  it('stands above a table in which a baseline has no steps', () => {
    const [{ rows }] = resultsTables([entry(kriging, 0.04, 0.1), entry(guided, 0.09, 0.05)])
    expect(rows.map(([label, steps]) => [label, steps])).toEqual([
      ['kriging', '–'],
      ['DPS', 10],
    ])
  })
})

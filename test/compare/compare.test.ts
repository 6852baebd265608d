import { describe, expect, it } from 'vitest'
import {
  type Cell,
  cellKey,
  type DistilledCell,
  type Entry,
  type GuidedCell,
  gridOf,
  labelOf,
  markdownOf,
  resultsTables,
  tune,
} from '../../src/compare/index.ts'
import { methodSpec } from '../../src/posterior/index.ts'
import { ndarray } from '../../src/tensor/index.ts'

const task = { name: 'deletion', operator: { name: 'mask', settings: { keep: 0.25 } }, noise: 0.05 }
const cell: GuidedCell = {
  kind: 'guided',
  method: 'dps',
  settings: {},
  steps: 10,
  task,
  images: 4,
  draws: 3,
  seed: 0,
}
const setup = { prior: 'p', truth: 't', features: 'f' }

describe('the name of a cell', () => {
  it('does not depend on the order of fields, nor on defaults being spelt out', () => {
    const reordered: Cell = {
      kind: 'guided',
      seed: 0,
      draws: 3,
      images: 4,
      task,
      steps: 10,
      settings: { zeta: 1 },
      method: 'dps',
    }
    expect(cellKey(reordered, { features: 'f', truth: 't', prior: 'p' })).toBe(cellKey(cell, setup))
  })

  it.each<[string, Partial<GuidedCell>]>([
    ['method', { method: 'mcg' }],
    ['settings', { settings: { zeta: 2 } }],
    ['steps', { steps: 11 }],
    ['task', { task: { ...task, noise: 0.1 } }],
    ['operator', { task: { ...task, operator: { name: 'mask', settings: { keep: 0.5 } } } }],
    ['images', { images: 5 }],
    ['draws', { draws: 4 }],
    ['seed', { seed: 1 }],
  ])('changes with the %s', (_, change) => {
    expect(cellKey({ ...cell, ...change }, setup)).not.toBe(cellKey(cell, setup))
  })

  it('changes with the prior and the test data', () => {
    expect(cellKey(cell, { ...setup, prior: 'q' })).not.toBe(cellKey(cell, setup))
    expect(cellKey(cell, { ...setup, truth: 'u' })).not.toBe(cellKey(cell, setup))
  })
})

/** A contender as labels take it. */
const guided = (text: string) => ({ kind: 'guided', ...methodSpec(text) }) as const

describe('a distilled cell', () => {
  const sampler = { name: 'flow', digest: 'd' }
  const one: DistilledCell = { kind: 'distilled', sampler, task, images: 4, draws: 1, seed: 0 }

  it('is known by the file of its sampler, not by what tables call it', () => {
    const renamed = { ...one, sampler: { ...sampler, name: 'other' } }
    const retrained = { ...one, sampler: { ...sampler, digest: 'e' } }
    expect(cellKey(renamed, setup)).toBe(cellKey(one, setup))
    expect(cellKey(retrained, setup)).not.toBe(cellKey(one, setup))
    expect(cellKey({ ...one, draws: 128 }, setup)).not.toBe(cellKey(one, setup))
  })

  it('is labelled with its draws', () => {
    expect(labelOf({ ...one, draws: 128 })).toBe('distilled K=128 (flow)')
  })
})

describe('a contender', () => {
  it('is a method with settings', () => {
    expect(methodSpec('mmps:iterations=3')).toEqual({ method: 'mmps', settings: { iterations: 3 } })
    expect(labelOf(guided('mmps:iterations=3'))).toBe('MMPS(3)')
    expect(labelOf(guided('dps'))).toBe('DPS')
    expect(labelOf(guided('dps:zeta=0.5'))).toBe('DPS zeta=0.5')
  })

  it.each(['dsp', 'dps:zeta', 'dps:zeta=', 'dps:zeta=much'])('is refused: %s', (text) => {
    expect(() => methodSpec(text)).toThrow()
  })
})

describe('a grid', () => {
  const axes = { methodSpecs: [methodSpec('dps'), methodSpec('pigdm')], tasks: [task], draws: () => 3 }
  it('holds every combination, short runs first', () => {
    const cells = gridOf({ ...axes, steps: [100, 10] }, { images: 4, seed: 0 })
    expect(cells.map(({ method, steps }) => [method, steps])).toEqual([
      ['dps', 10],
      ['pigdm', 10],
      ['dps', 100],
      ['pigdm', 100],
    ])
  })

  it('takes tuned settings for the task that they were found for, unless others are asked for', () => {
    const tuned = { dps: { deletion: { zeta: 3 } }, pigdm: { box: { weight: 0.1 } } }
    const [dps, pigdm] = gridOf({ ...axes, steps: [10], tuned }, { images: 4, seed: 0 })
    expect([dps.settings, pigdm.settings]).toEqual([{ zeta: 3 }, {}])
    const asked = gridOf(
      { ...axes, methodSpecs: [methodSpec('dps:zeta=5')], steps: [10], tuned },
      { images: 4, seed: 0 },
    )
    expect(asked[0].settings).toEqual({ zeta: 5 })
  })
})

describe('tuning', () => {
  const setting = { kind: 'number', search: { range: [0.01, 100], scale: 'log' } } as const
  const peak = (at: number) => async (value: number) => -(Math.log(value / at) ** 2)

  it('finds a hill beside a plateau', async () => {
    const score = async (v: number) => Math.max(20, 26 - Math.log(v / 0.05) ** 2)
    const { best, trials } = await tune(
      { kind: 'number', search: { range: [0.01, 10], scale: 'log' } },
      score,
      { budget: 8 },
    )
    expect(trials.length).toBeLessThanOrEqual(8)
    expect(best.score).toBeGreaterThan(25.5)
  })

  it('finds the top of a unimodal score on a log scale', async () => {
    const { best, trials } = await tune(setting, peak(3), { budget: 14 })
    expect(Math.abs(Math.log(best.value / 3))).toBeLessThan(0.05)
    expect(trials.length).toBeLessThanOrEqual(14)
  })

  it('tries the ends of a grid and no value twice', async () => {
    const seen: number[] = []
    const integers = { kind: 'integer', search: { range: [1, 4], scale: 'linear' } } as const
    const { trials } = await tune(
      integers,
      async (value) => {
        seen.push(value)
        return value
      },
      { budget: 9, search: 'grid' },
    )
    expect(trials.map(({ value }) => value)).toEqual([1, 2, 3, 4])
    expect(seen).toEqual([1, 2, 3, 4])
  })

  it('takes NaN for the worst', async () => {
    const { best } = await tune(setting, async (v) => (v > 1 ? Number.NaN : v), { budget: 6, search: 'grid' })
    expect(best.value).toBeLessThanOrEqual(1)
  })

  it('refuses a budget of one', async () => {
    await expect(tune(setting, peak(1), { budget: 1 })).rejects.toThrow(/budget/)
  })
})

describe('tables', () => {
  const figures = {
    psnr: 20.123,
    mse: 0.01,
    ssim: 0.5,
    psnrMean: 22,
    mseMean: 0.005,
    perceptual: 0.1,
    residual: 1.01,
    sound: 1,
    evaluations: 11,
    vjps: 10,
    seconds: 1,
    perStep: 0.001,
    perMeasurement: 0.25,
    peakMemory: 300,
    growth: 0,
  }
  const entry = (steps: number, method: GuidedCell['method']): Entry => ({
    cell: { ...cell, steps, method },
    figures,
    pictures: ndarray([0], [1, 1, 1, 1]),
  })

  it('order rows by method, then steps', () => {
    const [{ rows }] = resultsTables([entry(100, 'dps'), entry(10, 'pigdm'), entry(10, 'dps')])
    expect(rows.map(([label, steps]) => [label, steps])).toEqual([
      ['DPS', 10],
      ['DPS', 100],
      ['ΠGDM', 10],
    ])
  })

  it('leave out the columns that say nothing: data that are no images have no SSIM', () => {
    const { ssim: _, perceptual: __, ...points } = figures
    const [{ columns, rows }] = resultsTables([{ ...entry(10, 'dps'), figures: points }])
    expect(columns).not.toContain('SSIM')
    expect(columns).not.toContain('perceptual')
    expect(rows[0]).toHaveLength(columns.length)
    expect(resultsTables([entry(10, 'dps')])[0].columns).toContain('SSIM')
  })

  it('become Markdown with a cell for each column', () => {
    const markdown = markdownOf(resultsTables([entry(10, 'dps')]))
    const [title, , head, rule, row] = markdown.split('\n')
    expect(title).toBe('### deletion')
    expect([rule, row].map((line) => line.split('|').length)).toEqual(Array(2).fill(head.split('|').length))
    expect(row).toContain('20.12')
  })
})

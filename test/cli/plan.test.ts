import { describe, expect, it } from 'vitest'
import { type Planned, planned, type Speeds } from '../../src/cli/config/plan.ts'
import { recipeOf } from '../../src/cli/config/recipe.ts'
import { judgedOf } from '../../src/observations/index.ts'
import { zeros } from '../../src/tensor/index.ts'

const request: Planned = {
  count: 500,
  judged: { observations: 48, draws: 19 },
  refit: true,
  draws: { least: 1, most: 1 },
  size: 784,
  seconds: 1200,
  samplerSteps: { early: 14, late: 20 },
}

describe('the plan for a budget of time', () => {
  const machines: Speeds[] = [
    { train: 0.002, draw: 0.00002 },
    { train: 0.05, draw: 0.002 },
    { train: 0.5, draw: 0.02 },
  ]

  it.each(machines)('of $train s a step fits into it', (speeds) => {
    const { seconds, laps, early } = planned(speeds, request)
    expect(seconds).toBeLessThanOrEqual(request.seconds)
    expect(early).toBe(laps - 1 - (laps >= 8 ? 4 : 2))
  })

  it('has more laps and steps where there is more time', () => {
    const [short, long] = [300, 1200].map((seconds) => planned(machines[1], { ...request, seconds }))
    expect(long.laps).toBeGreaterThanOrEqual(short.laps)
    expect(long.laps * long.steps).toBeGreaterThan(short.laps * short.steps)
  })

  it('learns from a part where one lap over all is too long, and judges by fewer', () => {
    const plan = planned(machines[1], { ...request, count: 1e6 })
    expect(plan.count).toBeLessThan(1e4)
    expect(plan.count).toBeGreaterThanOrEqual(64)
    expect(plan.seconds).toBeLessThanOrEqual(request.seconds)
    expect(planned(machines[2], request).judged).toBeLessThan(48)
  })

  it('has a step for 200 numbers that are learned from, and fewer laps where they would be short', () => {
    // 44 of 354 windows of 96 numbers are set aside: 310 × 96 / 200 = 148.8.
    const few = { ...request, count: 354, size: 96, judged: { observations: 44, draws: 19 } }
    expect(planned(machines[0], few)).toMatchObject({ laps: 11, judged: 44, steps: 148, lastSteps: 444 })
    expect(planned(machines[0], { ...few, draws: { least: 2, most: 2 } })).toMatchObject({
      steps: 297,
      lastSteps: 891,
    })
    const some = { ...request, count: 20, size: 10, judged: { observations: 2, draws: 19 } }
    expect(planned(machines[0], some)).toMatchObject({ steps: 50, lastSteps: 150 })
    expect(planned(machines[0], request)).toMatchObject({ laps: 11, steps: 1000, lastSteps: 3000 })
    const slow = planned({ train: 0.2, draw: 1e-4 }, request)
    expect(slow.laps).toBeLessThan(11)
    expect(slow.steps).toBeGreaterThanOrEqual(400)
    const slowest = planned({ train: 1, draw: 1e-4 }, request)
    expect(slowest).toMatchObject({ laps: 3, lastSteps: 3 * slowest.steps })
  })

  it('draws each observation several times where there is time for it, and never fewer observations', () => {
    const several = { ...request, draws: { least: 1, most: 4 } }
    expect(planned(machines[0], several)).toMatchObject({ draws: 4, laps: 11 })
    const plan = planned(machines[1], several)
    expect(plan.draws).toBeGreaterThan(1)
    expect(plan.laps).toBeLessThanOrEqual(planned(machines[1], request).laps)
    expect(plan.count).toBe(500)
    expect(plan.seconds).toBeLessThanOrEqual(1200)
    expect(planned({ train: 0.05, draw: 0.02 }, several)).toMatchObject({ draws: 1 })
  })

  it('keeps the time of a last lap on all observations, where some are set aside', () => {
    const slow = { train: 0.08, draw: 0.001 }
    const [without, with_] = [false, true].map((refit) => planned(slow, { ...request, refit }))
    expect(without.laps).toBe(with_.laps)
    expect(with_.steps).toBeLessThan(without.steps)
    expect(with_.seconds).toBeLessThanOrEqual(0.8 * request.seconds)
    // One lap more of drawing at the late steps, and of an ordinary lap's training.
    const { laps, early, steps, lastSteps, judged } = with_
    const drawing = slow.draw * 500 * (early * 14 + (laps - early) * 20)
    const judging = slow.draw * 19 * 20 * (laps + 1) * judgedOf(judged)
    expect(with_.seconds).toBeCloseTo(drawing + judging + slow.train * (laps * steps + lastSteps), 6)
    const nothing = { ...request, judged: { observations: 0, draws: 19 } }
    expect(planned(slow, nothing)).toEqual(planned(slow, { ...nothing, refit: false }))
  })
})

describe('the recipe of a set', () => {
  const of = (event: number[], name = 'mask', view?: Parameters<typeof recipeOf>[0]['view'], count = 1e5) => {
    const y = zeros([count, 1])
    const { path, fields } = recipeOf({ y, operator: { name, event, settings: {}, parameters: {} }, view })
    return [path.replace(/^experiments\/own-|\.yaml$/g, ''), ...fields]
  }

  it('follows from what is observed', () => {
    expect(of([16])).toEqual(['vectors'])
    expect(of([2, 48])[0]).toBe('series')
    expect(of([1, 28, 28])[0]).toBe('images')
    expect(of([2, 64, 64], 'fourier')[0]).toBe('kspace')
    expect(of([1, 4140], 'mask', { kind: 'globe', rows: 46, columns: 90 })).toEqual([
      'sphere',
      'net.grid=[46,90]',
    ])
    expect(of([1, 1889], 'mask', { kind: 'mesh', mesh: 'bunny' })).toEqual(['mesh', 'net.mesh=bunny'])
  })

  it('has a network half as wide for fewer than 200,000 numbers', () => {
    expect(of([2, 50], 'mask', undefined, 2000)).toContain('net.channels=[32,64]')
    expect(of([2, 50], 'mask', undefined, 1999)).toContain('net.channels=[16,32]')
    expect(of([1, 28, 28], 'mask', undefined, 200)).toContain('net.channels=[16,32]')
  })

  it('has a network as deep as its side asks for', () => {
    expect(of([1, 12, 12])).toContain('net.unshuffle=1')
    expect(of([3, 32, 32])).toContain('net.channels=[32,64]')
    expect(of([3, 256, 256])).toContain('net.unshuffle=4')
    const points = (count: number) => of([1, count], 'mask', { kind: 'mesh', mesh: 'own' }).slice(2)
    expect(points(33)).toEqual([])
    expect(points(32)).toEqual(['net.channels=[64]', 'net.blocks=[1]', 'net.k=8'])
    expect(points(5)).toEqual(['net.channels=[64]', 'net.blocks=[1]', 'net.k=4'])
  })
})

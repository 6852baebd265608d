import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { constantRate } from '../../src/nn/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { openRun, saveClock, type TrainRequest, train } from '../../src/run/index.ts'
import { flatten, toNumbers } from '../../src/tensor/index.ts'
import { distance } from '../numbers.ts'
import { scratch } from './scratch.ts'

describe('the clock of resume points', () => {
  it('does not care when the date of the machine is changed', () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1e12 })
    try {
      const clock = saveClock(60)
      vi.setSystemTime(2e12)
      expect(clock.due()).toBe(false)
      vi.setSystemTime(0)
      vi.advanceTimersByTime(61_000)
      expect(clock.due()).toBe(true)
      clock.saved()
      expect(clock.due()).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a training in a run folder', () => {
  const range = { sigmaMin: 0.01, sigmaMax: 10 }
  const request = (more: Partial<TrainRequest['options']>): TrainRequest => ({
    net: { kind: 'mlp', features: 3, hidden: [8], emb: 4 },
    x: normal(stream(0, 'x'), [32, 3]),
    range: [-2, 2],
    options: { batch: 8, rate: constantRate(1e-2), ema: 0.9, schedule: exponentialSchedule(range), ...more },
    steps: 8,
    seed: 0,
    ...range,
  })
  const learned = async (folder: string, asked: TrainRequest, resume = false): Promise<number[]> => {
    const run = openRun(join(folder, 'run'), { config: {}, resume })
    try {
      const { params } = await train(run, asked)
      return Object.values(flatten(params)).flatMap(toNumbers)
    } finally {
      run.close()
    }
  }

  it.each([
    { title: 'several steps in a program', more: { stepsPerRun: 3 }, kept: '000002-step-6.safetensors' },
    { title: 'batches in parts', more: { microBatch: 3 }, kept: '000002-step-4.safetensors' },
  ])(
    'by $title is that of single steps, goes on where it was stopped, and shows each',
    async ({ more, kept }) => {
      const whole = await learned(scratch(), request({}))
      const folder = scratch()
      const stop = new AbortController()
      const seen: number[] = []
      const onProgress = ({ done }: { readonly done: number }): void => {
        seen.push(done)
        if (done === 4) stop.abort()
      }
      const asked = { ...request(more), onProgress }
      await expect(learned(folder, { ...asked, signal: stop.signal })).rejects.toMatchObject({
        code: 'interrupted',
      })
      expect(readdirSync(join(folder, 'run', 'checkpoints'))).toContain(kept)
      const resumed = await learned(folder, asked, true)
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(distance(resumed, whole)).toBeLessThan(1e-5)
      expect(resumed).toEqual(await learned(scratch(), request(more)))
    },
  )
})

import { describe, expect, it } from 'vitest'
import { photographTasks } from '../../src/compare/index.ts'
import { maskFamily } from '../../src/operators/families/mask.ts'
import { toNumbers } from '../../src/tensor/index.ts'

const settingsOf = (side: number, task: string) => {
  const { operator, noise } = photographTasks(side)[task]
  return { ...('settings' in operator ? operator.settings : {}), noise }
}

describe('the tasks of the benchmark', () => {
  it('are as published on images of 256×256; noise of data in [0, 1] is half of that in [-1, 1]', () => {
    expect(settingsOf(256, 'box')).toEqual({ size: 128, margin: 16, noise: 1 / 2 })
    expect(settingsOf(256, 'random')).toEqual({ keep: 0.02, exact: true, noise: 0.01 / 2 })
    expect(settingsOf(256, 'motion')).toMatchObject({ size: 61, intensity: 0.5, boundary: 'reflect' })
    expect(settingsOf(256, 'motion').noise).toBe(0.1 / 2)
    expect(settingsOf(256, 'superresolution')).toEqual({ factor: 4, noise: 0.1 / 2 })
  })

  it('98 % are ⌊0.98 · 65536⌋ pixels', () => {
    const { mask } = maskFamily.draw(
      { keep: 0.02, keepMax: 0, exact: true },
      { count: 1, event: [3, 256, 256], seed: 0, first: 0, parts: [] },
    )
    expect(mask.shape).toEqual([1, 1, 256, 256])
    expect(toNumbers(mask).reduce((a, b) => a + b)).toBe(65536 - 64225)
  })

  it.each([
    [28, 7],
    [32, 9],
    [64, 17],
    [256, 61],
    [512, 123],
  ])('of %i pixels have a motion kernel of %i', (side, size) => {
    expect(settingsOf(side, 'motion')).toMatchObject({ size })
  })

  it('of 32 pixels are those of RESULTS', () => {
    expect(settingsOf(32, 'random')).toMatchObject({ keep: 0.1 })
    expect(settingsOf(32, 'box')).toMatchObject({ size: 16, margin: 2 })
  })
})

import { describe, expect, it } from 'vitest'
import { cellTest, lc2st } from '../../src/diagnose/index.ts'
import { average, ndarray, rows, toNumbers } from '../../src/tensor/index.ts'
import { correlated } from '../exact/correlated.ts'

const sizes = { problems: 600, draws: 20, d: 10 } as const
const options = { permutations: 39 } as const

describe('lc2st', () => {
  it('finds draws that are right on average over y only, where cells do not', async () => {
    const { draws, truth, y } = correlated({ ...sizes, rho: 0.8, seed: 0 })
    const { pValue, statistic } = await lc2st(draws, truth, y, options)
    expect(pValue).toBe(1 / 40)
    expect(statistic.every((v) => v >= 0 && v <= 0.25)).toBe(true)
    expect(cellTest(draws, truth, { given: y }).pValue).toBeGreaterThan(0.05)
  }, 60_000)

  it('says where in y they are off', async () => {
    // Right where the first entry of y is negative.
    const exact = correlated({ problems: 400, draws: 20, d: 2, rho: 0, seed: 1 })
    const off = correlated({ problems: 400, draws: 20, d: 2, rho: 0.9, seed: 1 })
    const isOff = (i: number) => Number(off.y.data[2 * (i % 400)]) > 0
    const [right, wrong] = [toNumbers(exact.draws), toNumbers(off.draws)]
    const mixed = wrong.map((v, i) => (isOff(Math.floor(i / 2)) ? v : right[i]))
    const { statistic } = await lc2st(ndarray(mixed, off.draws.shape), off.truth, off.y, options)
    const mean = (wanted: boolean) => average(Array.from(statistic).filter((_, i) => isOff(i) === wanted))
    expect(mean(true)).toBeGreaterThan(2 * mean(false))
  }, 60_000)

  it('has an exact p-value: exact draws of 40 seeds give uniform ones', async () => {
    const values: number[] = []
    for (let seed = 0; seed < 40; seed++) {
      const { draws, truth, y } = correlated({ problems: 40, draws: 5, d: 2, rho: 0, seed: 100 + seed })
      const { pValue } = await lc2st(draws, truth, y, { permutations: 9, steps: 10, hidden: 8, seed })
      values.push(pValue)
    }
    // Uniform on 0.1, …, 1: mean 0.55, sd of the mean of forty 0.045.
    expect(Math.abs(average(values) - 0.55)).toBeLessThan(0.14)
    expect(values.filter((p) => p <= 0.1).length).toBeLessThan(11)
  }, 60_000)

  it('refuses what does not fit', async () => {
    const { draws, truth, y } = correlated({ problems: 10, draws: 3, d: 2, rho: 0, seed: 0 })
    await expect(lc2st(draws, truth, rows(y, 0, 9))).rejects.toThrow('given should be [10, ...], got [9,2]')
    await expect(lc2st(draws, truth, y, { permutations: 0 })).rejects.toThrow('permutations')
  })
})

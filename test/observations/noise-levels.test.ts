/** Noise of its own for each observation: how it is drawn, kept, and found in a set. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  noiseLevels,
  noiseRangeOf,
  observationRows,
  observe,
  openObservations,
  readObservations,
  writeObservations,
} from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { rows, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'
import { scratch } from '../run/scratch.ts'

const N = 400
const x = normal(stream(0, 'signals'), [N, 2, 30])
const operator = { name: 'mask', settings: { keep: 0.5 } }
const noise = { from: 0.01, to: 0.3 }
const made = () => observe(x, { operator, noise, seed: 4 })

describe('noise that is drawn for each observation', () => {
  it('is log-uniform in the range, and is that of y − A x', async () => {
    const set = await made()
    const levels = toNumbers(noiseLevels(set) ?? x)
    const places = levels.map((s) => Math.log(s / 0.01) / Math.log(30)).sort((a, b) => a - b)
    // Kolmogorov–Smirnov: 1.95/√400 is exceeded once in a thousand times.
    expect(Math.max(...places.map((u, i) => Math.abs(u - (i + 0.5) / N)))).toBeLessThan(1.95 / Math.sqrt(N))
    const { mask } = set.operator.parameters
    let [sum, count] = [0, 0]
    set.y.data.forEach((y, i) => {
      const [row, point] = [Math.floor(i / 60), i % 30]
      if (mask.data[row * 30 + point] === 0) return
      sum += ((y - x.data[i]) / levels[row]) ** 2
      count++
    })
    expect(Math.abs(sum / count - 1)).toBeLessThan(4 * Math.sqrt(2 / count))
  })

  it('depends on the seed and the number of the observation only', async () => {
    const set = await made()
    const some = await observe(rows(x, 30, 37), { operator, noise, seed: 4, first: 30 })
    const want = observationRows(set, 30, 37)
    expect(some.std).toEqual(want.std)
    expectClose(some.y.data, want.y.data, 1e-6)
  })

  it('comes back from a file, read whole or by rows', async () => {
    const [set, path] = [await made(), join(scratch(), 'set.npz')]
    writeObservations(path, set)
    expect(noiseLevels(readObservations(path))).toEqual(noiseLevels(set))
    const open = openObservations(path)
    const range = noiseRangeOf(open)
    open.close()
    const levels = toNumbers(noiseLevels(set) ?? x)
    expect(range).toEqual({ from: Math.min(...levels), to: Math.max(...levels) })
  })

  it('is not what one noise for all is, nor shot noise', async () => {
    const one = await observe(x, { operator, noise: 0.1, seed: 4 })
    expect([noiseRangeOf(one), noiseLevels(one)?.data[7]]).toEqual([undefined, Math.fround(0.1)])
    const shot = await observe(x, { operator, noise: 0.1, photons: 50, seed: 4 })
    expect([noiseRangeOf(shot), noiseLevels(shot)]).toEqual([undefined, undefined])
  })

  it.each([
    [{ noise: { from: 0.3, to: 0.01 } }, /must rise from above 0, got 0.3 to 0.01/],
    [{ noise: { from: 0, to: 0.01 } }, /must rise from above 0/],
    [{ noise, photons: 10 }, /'photons' go with one noise/],
  ] as const)('is refused: %j', async (options, message) => {
    await expect(observe(x, { operator, seed: 4, ...options })).rejects.toThrow(message)
  })
})

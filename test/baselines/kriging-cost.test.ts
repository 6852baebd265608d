/** Kriging says what it would cost before it begins, and refuses what would never end. */
import { describe, expect, it } from 'vitest'
import { fieldsOf } from '../../src/baselines/fields.ts'
import { baselineNamed } from '../../src/baselines/index.ts'
import { krigingCost, krigingRefusal } from '../../src/baselines/kriging-cost.ts'
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import { columnMasks } from '../../src/operators/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray } from '../../src/tensor/index.ts'

/** K-space of one coil of images side × side, a mask each. */
const kspace = (count: number, side: number, acceleration: number): ObservationSet => ({
  y: normal(stream(0, 'y'), [count, 2, side, side]),
  operator: {
    name: 'fourier',
    settings: {},
    event: [1, side, side],
    parameters: { mask: columnMasks(count, { width: side, acceleration, seed: 0 }) },
  },
  noise: 0.02,
  range: [0, 1],
})

const masked = (count: number, event: readonly number[]): ObservationSet => {
  const mask = bernoulli(stream(0, 'mask'), 0.5, [count, ...event])
  const y = new NdArray('float32', mask.shape, normal(stream(0, 'y'), mask.shape).data)
  return { y, operator: maskedBy(mask, event), noise: 0.1, range: [-4, 4] }
}

describe('the cost of kriging', () => {
  it('through masks is that of the decompositions and the draws', () => {
    const { operations, bytes } = krigingCost({ entries: 10, channels: 1, seen: [[4]], draws: 3 })
    // 12 ranges and the variance, 16 times 4³/3 each; 4³/3 and 10³/3; 3 (10² + 2·4² + 2·4·10)
    expect(operations).toBeCloseTo((13 * 16 * 64 + 64 + 1000) / 3 + 3 * 212, 6)
    expect(bytes).toBe(8 * (200 + 40 + 32) + 4 * 30)
  })

  it('of matrices is that of their products, too', () => {
    const sizes = { entries: 10, channels: 1, seen: [[4]], draws: 3 }
    const [plain, dense] = [krigingCost(sizes), krigingCost({ ...sizes, written: 6 })]
    // 12 ranges, the variance, and the means: A R and A R Aᵀ; for each draw A x₀ as well
    expect(dense.operations - plain.operations).toBeCloseTo(14 * (2 * 4 * 100 + 2 * 16 * 10) + 3 * 80, 6)
    expect(dense.bytes - plain.bytes).toBe(12 * 60 + 4 * 100 + 8 * 40 + 8 * 40)
  })

  it('grows with channels as draws do, whether they share a field or not', () => {
    const apart = krigingCost({ entries: 50, channels: 3, seen: [[20, 20, 20]], draws: 1e6 })
    const together = krigingCost({ entries: 50, channels: 3, seen: [[20]], draws: 1e6 })
    expect(apart.operations / together.operations).toBeCloseTo(1, 3)
  })

  it.each([
    ['k-space', kspace(3, 8, 2)],
    ['masks', masked(3, [2, 5, 5])],
    ['shared masks', { ...masked(1, [2, 5, 5]), y: normal(stream(0, 'y'), [3, 2, 5, 5]) }],
  ])('counts the entries of %s that are seen without writing A out', async (_, set) => {
    const fields = fieldsOf(set, set.operator.event[0])
    for (let i = 0; i < set.y.shape[0]; i++) {
      const real = (await fields.of(i)).map(({ variance }) => variance.length)
      const said = await fields.seen(i)
      expect(said).toHaveLength(real.length)
      said.forEach((entries, k) => {
        expect(entries).toBeGreaterThanOrEqual(real[k])
        expect(entries).toBeLessThanOrEqual(real[k] + 4) // imaginary parts of real frequencies
      })
    }
    await fields.release()
  })
})

describe('what is begun', () => {
  const sizes = (count: number, side: number, columns: number) => ({
    entries: side ** 2,
    channels: 1,
    seen: new Array<number[]>(count).fill([2 * side * columns]),
    written: 2 * side ** 2,
    draws: 19,
  })

  it('is k-space of 48 small slices, masks of any size, and not 48 slices of 64×64', () => {
    expect(krigingRefusal(sizes(48, 48, 13))).toBeUndefined()
    expect(
      krigingRefusal({ entries: 4096, channels: 1, seen: new Array(60).fill([2048]), draws: 19 }),
    ).toBeUndefined()
    expect(krigingRefusal(sizes(48, 64, 11))).toMatch(
      /^kriging: 48 × 4096 entries would take about \d\.\de\+12 operations and \d\.\d GiB, more than 2e/,
    )
    expect(krigingRefusal({ ...sizes(2, 64, 11), draws: 20_000 })).toMatch(/GiB/) // draws alone
  })

  it('is said by the baseline at once, in one line', async () => {
    const work = baselineNamed('kriging').make()(kspace(48, 64, 4))
    await expect(work).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/^kriging: 48 × 4096 entries would take[^\n]*smaller observations$/),
    })
  })
})

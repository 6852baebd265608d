import { describe, expect, it } from 'vitest'
import { heldEntries, hiddenFigures, hiddenTruth } from '../../src/compare/index.ts'
import { maskedBy, type ObservationSet, unchanged } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, zeros } from '../../src/tensor/index.ts'

const set: ObservationSet = {
  y: ndarray([1, 0, 3, 0], [2, 2]),
  operator: maskedBy(ndarray([1, 0, 1, 0], [2, 2]), [2]),
  noise: 0.5,
  range: [0, 4],
}
const mean = ndarray([9, 1, 9, 5], [2, 2])

describe('figures of what was hidden', () => {
  it('count hidden entries against a truth, and all of them where nothing is deleted', () => {
    const truth = ndarray([0, 2, 0, 2], [2, 2])
    const found = hiddenFigures({ mean }, hiddenTruth(truth, set))
    expect(found).toEqual({ rmse: Math.sqrt(5), crps: 2, coverage: [] }) // errors 1 and 3
    const all = { ...set, operator: unchanged([2]) }
    expect(hiddenFigures({ mean }, hiddenTruth(truth, all)).crps).toBe((9 + 1 + 9 + 3) / 4)
  })

  it('pool the CRPS over all entries that count, and leave out what is outside the domain', () => {
    const own = {
      ...set,
      y: zeros([2, 3]),
      operator: maskedBy(ndarray([0, 1, 0, 0, 1, 1], [2, 3]), [3]),
      valid: ndarray([1, 1, 0]),
    }
    const hidden = hiddenTruth(zeros([2, 3]), own)
    expect([...hidden.entries.data]).toEqual([1, 0, 0, 1, 0, 0])
    const whole = { ...own, valid: undefined } // 2 hidden entries of the first, 1 of the second
    const x = ndarray([1, 9, 1, 4, 9, 9], [2, 3])
    expect(hiddenFigures({ mean: x }, hiddenTruth(zeros([2, 3]), whole)).crps).toBe((1 + 1 + 4) / 3)
  })

  it('count held-out entries as they were observed', () => {
    const held = heldEntries(set)
    if (!held) throw new Error('masks delete entries')
    expect(hiddenFigures({ mean }, held)).toEqual({
      rmse: Math.sqrt((64 + 36) / 2),
      crps: 7,
      coverage: [],
    })
    expect(heldEntries({ ...set, operator: unchanged([2]) })).toBeUndefined()
  })

  it('widen draws by the noise of what was held out, so that exact ones hold what they say', () => {
    const shape = [20, 100]
    const at = (name: string, size: readonly number[]) => normal(stream(0, name), size).data
    const noise = 0.5
    const x = at('x', shape)
    const n = at('n', shape)
    const y = x.map((v, i) => v + noise * n[i])
    const held = heldEntries({
      y: new NdArray('float32', shape, y),
      operator: maskedBy(new NdArray('float32', shape, new Float32Array(2000).fill(1)), [100]),
      noise,
      range: [0, 1],
    })
    if (!held) throw new Error('masks delete entries')
    const draws = normal(stream(0, 'draws'), [39, ...shape])
    const { coverage, crps, rmse } = hiddenFigures({ mean: zeros(shape), draws }, held)
    const width = Math.sqrt(1 + noise ** 2)
    expect(coverage.map(({ level }) => level)).toEqual([0.5, 0.9])
    expect(coverage[0].share).toBeCloseTo(0.5, 1)
    expect(coverage[1].share).toBeCloseTo(0.9, 1)
    expect(rmse).toBeCloseTo(width, 1)
    expect(crps).toBeCloseTo(width / Math.sqrt(Math.PI), 1) // of a normal about itself
  })
})

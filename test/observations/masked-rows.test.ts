import { describe, expect, it } from 'vitest'
import {
  maskedBy,
  maskedRows,
  type ObservationSet,
  type OperatorSetting,
  observe,
} from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { full, ndarray } from '../../src/tensor/index.ts'

const x = normal(stream(0, 'x'), [3, 2, 4, 4])
const mask = ndarray(
  Array.from({ length: 3 * 16 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  [3, 1, 4, 4],
)
const set: ObservationSet = { y: x, operator: maskedBy(mask, [2, 4, 4]), noise: 0.1, range: [-1, 3] }

describe('masked rows', () => {
  it('are in the units of the prior, 0 where nothing was observed, with the mask as it is', async () => {
    const { y, mask: m, noise } = await maskedRows(set)
    expect(noise).toBeCloseTo(0.1, 12) // the range has the width of the prior's
    expect(m).toBe(mask)
    for (const [i, v] of y.data.entries()) {
      const [row, p] = [Math.floor(i / 32), i % 16]
      expect(v).toBeCloseTo(mask.data[16 * row + p] * (x.data[i] - 1), 5)
    }
  })

  it('are taken of every family that deletes entries', async () => {
    const operators: OperatorSetting[] = [
      { name: 'mask', settings: { keep: 0.3, keepMax: 0.6 } },
      { name: 'box', settings: { size: 2 } },
    ]
    for (const operator of operators) {
      const rows = await maskedRows(await observe(x, { operator, noise: 0.1, seed: 0 }))
      expect(rows.mask.shape).toEqual([3, 1, 4, 4])
    }
  })

  it.each([
    ['blur', { name: 'blur', settings: { sigma: 1, size: 3 } }],
    ['identity', { name: 'identity' }],
    ['mask', { name: 'mask', settings: { keep: 0.5 }, blind: true }],
  ])('are refused of operator %s', async (name, operator) => {
    const other = await observe(x, { operator, noise: 0.1, seed: 0 })
    await expect(maskedRows(other)).rejects.toThrow(
      `expected observations through known masks, got operator '${name}'`,
    )
  })

  it('are refused with noise that differs between entries', async () => {
    await expect(maskedRows({ ...set, std: full(x.shape, 0.1) })).rejects.toThrow(
      'expected noise of one standard deviation, got one that differs between entries',
    )
  })
})

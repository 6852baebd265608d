import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stream } from '../../src/random/index.ts'
import { minibatches } from '../../src/training/minibatches.ts'

describe('rows of a training step', () => {
  it('show every row once in an epoch, but for the short last batch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 8, max: 50 }), (batch, count) => {
        const rows = minibatches(stream(0, 'rows'), { batch })
        const perEpoch = Math.floor(count / batch)
        for (const epoch of [0, 1]) {
          const seen = Array.from({ length: perEpoch }, (_, i) =>
            rows(count, { lap: 0, step: epoch * perEpoch + i }),
          ).flat()
          expect(new Set(seen).size).toBe(perEpoch * batch)
          expect(seen.every((i) => Number.isInteger(i) && i >= 0 && i < count)).toBe(true)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('are another order in each epoch and lap', () => {
    const rows = minibatches(stream(0, 'rows'), { batch: 40 })
    const epochs = [0, 1].flatMap((lap) => [0, 1].map((step) => rows(40, { lap, step }).join()))
    expect(new Set(epochs).size).toBe(4)
  })

  it('do not depend on the steps before', () => {
    const [all, one] = [1, 2].map(() => minibatches(stream(7, 'rows'), { batch: 5 }))
    const path = Array.from({ length: 9 }, (_, step) => all(23, { lap: 2, step }))
    expect(one(23, { lap: 2, step: 8 })).toEqual(path[8])
    expect(one(23, { lap: 2, step: 1 })).toEqual(path[1])
  })

  it('are drawn with replacement when asked, and when there are fewer than a batch', () => {
    const drawn = minibatches(stream(0, 'rows'), { batch: 2000, replacement: true })(2000, {
      lap: 0,
      step: 0,
    })
    // A fraction 1 − 1/e of the rows is seen; the standard deviation of their number is about 0.31 √2000.
    expect(Math.abs(new Set(drawn).size / 2000 - (1 - Math.exp(-1)))).toBeLessThan(
      (4 * 0.31) / Math.sqrt(2000),
    )
    const few = minibatches(stream(0, 'rows'), { batch: 64 })(3, { lap: 0, step: 0 })
    expect(few).toHaveLength(64)
    expect([...new Set(few)].sort()).toEqual([0, 1, 2])
  })
})

import { describe, expect, it } from 'vitest'
import type { Counts } from '../../../src/cli/plan/plan.ts'
import { remedyOf } from '../../../src/cli/plan/remedy.ts'

/** Counts of which only rows and the memory of training matter. */
const counts = (rows: number, memory: number): Counts => ({
  command: 'train',
  network: 'mlp',
  event: [5],
  items: 10,
  step: {
    cost: {
      flops: 0,
      live: 0,
      constants: 0,
      inputs: 0,
      parameters: 0,
      batch: 0,
      weights: 0,
      statistics: 0,
    },
    batch: rows,
    rows,
    laps: [1],
  },
  stages: [{ name: 'training', memory, fields: [] }],
  stored: [],
})

describe('rows that would fit', () => {
  // 100 for all that is not a row, 10 for each row.
  const [all, one] = [counts(64, 740), counts(1, 110)]

  it('are the most on the line through one row and all', () => {
    expect(remedyOf({ name: 'training', available: 300 }, all, one)).toBe('train.microBatch=20')
    expect(remedyOf({ name: 'training', available: 309 }, all, one)).toBe('train.microBatch=20')
    expect(remedyOf({ name: 'training', available: 110 }, all, one)).toBe('train.microBatch=1')
  })

  it('are none where one does not fit, and of what has no rows', () => {
    expect(remedyOf({ name: 'training', available: 109 }, all, one)).toBeUndefined()
    expect(remedyOf({ name: 'the Gaussian start', available: 300 }, all, one)).toBeUndefined()
  })
})

/** What every named data set must do; the list is in lists/datasets.ts. */
import { describe, expect, it } from 'vitest'
import { dataSetNames, readClean } from '../../src/datasets/index.ts'
import { firstNotFinite } from '../../src/tensor/index.ts'
import { dataSets } from './lists/datasets.ts'

it('is asked of every named data set', () => {
  expect(dataSets.map(({ name }) => name).sort()).toEqual([...dataSetNames].sort())
})

describe.each([...dataSets])('$name', ({ name, event, items, range = [0, 1], valid }) => {
  const read = () => readClean(name, { split: 'test' })

  it('has items of one shape, finite and in its range', async () => {
    const { x, range: said } = await read()
    expect(x.shape).toEqual([items, ...event])
    expect(said).toEqual(range)
    expect(firstNotFinite(x)).toBe(-1)
    const [low, high] = x.data.reduce(([l, h], v) => [Math.min(l, v), Math.max(h, v)], [Infinity, -Infinity])
    expect(low).toBeGreaterThanOrEqual(range[0])
    expect(high).toBeLessThanOrEqual(range[1])
    expect(high - low).toBeGreaterThan((range[1] - range[0]) / 4)
  })

  it('says at which points it has values', async () => {
    const { valid: mask } = await read()
    if (valid === undefined) expect(mask).toBeUndefined()
    else {
      expect(mask?.shape).toEqual([event[event.length - 1]])
      expect(mask?.data.every((m) => m === 0 || m === 1)).toBe(true)
      expect(mask?.data.reduce((a, b) => a + b, 0)).toBe(valid)
    }
  })

  it('is the same whenever it is read', async () => {
    const [first, again] = [await read(), await read()]
    expect(again.x.data).toEqual(first.x.data)
  })
})

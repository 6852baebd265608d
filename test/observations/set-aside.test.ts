import { describe, expect, it } from 'vitest'
import { keptEntries, maskedBy, setAside, unchanged } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, rows } from '../../src/tensor/index.ts'

const [count, event] = [80, [1, 4, 5]] as const
const y = normal(stream(0, 'y'), [count, ...event])
const options = { observations: 8, share: 0.5, seed: 1 }
/** Two runs of four, spread over eighty. */
const chosen = [18, 19, 20, 21, 58, 59, 60, 61]
const others = Array.from({ length: count }, (_, i) => i).filter((i) => !chosen.includes(i))

const row = (x: NdArray<'float32'>, i: number) => Array.from(rows(x, i, i + 1).data)

describe('setting observations aside', () => {
  const mask = new NdArray(
    'float32',
    [count, ...event],
    Float32Array.from(bernoulli(stream(0, 'mask'), 0.6, [count, ...event]).data, Number),
  )
  const set = { y, operator: maskedBy(mask, [...event]), noise: 0.1, range: [0, 1] } as const

  it('takes neighbours together and leaves the others as they are', async () => {
    const aside = await setAside(set, options)
    if (!aside) throw new Error('eighty are enough')
    const { rest, given, held } = aside
    const [left, kept, judged] = [rest, given, held].map(keptEntries)
    if (!left || !kept || !judged) throw new Error('masks keep entries')
    for (const [k, i] of others.entries()) {
      expect(row(left, k)).toEqual(row(mask, i))
      expect(row(rest.y, k)).toEqual(row(y, i))
    }
    for (const [k, i] of chosen.entries()) {
      // What is to be predicted and what is left are together what was seen, and never the same entry.
      expect(row(judged, k).map((v, j) => v + row(kept, k)[j])).toEqual(row(mask, i))
      expect(row(given.y, k).filter((v, j) => v !== 0 && row(judged, k)[j] === 1)).toEqual([])
    }
    expect([rest.y.shape[0], given.y.shape[0], held.y.shape[0]]).toEqual([72, 8, 8])
  })

  it('shares what all observations share, and keeps noise of their own', async () => {
    const std = new NdArray(
      'float32',
      y.shape,
      new Float32Array(y.size).map((_, i) => 0.1 + i / y.size),
    )
    const shared = { ...set, std, operator: maskedBy(rows(mask, 0, 1), [...event]) }
    const aside = await setAside(shared, options)
    expect(aside?.rest.operator.parameters.mask.shape[0]).toBe(1)
    expect(aside?.rest.std && row(aside.rest.std, 18)).toEqual(row(std, 22))
  })

  it('of other operators splits what they say', async () => {
    const plain = { y, operator: unchanged([...event]), noise: 0.1, range: [0, 1] } as const
    const aside = await setAside(plain, { ...options, share: 0.2 })
    expect(aside?.rest.noise).toBe(0.1)
    expect(aside?.given.noise).toBeCloseTo(0.1 / Math.sqrt(0.8), 12)
    expect(aside?.held.noise).toBeCloseTo(0.1 / Math.sqrt(0.2), 12)
  })

  it('takes one in eight at most, and none of seven', async () => {
    expect((await setAside(set, { ...options, observations: 48 }))?.held.y.shape[0]).toBe(10)
    const few = { ...set, y: rows(y, 0, 7), operator: maskedBy(rows(mask, 0, 7), [...event]) }
    expect(await setAside(few, options)).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import {
  boundedShare,
  judgedOf,
  keptEntries,
  maskedBy,
  setAside,
  sourceOf,
  unchanged,
} from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, rows } from '../../src/tensor/index.ts'

const [count, event] = [80, [1, 4, 5]] as const
const y = normal(stream(0, 'y'), [count, ...event])
const options = { observations: 8, share: 0.5, seed: 1 }
/** Two runs of four, spread over eighty; the outer quarter of each is a margin. */
const aside = [18, 19, 20, 21, 58, 59, 60, 61]
const chosen = [19, 20, 59, 60]
const others = Array.from({ length: count }, (_, i) => i).filter((i) => !aside.includes(i))

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
    const { given, held } = aside
    const rest = boundedShare(aside.rest)
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
    expect([rest.y.shape[0], given.y.shape[0], held.y.shape[0]]).toEqual([72, 4, 4])
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
    const rest = aside && boundedShare(aside.rest)
    expect(rest?.std && row(rest.std, 18)).toEqual(row(std, 22))
  })

  it('leaves the rest in its file, and gives the same parts', async () => {
    const [whole, source] = [await setAside(set, options), await setAside(sourceOf(set), options)]
    if (!whole || !source) throw new Error('eighty are enough')
    expect(source.given).toEqual(whole.given)
    expect(source.held).toEqual(whole.held)
    expect(sourceOf(source.rest).rows(10, 30)).toEqual(sourceOf(whole.rest).rows(10, 30))
  })

  it('of other operators splits what they say', async () => {
    const plain = { y, operator: unchanged([...event]), noise: 0.1, range: [0, 1] } as const
    const aside = await setAside(plain, { ...options, share: 0.2 })
    expect(aside?.rest.noise).toBe(0.1)
    expect(aside?.given.noise).toBeCloseTo(0.1 / Math.sqrt(0.8), 12)
    expect(aside?.held.noise).toBeCloseTo(0.1 / Math.sqrt(0.2), 12)
  })

  it('takes one in eight at most, and none of seven', async () => {
    expect((await setAside(set, { ...options, observations: 48 }))?.rest.y.shape[0]).toBe(70)
    const few = { ...set, y: rows(y, 0, 7), operator: maskedBy(rows(mask, 0, 7), [...event]) }
    expect(await setAside(few, options)).toBeUndefined()
  })

  /** Which observations are in a part, by a first entry that counts them. */
  const numbered = async (n: number, observations: number) => {
    const values = new Float32Array(n * 2).map((_, i) => (i % 2 === 0 ? i / 2 : 0))
    const one = { y: new NdArray('float32', [n, 2], values), noise: 1e-9, range: [0, 1] } as const
    const parts = await setAside({ ...one, operator: unchanged([2]) }, { observations, share: 0.5, seed: 1 })
    if (!parts) throw new Error('there are enough')
    const indices = (x: NdArray<'float32'>) =>
      Array.from({ length: x.shape[0] }, (_, i) => Math.round(x.data[2 * i]))
    return { learned: indices(boundedShare(parts.rest).y), judged: indices(parts.held.y) }
  }
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

  it('leaves the outer quarters of each run out of both parts', async () => {
    // Runs 77 … 98 and 254 … 275, margins of five at each end.
    const { learned, judged } = await numbered(354, 48)
    expect(judged).toEqual([...range(82, 94), ...range(259, 271)])
    expect(learned).toEqual([...range(0, 77), ...range(99, 254), ...range(276, 354)])
    expect(judgedOf(44)).toBe(judged.length)
  })

  it('has no margins in runs of less than four', async () => {
    const { learned, judged } = await numbered(48, 48)
    expect(judged).toEqual([10, 11, 12, 34, 35, 36])
    expect(learned).toEqual([...range(0, 10), ...range(13, 34), ...range(37, 48)])
    expect([1, 2, 6, 7, 8].map(judgedOf)).toEqual([1, 2, 6, 5, 4])
  })
})

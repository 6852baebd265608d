import { describe, expect, it } from 'vitest'
import { keptEntries, maskedBy, setAside, unchanged } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, rows } from '../../src/tensor/index.ts'

const [count, event] = [10, [1, 4, 5]] as const
const y = normal(stream(0, 'y'), [count, ...event])
const options = { observations: 4, share: 0.5, seed: 1 }
/** Rows 0, 2, 5 and 7 of ten: four, spread evenly. */
const chosen = [0, 2, 5, 7]

const row = (x: NdArray<'float32'>, i: number) => Array.from(rows(x, i, i + 1).data)

describe('setting aside', () => {
  const mask = new NdArray(
    'float32',
    [count, ...event],
    Float32Array.from(bernoulli(stream(0, 'mask'), 0.6, [count, ...event]).data, Number),
  )
  const set = { y, operator: maskedBy(mask, [...event]), noise: 0.1, range: [0, 1] } as const

  it('takes entries of some observations from learning, and nothing from the others', async () => {
    const { rest, given, held } = await setAside(set, options)
    const seen = keptEntries(rest)
    const [kept, aside] = [keptEntries(given), keptEntries(held)]
    if (!seen || !kept || !aside) throw new Error('masks keep entries')
    for (let i = 0; i < count; i++) {
      const k = chosen.indexOf(i)
      if (k < 0) {
        expect(row(seen, i)).toEqual(row(mask, i))
        expect(row(rest.y, i)).toEqual(row(y, i))
        continue
      }
      expect(row(seen, i)).toEqual(row(kept, k))
      expect(row(rest.y, i)).toEqual(row(given.y, k))
      // What is held and what is left are together what was seen, and never the same entry.
      expect(row(aside, k).map((v, j) => v + row(kept, k)[j])).toEqual(row(mask, i))
      expect(row(rest.y, i).filter((v, j) => v !== 0 && row(aside, k)[j] === 1)).toEqual([])
    }
    expect(rest.std).toBeUndefined()
  })

  it('of a mask that all share makes one for each', async () => {
    const shared = { ...set, operator: maskedBy(rows(mask, 0, 1), [...event]) }
    const seen = keptEntries((await setAside(shared, options)).rest)
    if (!seen) throw new Error('masks keep entries')
    expect(seen.shape).toEqual([count, ...event])
    expect(row(seen, 1)).toEqual(row(mask, 0))
    expect(row(seen, 2)).not.toEqual(row(mask, 0))
  })

  it('of other operators makes the noise of the chosen ones larger, and theirs only', async () => {
    const plain = { y, operator: unchanged([...event]), noise: 0.1, range: [0, 1] } as const
    const { rest, held } = await setAside(plain, { ...options, share: 0.2 })
    if (!rest.std) throw new Error('the noise differs')
    for (let i = 0; i < count; i++) {
      const sigma = chosen.includes(i) ? 0.1 / Math.sqrt(0.8) : 0.1
      for (const s of row(rest.std, i)) expect(s).toBeCloseTo(sigma, 7)
    }
    expect(held.noise).toBeCloseTo(0.1 / Math.sqrt(0.2), 12)
    expect(held.y.shape[0]).toBe(4)
  })

  it('takes all when there are fewer than asked for', async () => {
    expect((await setAside(set, { ...options, observations: 48 })).held.y.shape[0]).toBe(count)
  })
})

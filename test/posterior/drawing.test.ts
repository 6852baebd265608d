import { describe, expect, it } from 'vitest'
import { type BatchDraw, drawnHere, drawSeveral, eachDraw } from '../../src/posterior/index.ts'
import { type NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'

const set = { count: 10, event: [2] }

/** Row i of draw k is [100 k + i, i]; every batch that is drawn is noted. */
const counted = (drawn: string[] = []): BatchDraw =>
  Object.assign(
    async (from: number, to: number, { draw = 0 }: { draw?: number }): Promise<NdArray> => {
      drawn.push(`${draw}: ${from}-${to}`)
      const rows = Array.from({ length: to - from }, (_, i) => [100 * draw + from + i, from + i])
      return ndarray(rows.flat(), [to - from, 2])
    },
    { release: async () => {} },
  )

describe('draws as they come', () => {
  it('are handed on draw by draw, each observation once and in order', async () => {
    const seen: number[] = []
    const parts: string[] = []
    const made = await eachDraw(
      drawnHere(counted(), { seed: 0 }),
      set,
      { draws: 3, batch: 4 },
      ({ draw, from, x }) => {
        parts.push(`${draw}: ${from}+${x.shape[0]}`)
        seen.push(...toNumbers(x).filter((_, i) => i % 2 === 0))
      },
    )
    expect(made).toBe(3)
    expect(parts.slice(0, 4)).toEqual(['0: 0+4', '0: 4+4', '0: 8+2', '1: 0+4'])
    expect(seen).toEqual([0, 100, 200].flatMap((k) => Array.from({ length: 10 }, (_, i) => k + i)))
    const all = await drawSeveral(counted(), set, { draws: 3, batch: 4, seed: 0 })
    expect(all.shape).toEqual([3, 10, 2])
    expect(toNumbers(all).filter((_, i) => i % 2 === 0)).toEqual(seen)
  })

  it('go on after those that are known', async () => {
    const drawn: string[] = []
    const parts: string[] = []
    const drawing = { batch: 4, known: 8 }
    await eachDraw(drawnHere(counted(drawn), { seed: 0 }), set, drawing, ({ from, x }) =>
      parts.push(`${from}: ${toNumbers(x)}`),
    )
    expect(drawn).toEqual(['0: 6-10'])
    expect(parts).toEqual(['8: 8,8,9,9'])
  })

  it('are two at least, whatever the time', async () => {
    const all = await drawSeveral(counted(), set, { draws: 5, seconds: 0, seed: 0 })
    expect(all.shape).toEqual([2, 10, 2])
  })
})

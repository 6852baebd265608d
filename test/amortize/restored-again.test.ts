import { describe, expect, it } from 'vitest'
import { type AmortizedSampler, conditionLayout, conditionShape, restore } from '../../src/amortize/index.ts'
import { restoredAgain } from '../../src/amortize/restored-again.ts'
import { flowOf } from '../../src/flows/index.ts'
import { type ObservationSet, observe } from '../../src/observations/index.ts'
import type { LostDraw } from '../../src/posterior/index.ts'
import { float32, NdArray, ndarray, rows, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, waveOf } from '../numbers.ts'

describe('one observation once more', () => {
  const SPARE = 2 ** 18

  /** z of draw k is its counter; x = z, not finite for some counters. */
  const again = async (bad: readonly number[], draws: number) => {
    let runs = 0
    const answer = await restoredAgain(
      async (z) => {
        runs++
        const x = ndarray(
          toNumbers(z).map((counter) => (bad.includes(counter) ? Number.NaN : counter)),
          z.shape,
        )
        return { x, mean: ndarray([0], [1, 1]), spread: ndarray([0], [1, 1]) }
      },
      (draw) => ndarray([draw], [1, 1], 'float32'),
      draws,
    )
    return { x: toNumbers(answer.out.x), lost: answer.lost, runs }
  }

  it('takes other noise for the draws that are not finite, and for them only', async () => {
    expect(await again([1, 3, 3 + SPARE], 5)).toEqual({
      x: [0, 1 + SPARE, 2, 3 + 2 * SPARE, 4],
      lost: [],
      runs: 3,
    })
  })

  it('gives up after two further tries, and says which', async () => {
    const { x, lost, runs } = await again([2, 2 + SPARE, 2 + 2 * SPARE, 2 + 3 * SPARE], 3)
    expect([x, lost, runs]).toEqual([[0, 1, Number.NaN], [2], 3])
  })
})

describe('restoring a set', () => {
  const [COUNT, SIZE, K] = [6, 8, 3]
  const problem = async (): Promise<{ sampler: AmortizedSampler; set: ObservationSet }> => {
    const set = await observe(waveOf([COUNT, SIZE], 1), {
      operator: { name: 'mask', settings: { keep: 0.5 } },
      noise: 0.1,
      range: [-1, 1],
      seed: 2,
    })
    const condition = conditionLayout(set, true)
    const [width] = conditionShape(condition, 'vector')
    const flow = { kind: 'realNvp', size: SIZE, condition: width, steps: 2, hidden: 8 } as const
    const operator = { name: 'mask', settings: {} }
    const params = flowOf(flow).init(0)
    return { sampler: { flow, params, event: [SIZE], range: [-1, 1], operator, condition }, set }
  }

  /** The set with a value that is not finite in one observation. */
  const broken = (set: ObservationSet, row: number): ObservationSet => {
    const y = float32(new NdArray('float32', set.y.shape, set.y.data.slice()))
    y.data.fill(Number.NaN, row * SIZE, (row + 1) * SIZE)
    return { ...set, y }
  }

  it.each([6, 12, 1024])('loses one observation and keeps the others, batches of %i draws', async (batch) => {
    const { sampler, set } = await problem()
    const whole = await restore(sampler, set, { draws: K, seed: 0 })
    const lost: LostDraw[] = []
    const onLost = (found: readonly LostDraw[]) => lost.push(...found)
    const got = await restore(sampler, broken(set, 4), { draws: K, seed: 0, batch, onLost })
    expect(lost).toEqual([0, 1, 2].map((draw) => ({ draw, observation: 4 })))
    for (let row = 0; row < COUNT; row++) {
      const [mean, want] = [got.mean, whole.mean].map((x) => toNumbers(rows(x, row, row + 1)))
      if (row === 4) expect(mean.every(Number.isNaN)).toBe(true)
      else expectClose(mean, want, 1e-5)
    }
    expect(got.logq?.data.filter(Number.isNaN)).toHaveLength(K)
    expect(got.draws?.data.filter(Number.isNaN)).toHaveLength(K * SIZE)
  })

  it('is an error when nobody listens', async () => {
    const { sampler, set } = await problem()
    await expect(restore(sampler, broken(set, 4), { draws: K, seed: 0 })).rejects.toMatchObject({
      code: 'numeric',
      message: 'restore: observation 4 gives draws that are not finite (3 of 18)',
    })
  })
})

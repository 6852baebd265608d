import { describe, expect, it } from 'vitest'
import { batchesOf, inOrder } from '../../src/tensor/index.ts'

describe('batches', () => {
  it('are of one size, the last one shifted back, and each row is first of one', () => {
    expect([...batchesOf(10, 4)]).toEqual([
      { from: 0, to: 4, first: 0 },
      { from: 4, to: 8, first: 4 },
      { from: 6, to: 10, first: 8 },
    ])
    expect([...batchesOf(3, 8)]).toEqual([{ from: 0, to: 3, first: 0 }])
    expect(() => [...batchesOf(3, 0)]).toThrow('the size of batches')
  })
})

describe('jobs in order', () => {
  /** Jobs that end in the opposite order of their beginning, by twos and threes. */
  const slow = (ahead: number) => {
    const log: string[] = []
    let open = 0
    const spread = async (n: number): Promise<number> => {
      open++
      log.push(`begin ${n}`)
      await new Promise((resolve) => setTimeout(resolve, n % 2 === 0 ? 12 : 2))
      log.push(`end ${n} of ${open--}`)
      return n ** 2
    }
    return { log, spread: Object.assign(spread, { ahead }) }
  }

  it('are taken in order however they end, and begun no sooner than that', async () => {
    const { log, spread } = slow(3)
    const asked: number[] = []
    function* jobs() {
      for (let n = 0; n < 6; n++) {
        asked.push(n)
        yield n
      }
    }
    const taken: number[] = []
    await inOrder(jobs(), spread, (square, n) => {
      expect(square).toBe(n ** 2)
      expect(asked.length).toBeLessThanOrEqual(n + 3)
      taken.push(n)
    })
    expect(taken).toEqual([0, 1, 2, 3, 4, 5])
    expect(log.indexOf('end 1 of 3')).toBeLessThan(log.findIndex((line) => line.startsWith('end 0')))
  })

  it('are one after the other where one is ahead', async () => {
    const { log, spread } = slow(1)
    await inOrder([0, 1], spread, () => {})
    expect(log).toEqual(['begin 0', 'end 0 of 1', 'begin 1', 'end 1 of 1'])
  })

  it('end with the first that fails, and the others are dropped', async () => {
    const spread = async (n: number): Promise<number> => {
      if (n > 0) throw new Error(`job ${n}`)
      return n
    }
    const taken: number[] = []
    const work = inOrder([0, 1, 2], Object.assign(spread, { ahead: 3 }), (_, n) => void taken.push(n))
    await expect(work).rejects.toThrow('job 1')
    expect(taken).toEqual([0])
  })
})

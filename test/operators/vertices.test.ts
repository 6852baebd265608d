/** Vertices deleted at random, on meshes and globes whose lists are padded or have land. */
import { describe, expect, it } from 'vitest'
import { seaValid } from '../../src/datasets/index.ts'
import { observe } from '../../src/observations/index.ts'
import { familyOf } from '../../src/operators/index.ts'
import { ndarray, zeros } from '../../src/tensor/index.ts'

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0)
const drawn = (settings: Record<string, number | boolean>, event: readonly number[], count = 3) =>
  familyOf('vertices').draw(settings, { count, event, seed: 5 }).mask

describe('vertices', () => {
  it('never observes padding, and keeps a share of the points that there are', () => {
    const mask = drawn({ keep: 0.7, points: 1889 }, [1, 1896])
    for (let i = 0; i < 3; i++) {
      const row = mask.data.subarray(i * 1896, (i + 1) * 1896)
      expect([sum(row), sum(row.subarray(1889))]).toEqual([Math.round(0.7 * 1889), 0])
    }
    expect(sum(drawn({ keep: 1, points: 1889 }, [1, 1896], 1).data)).toBe(1889)
    expect(mask.data.subarray(0, 1896)).not.toEqual(mask.data.subarray(1896, 2 * 1896))
  })

  it('never observes land', () => {
    const sea = seaValid().data
    const mask = drawn({ keep: 0.4, sea: true }, [1, 4144])
    expect(sum(mask.data.subarray(0, 4144))).toBe(Math.round(0.4 * 2331))
    expect(mask.data.every((m, i) => m <= sea[i % 4144])).toBe(true)
    expect(drawn({ keep: 1, sea: true }, [1, 4144], 1).data).toEqual(sea)
  })

  it('deletes a point with all its coordinates', () => {
    const mask = drawn({ keep: 0.5, points: 6 }, [2, 3, 8], 2)
    expect(mask.shape).toEqual([2, 1, 3, 8])
    const list = (i: number) => Array.from(mask.data.subarray(8 * i, 8 * i + 8))
    expect(sum(list(0))).toBe(3)
    expect([list(1), list(2), list(4), list(5)]).toEqual([list(0), list(0), list(3), list(3)])
  })

  it('leaves no trace in y of what is not there', async () => {
    const { y } = await observe(zeros([2, 1, 16]), {
      operator: { name: 'vertices', settings: { keep: 1, points: 13 } },
      noise: 0.1,
      seed: 1,
    })
    expect(Array.from(y.data, (v, i) => (v === 0) === i % 16 >= 13)).toEqual(Array(32).fill(true))
  })

  it('refuses lists that do not fit', () => {
    expect(() => drawn({ points: 9 }, [1, 8])).toThrow(
      /'points' must be at most the 8 vertices of the data, got 9/,
    )
    expect(() => drawn({ sea: true }, [1, 8])).toThrow(
      /'sea' goes without 'points' and is of 4144 vertices, the data have 8/,
    )
    expect(() => drawn({ sea: true, points: 4140 }, [1, 4144])).toThrow(/'sea' goes without 'points'/)
    expect(() => familyOf('vertices').draw({}, { count: 1, event: ndarray([1]).shape, seed: 0 })).toThrow(
      /needs data/,
    )
  })
})

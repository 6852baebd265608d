/** Vertices deleted at random, on meshes and globes whose lists are padded or have land. */
import { describe, expect, it } from 'vitest'
import { firstPoints, seaValid } from '../../src/datasets/index.ts'
import { observe } from '../../src/observations/index.ts'
import { drawParameters } from '../../src/operators/index.ts'
import type { Settings } from '../../src/settings.ts'
import { type NdArray, type Shape, zeros } from '../../src/tensor/index.ts'

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0)
const drawn = (
  settings: Settings,
  { event, count = 3, valid }: { event: Shape; count?: number; valid?: NdArray<'float32'> },
) => drawParameters({ name: 'vertices', settings }, { count, event, seed: 5, valid }).mask

describe('vertices', () => {
  it('never observes padding, and keeps a share of the points that there are', () => {
    const valid = firstPoints(1889, 1896)
    const mask = drawn({ keep: 0.7 }, { event: [1, 1896], valid })
    for (let i = 0; i < 3; i++) {
      const row = mask.data.subarray(i * 1896, (i + 1) * 1896)
      expect([sum(row), sum(row.subarray(1889))]).toEqual([Math.round(0.7 * 1889), 0])
    }
    expect(sum(drawn({ keep: 1 }, { event: [1, 1896], count: 1, valid }).data)).toBe(1889)
    expect(mask.data.subarray(0, 1896)).not.toEqual(mask.data.subarray(1896, 2 * 1896))
  })

  it('never observes land', () => {
    const valid = seaValid()
    const mask = drawn({ keep: 0.4 }, { event: [1, 4144], valid })
    expect(sum(mask.data.subarray(0, 4144))).toBe(Math.round(0.4 * 2331))
    expect(mask.data.every((m, i) => m <= valid.data[i % 4144])).toBe(true)
    expect(drawn({ keep: 1 }, { event: [1, 4144], count: 1, valid }).data).toEqual(valid.data)
  })

  it('deletes a point with all its coordinates', () => {
    const mask = drawn({ keep: 0.5 }, { event: [2, 3, 8], count: 2, valid: firstPoints(6, 8) })
    expect(mask.shape).toEqual([2, 1, 3, 8])
    const list = (i: number) => Array.from(mask.data.subarray(8 * i, 8 * i + 8))
    expect(sum(list(0))).toBe(3)
    expect([list(1), list(2), list(4), list(5)]).toEqual([list(0), list(0), list(3), list(3)])
  })

  it('leaves no trace in y of what is no point', async () => {
    const { y } = await observe(zeros([2, 1, 16]), {
      operator: { name: 'vertices', settings: { keep: 1 } },
      noise: 0.1,
      valid: firstPoints(13, 16),
      seed: 1,
    })
    expect(Array.from(y.data, (v, i) => (v === 0) === i % 16 >= 13)).toEqual(Array(32).fill(true))
  })

  it('refuses lists that do not fit', () => {
    expect(() => drawn({}, { event: [1, 8], valid: seaValid() })).toThrow(
      /the data have 8 points, the mask of valid ones is of 4144/,
    )
    expect(() => drawn({}, { event: [1] })).toThrow(/needs data/)
  })
})

/** Masks of many kinds: each looks as its name says, keeps the share that it should, and is addressed. */
import { describe, expect, it } from 'vitest'
import { placesOf } from '../../../src/em/places.ts'
import { observe } from '../../../src/observations/index.ts'
import { drawParameters, maskKinds } from '../../../src/operators/index.ts'
import type { Settings } from '../../../src/settings.ts'
import { NdArray, rows, type Shape, zeros } from '../../../src/tensor/index.ts'

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0)

interface Wanted {
  readonly event: Shape
  readonly count?: number
  readonly first?: number
  readonly seed?: number
  readonly valid?: NdArray<'float32'>
  readonly places?: () => readonly (readonly number[])[]
}

const drawn = (settings: Settings, { count = 200, seed = 5, ...rest }: Wanted) =>
  drawParameters({ name: 'masks', settings }, { count, seed, ...rest })

const each = ({ mask }: { readonly mask?: NdArray<'float32'> }): Float32Array[] =>
  mask ? Array.from({ length: mask.shape[0] }, (_, i) => rows(mask, i, i + 1).data) : []

const IMAGE = [3, 14, 18]
const [H, W] = [14, 18]

describe('masks of images', () => {
  it('are of all kinds, about as often, and of the same kind whatever is asked for at once', () => {
    const all = drawn({}, { event: IMAGE })
    expect([all.mask.shape, all.kind.shape]).toEqual([
      [200, 1, H, W],
      [200, 1],
    ])
    const counts = [0, 1, 2, 3].map((k) => Array.from(all.kind.data).filter((v) => v === k).length)
    for (const count of counts) expect(Math.abs(count - 50)).toBeLessThan(4 * Math.sqrt(200 * 0.25 * 0.75))
    const some = drawn({}, { event: IMAGE, first: 20, count: 7 })
    expect(some.mask).toEqual(rows(all.mask, 20, 27))
    expect(some.kind).toEqual(rows(all.kind, 20, 27))
    expect(drawn({}, { event: IMAGE, seed: 6 }).mask.data).not.toEqual(all.mask.data)
  })

  it('keep from keep to keepMax, evenly, whatever the kind', () => {
    for (const kinds of ['random', 'box', 'strokes', 'lines']) {
      const shares = each(drawn({ kinds, keep: 0.2, keepMax: 0.8 }, { event: IMAGE })).map(
        (m) => sum(m) / m.length,
      )
      const slack = { random: 0.002, strokes: 0.002, box: 0.06, lines: 0.04 }[kinds] ?? 0
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.2 - slack)
      expect(Math.max(...shares)).toBeLessThanOrEqual(0.8 + slack)
      // Uniform on [0.2, 0.8]: the mean of 200 is 0.5 with a standard error of 0.012.
      expect(Math.abs(sum(shares) / 200 - 0.5)).toBeLessThan(4 * 0.0123 + slack / 2)
    }
  })

  it('hide one rectangle (box)', () => {
    for (const m of each(drawn({ kinds: 'box' }, { event: IMAGE }))) {
      const hole = Array.from(m.entries()).flatMap(([at, v]) => (v === 0 ? [at] : []))
      const rowsOf = new Set(hole.map((at) => Math.floor(at / W)))
      const columns = new Set(hole.map((at) => at % W))
      expect(hole.length).toBe(rowsOf.size * columns.size)
      expect(Math.max(...rowsOf) - Math.min(...rowsOf) + 1).toBe(rowsOf.size)
      expect(Math.max(...columns) - Math.min(...columns) + 1).toBe(columns.size)
    }
  })

  it('show whole rows, or whole columns (lines)', () => {
    const directions = each(drawn({ kinds: 'lines' }, { event: IMAGE })).map((m) => {
      const byRows = m.every((v, at) => v === m[Math.floor(at / W) * W])
      const byColumns = m.every((v, at) => v === m[at % W])
      expect(byRows !== byColumns).toBe(true)
      return byRows
    })
    expect(new Set(directions).size).toBe(2)
  })

  it('erase along thick lines (strokes): next to a hole there is mostly a hole', () => {
    const gaps = (kinds: string): number => {
      const agree = each(drawn({ kinds, keep: 0.5, keepMax: 0 }, { event: IMAGE })).flatMap((m) =>
        Array.from(m).flatMap((v, at) => (v === 0 && at % W < W - 1 ? [1 - m[at + 1]] : [])),
      )
      return sum(agree) / agree.length
    }
    expect(gaps('strokes')).toBeGreaterThan(0.75)
    expect(gaps('random')).toBeLessThan(0.55)
  })

  it('observe something, however small the share or the domain', () => {
    const valid = new NdArray('float32', [H, W], new Float32Array(H * W))
    for (const at of [20, 21, 38]) valid.data[at] = 1
    for (const m of each(drawn({ keep: 0.001, keepMax: 0.3 }, { event: IMAGE, valid }))) {
      expect(sum(m)).toBeGreaterThanOrEqual(1)
      expect(m.every((v, at) => v <= valid.data[at])).toBe(true)
    }
  })
})

const ring = Array.from({ length: 40 }, (_, i) => [
  Math.cos((i * 7 * Math.PI) / 20),
  Math.sin((i * 7 * Math.PI) / 20),
])

describe('masks of points', () => {
  it('take away neighbours in space (patches), not in the list', () => {
    for (const m of each(drawn({ kinds: 'patches' }, { event: [1, 40], places: () => ring }))) {
      // Point i lies at 7i of the ring; of a ring with up to three gaps at most six neighbours differ.
      const around = Array.from({ length: 40 }, (_, k) => m[(k * 23) % 40])
      const changes = around.filter((v, k) => v !== around[(k + 1) % 40]).length
      expect(changes).toBeLessThanOrEqual(6)
      expect(sum(m)).toBeGreaterThanOrEqual(4)
      expect(sum(m)).toBeLessThanOrEqual(36)
    }
  })

  it('are exact in share, of every kind, and know the kind', () => {
    const { kind, ...all } = drawn({ keep: 0.5, keepMax: 0 }, { event: [2, 40], places: () => ring })
    expect(each(all).every((m) => sum(m) === 20)).toBe(true)
    const found = new Set(Array.from(kind.data, (k) => maskKinds[k]))
    expect(found).toEqual(new Set(['random', 'patches', 'both']))
  })

  it('want to know where the points of a globe lie', async () => {
    const x = zeros([2, 1, 32])
    const view = { kind: 'globe', rows: 4, columns: 8 } as const
    const options = { operator: { name: 'masks' }, noise: 0.1, view, seed: 0 }
    await expect(observe(x, options)).rejects.toThrow(/give 'places'/)
    const { points } = placesOf({ view, operator: { event: [1, 32] } })
    const set = await observe(x, { ...options, places: () => points })
    expect(set.operator.parameters.kind.shape).toEqual([2, 1])
  })
})

describe('masks are refused', () => {
  it.each([
    [{ kinds: 'boxes' }, /unknown kind of mask 'boxes', did you mean 'box'/],
    [
      { kinds: 'random, patches' },
      /'patches' are no masks of data \[3,14,18\] \(there are: random, box, strokes/,
    ],
    [{ keep: 0.5, keepMax: 0.4 }, /'keepMax' must be at least 'keep'/],
  ] as const)('%j', (settings, message) => {
    expect(() => drawn(settings, { event: IMAGE })).toThrow(message)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type At,
  type BatchAt,
  bernoulli,
  bernoulliBatch,
  beta,
  betaBatch,
  fillNormal,
  integers,
  integersBatch,
  normal,
  normalBatch,
  permutation,
  type Stream,
  stream,
  uniform,
  uniformBatch,
} from '../../src/random/index.ts'
import { type NdArray, rows } from '../../src/tensor/ndarray.ts'

interface Kind {
  name: string
  one: (s: Stream, shape: number[], at: At) => NdArray
  many: (s: Stream, at: BatchAt, event: number[]) => NdArray
}

const kinds: Kind[] = [
  { name: 'normal', one: normal, many: normalBatch },
  { name: 'uniform', one: uniform, many: uniformBatch },
  {
    name: 'bernoulli',
    one: (s, shape, at) => bernoulli(s, 0.3, shape, at),
    many: (s, at, event) => bernoulliBatch(s, 0.3, at, event),
  },
  {
    name: 'beta(3, 3)',
    one: (s, shape, at) => beta(s, 3, 3, shape, at),
    many: (s, at, event) => betaBatch(s, 3, 3, at, event),
  },
  {
    name: 'beta(0.7, 2)',
    one: (s, shape, at) => beta(s, 0.7, 2, shape, at),
    many: (s, at, event) => betaBatch(s, 0.7, 2, at, event),
  },
  {
    name: 'integers',
    one: (s, shape, at) => integers(s, 0, 1000, shape, at),
    many: (s, at, event) => integersBatch(s, 0, 1000, at, event),
  },
]

const address = fc.record({
  lap: fc.nat(2 ** 20 - 1),
  observation: fc.nat(2 ** 32 - 1),
  draw: fc.nat(2 ** 20 - 1),
  step: fc.nat(2 ** 24 - 1),
})

describe.each(kinds)('$name', ({ one, many }) => {
  const s = stream(5, 'addressing')

  it('gives an observation the same row in batches of 1, 7 and 64', () => {
    const event = [1, 5, 7]
    const expected = one(s, event, { lap: 2, step: 9, draw: 3, observation: 41 }).data
    for (const [size, place] of [
      [1, 0],
      [7, 3],
      [64, 50],
    ]) {
      const observation = Array.from({ length: size }, (_, i) => (i === place ? 41 : 1000 - i))
      const batch = many(s, { lap: 2, step: 9, draw: 3, observation }, event)
      expect(batch.shape).toEqual([size, ...event])
      expect(Array.from(rows(batch, place, place + 1).data as Float32Array)).toEqual(
        Array.from(expected as Float32Array),
      )
    }
  })

  it('takes a draw for each row', () => {
    const batch = many(s, { observation: [3, 3], draw: [0, 70_000] }, [6])
    expect(rows(batch, 1, 2).data).toEqual(one(s, [6], { observation: 3, draw: 70_000 }).data)
    expect(() => many(s, { observation: [3, 3], draw: [0] }, [6])).toThrow(
      /2 observations need as many draws, got 1/,
    )
  })

  it('gives a longer row the same beginning', () => {
    const long = one(s, [3001], { observation: 1 }).data
    for (const n of [1, 2, 3, 5, 1023, 1025]) {
      expect(one(s, [n], { observation: 1 }).data).toEqual(long.subarray(0, n))
    }
  })

  it('handles an empty batch and an empty event', () => {
    expect(many(s, { observation: [] }, [2, 3]).shape).toEqual([0, 2, 3])
    expect(many(s, { observation: [1, 2] }, [0]).size).toBe(0)
  })
})

describe('addresses', () => {
  const s = stream(0, 'x')

  it('differ in every part, over the whole range', () => {
    fc.assert(
      fc.property(address, address, (p, q) => {
        fc.pre(JSON.stringify(p) !== JSON.stringify(q))
        expect(uniform(s, [8], p).data).not.toEqual(uniform(s, [8], q).data)
      }),
    )
  })

  it.each([
    [{ lap: 2 ** 20 }, /lap must be an integer in 0 … 1048575, got 1048576/],
    [{ observation: 2 ** 32 }, /observation must be an integer in 0 … 4294967295/],
    [{ draw: 2 ** 20 }, /draw must be/],
    [{ step: 2 ** 24 }, /step must be/],
    [{ step: -1 }, /step must be/],
    [{ lap: 0.5 }, /lap must be/],
    [{ lap: Number.NaN }, /lap must be/],
  ])('are checked: %o', (at, message) => {
    expect(() => normal(s, [2], at)).toThrow(message)
  })

  it('keep neighbouring parts apart at their limits', () => {
    const corners = [0, 1].flatMap((lap) =>
      [0, 255, 256, 2 ** 20 - 1].flatMap((draw) => [0, 2 ** 24 - 1].map((step) => ({ lap, draw, step }))),
    )
    const seen = new Set(corners.map((at) => uniform(s, [4], at).data.join()))
    expect(seen.size).toBe(corners.length)
  })
})

describe('stream', () => {
  it('differs by seed and by name, and a number is not its text', () => {
    const keys = [
      stream(0, 'a'),
      stream(1, 'a'),
      stream(2 ** 32, 'a'),
      stream(0, 'b'),
      stream(0, 1),
      stream(0, '1'),
    ]
    expect(new Set(keys.map((k) => k.key.join())).size).toBe(keys.length)
    expect(stream(7, 'noise')).toEqual(stream(7, 'noise'))
  })

  // Recomputed from the documented key, counter and Box–Muller formulas in Python, in float64.
  it('never changes: a golden value guards every saved run', () => {
    expect(
      Array.from(normal(stream(0, 'golden'), [4], { lap: 1, observation: 2, draw: 3, step: 4 }).data),
    ).toEqual([-1.0882905721664429, 0.3732592463493347, -0.7913822531700134, 0.912129819393158])
  })

  it('rejects a seed that is not a natural number', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(() => stream(seed, 'a')).toThrow(/seed must be an integer/)
  })

  it('fills a part of an array', () => {
    const out = new Float32Array(10)
    fillNormal(out.subarray(2, 5), stream(0, 'a'), { observation: 1 })
    expect(out.subarray(2, 5)).toEqual(normal(stream(0, 'a'), [3], { observation: 1 }).data)
    expect([...out.subarray(0, 2), ...out.subarray(5)]).toEqual(Array(7).fill(0))
  })
})

describe('permutation', () => {
  it('holds every index once, and depends on its address', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(1000), (n, step) => {
        const order = permutation(stream(0, 'p'), n, { step })
        expect(Array.from(order.data).sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
      }),
    )
    expect(permutation(stream(0, 'p'), 100).data).not.toEqual(
      permutation(stream(0, 'p'), 100, { lap: 1 }).data,
    )
  })

  it('takes all 24 orders of 4 evenly', () => {
    const counts = new Map<string, number>()
    for (let step = 0; step < 12_000; step++) {
      const order = permutation(stream(0, 'p'), 4, { step }).data.join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    const chi2 = [...counts.values()].reduce((sum, c) => sum + (c - 500) ** 2 / 500, 0)
    expect(chi2).toBeLessThan(49.7) // 0.001 of chi-squared with 23 degrees
  })

  it('rejects a length that is not a natural number', () => {
    expect(() => permutation(stream(0, 'p'), -1)).toThrow(/permutation: n must be an integer/)
  })
})

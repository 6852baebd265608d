import { describe, expect, it } from 'vitest'
import {
  holdOut,
  holdOutGaps,
  holdOutRows,
  maskedBy,
  observe,
  unchanged,
} from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { average, NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'

const [count, event] = [400, [2, 5]] as const
const shape = [count, ...event]

/** Correlation of two lists of mean 0. */
const correlation = (a: readonly number[], b: readonly number[]): number => {
  const power = (v: readonly number[]) => average(v.map((x) => x * x))
  return average(a.map((v, i) => v * b[i])) / Math.sqrt(power(a) * power(b))
}

describe('holding out noise', () => {
  it('gives two sets of x with independent noise, of the sizes that they say', async () => {
    const x = toNumbers(normal(stream(0, 'x'), shape))
    const noise = toNumbers(normal(stream(0, 'n'), shape)).map((n) => 0.3 * n)
    const y = ndarray(
      x.map((v, i) => v + noise[i]),
      shape,
    )
    const set = { y, operator: unchanged([...event]), noise: 0.3, range: [0, 1] } as const
    const { given, held } = await holdOut(set, { share: 0.25, seed: 1 })
    expect(given.noise).toBeCloseTo(0.3 / Math.sqrt(0.75), 12)
    expect(held.noise).toBeCloseTo(0.6, 12)
    const [a, b] = [given, held].map((part) => toNumbers(part.y).map((v, i) => v - x[i]))
    for (const [n, part] of [
      [a, given],
      [b, held],
    ] as const)
      expect(Math.sqrt(average(n.map((v) => v * v))) / part.noise).toBeCloseTo(1, 1)
    // Of 4000 pairs the correlation of independent ones is 0 ± 0.016.
    expect(Math.abs(correlation(a, b))).toBeLessThan(0.05)
    // Both together say what y said: the mean by precision is y.
    for (let i = 0; i < 20; i++)
      expect(0.75 * Number(given.y.data[i]) + 0.25 * Number(held.y.data[i])).toBeCloseTo(Number(y.data[i]), 5)
  })

  it('scales a noise of its own for each entry, and leaves what was not observed at 0', async () => {
    const clean = normal(stream(0, 'x'), [3, 1, 8, 8])
    const operator = {
      name: 'compose',
      settings: {},
      of: [
        { name: 'blur', settings: {} },
        { name: 'mask', settings: {} },
      ],
    }
    const set = await observe(clean, { operator, noise: 0.1, seed: 0 })
    const { given } = await holdOut(set)
    const zero = set.y.data.filter((v) => v === 0).length
    expect(zero).toBeGreaterThan(10)
    expect(given.y.data.filter((v) => v === 0).length).toBe(zero)
    const std = new NdArray(
      'float32',
      [1, ...event],
      Float32Array.from({ length: 10 }, (_, i) => 0.1 * (i + 1)),
    )
    const own = {
      y: ndarray(toNumbers(normal(stream(0, 'y'), shape)), shape),
      operator: unchanged([...event]),
    }
    const parts = await holdOut({ ...own, noise: 0.6, std, range: [0, 1] }, { share: 0.5 })
    expect(toNumbers(parts.held.std ?? std)[4]).toBeCloseTo(0.5 * Math.SQRT2, 6)
  })
})

describe('holding out entries', () => {
  it('gives every seen entry to one of the parts, and keeps its value', async () => {
    const mask = new NdArray(
      'float32',
      [count, 1, 5],
      Float32Array.from(toNumbers(bernoulli(stream(0, 'mask'), 0.6, [count, 1, 5]))),
    )
    const seen = (i: number) => mask.data[Math.floor(i / 10) * 5 + (i % 5)] === 1
    const y = ndarray(
      toNumbers(normal(stream(0, 'y'), shape)).map((v, i) => (seen(i) ? v : 0)),
      shape,
    )
    const set = { y, operator: maskedBy(mask, [...event]), noise: 0.1, range: [0, 1] } as const
    const { given, held } = await holdOut(set, { share: 0.3 })
    const masks = [given, held].map((part) => toNumbers(part.operator.parameters.mask))
    expect(masks[0].map((v, i) => v + masks[1][i])).toEqual(toNumbers(mask))
    expect(masks[1].reduce((a, b) => a + b) / toNumbers(mask).reduce((a, b) => a + b)).toBeCloseTo(0.3, 1)
    expect(toNumbers(given.y).map((v, i) => v + Number(held.y.data[i]))).toEqual(toNumbers(y))
    expect([given.noise, held.noise]).toEqual([0.1, 0.1])
    await expect(holdOut(set, { share: 1 })).rejects.toThrow('share must be in (0, 1), got 1')
  })
  it('divides the columns of the Fourier plane, but for those that all observations sampled', async () => {
    const [n, w] = [400, 6]
    const sampled = toNumbers(bernoulli(stream(0, 'columns'), 0.5, [n, w])).map((v, i) =>
      i % w === 2 ? 1 : v,
    )
    const mask = ndarray(sampled, [n, 1, 1, w])
    const y = ndarray(
      toNumbers(normal(stream(0, 'y'), [n, 2, 4, w])).map((v, i) =>
        sampled[Math.floor(i / 48) * w + (i % w)] === 1 ? v : 0,
      ),
      [n, 2, 4, w],
    )
    const phase = ndarray(toNumbers(normal(stream(0, 'phase'), [n, 4, w])), [n, 4, w])
    const operator = { name: 'fourier', settings: {}, event: [1, 4, w], parameters: { mask, phase } }
    const { given, held } = await holdOut({ y, operator, noise: 0.1, range: [0, 1] }, { share: 0.4 })
    const masks = [given, held].map((part) => toNumbers(part.operator.parameters.mask))
    expect(masks[0].map((v, i) => v + masks[1][i])).toEqual(sampled)
    const column = (of: readonly number[], c: number) => of.filter((_, i) => i % w === c)
    expect(column(masks[1], 2).every((v) => v === 0)).toBe(true)
    const others = (of: readonly number[]) =>
      of.reduce((a, b) => a + b) - column(of, 2).reduce((a, b) => a + b)
    expect(others(masks[1]) / others(sampled)).toBeCloseTo(0.4, 1)
    expect(toNumbers(given.y).map((v, i) => v + Number(held.y.data[i]))).toEqual(toNumbers(y))
    expect([given.noise, held.noise]).toEqual([0.1, 0.1])
    expect(held.operator.parameters.phase).toBe(phase)
  })
})

describe('holding out gaps', () => {
  const [n, w] = [6, 8]
  const bits = toNumbers(bernoulli(stream(0, 'gaps'), 0.6, [n, w]))
  const y = ndarray(
    toNumbers(normal(stream(0, 'y'), [n, 2, w])).map((v, i) =>
      bits[Math.floor(i / 16) * w + (i % w)] ? v : 0,
    ),
    [n, 2, w],
  )
  const masked = (values: readonly number[]) =>
    ({
      y,
      operator: maskedBy(ndarray(values, [values.length / w, 1, w]), [2, w]),
      noise: 0.1,
      range: [0, 1],
    }) as const

  it('hides what another observation did not see', () => {
    const which = [3, 4, 5, 0, 1, 2]
    const parts = holdOutGaps(masked(bits), masked(bits), which)
    if (!parts) throw new Error('masks differ')
    const [given, held] = [parts.given, parts.held].map((part) => toNumbers(part.operator.parameters.mask))
    const other = (i: number) => bits[which[Math.floor(i / w)] * w + (i % w)]
    expect(given).toEqual(bits.map((b, i) => b * other(i)))
    expect(held).toEqual(bits.map((b, i) => b * (1 - other(i))))
    expect(toNumbers(parts.given.y).map((v, i) => v + Number(parts.held.y.data[i]))).toEqual(toNumbers(y))
  })

  it('has nothing to hide where all saw the same', () => {
    const same = bits.map((_, i) => bits[i % w])
    expect(holdOutGaps(masked(same), masked(same), [0, 1, 2, 3, 4, 5])).toBeUndefined()
    expect(holdOutGaps(masked(same), masked(same.slice(0, w)), [0, 0, 0, 0, 0, 0])).toBeUndefined()
    const all = { ...masked(bits), operator: unchanged([2, w]) }
    expect(holdOutGaps(all, all, [0, 1, 2, 3, 4, 5])).toBeUndefined()
  })
})

describe('holding out by rows', () => {
  const x = normal(stream(0, 'x'), [30, 1, 5, 5])
  const masks = new NdArray(
    'float32',
    x.shape,
    Float32Array.from(bernoulli(stream(0, 'm'), 0.6, x.shape).data),
  )
  const y = new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => v * masks.data[i]),
  )
  it.each([
    ['masks', { y, operator: maskedBy(masks, [1, 5, 5]) }],
    ['noise', { y: x, operator: unchanged([1, 5, 5]) }],
  ])('divides %s as it does at once', async (_, observed) => {
    const set = { ...observed, noise: 0.1, range: [-4, 4] } as const
    const whole = await holdOut(set, { share: 0.3, seed: 2 })
    const { rows, noise } = holdOutRows(set, { share: 0.3, seed: 2 })
    expect(noise).toEqual({ given: whole.given.noise, held: whole.held.noise })
    const parts = [await rows(0, 7), await rows(7, 30)]
    for (const side of ['given', 'held'] as const) {
      expect(parts.flatMap((part) => [...part[side].y.data])).toEqual([...whole[side].y.data])
      const { mask } = whole[side].operator.parameters
      if (mask)
        expect(parts.flatMap((part) => [...part[side].operator.parameters.mask.data])).toEqual([...mask.data])
    }
  })
})

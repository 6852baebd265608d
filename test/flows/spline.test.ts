import { describe, expect, it } from 'vitest'
import { spline } from '../../src/flows/index.ts'
import { fullLike, jit, type Tensor, toNumbers, vjp } from '../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../numbers.ts'

const [bins, bound] = [5, 3]
const transform = spline({ bins, bound })
const program = jit((h: Tensor, raw: Tensor) => {
  const valid = transform.forward(h, raw)
  return {
    valid: valid.h,
    logdet: valid.logdet,
    slope: vjp(valid.h, h, fullLike(h, 1)),
    back: transform.inverse(valid.h, raw).h,
  }
})
const size = 200

/** One row of entries that all have the same parameters. */
const through = async (entries: number[], raw: number[]) => {
  const parameters = raw.flatMap((v) => entries.map(() => v))
  return program(f64(entries, [1, entries.length]), f64(parameters, [1, parameters.length]))
}

describe('the spline', () => {
  const entries = Array.from({ length: size }, (_, i) => -4 + (8 * (i + 0.5)) / size)
  const raw = wave(3 * bins - 1).map((v) => 3 * v)

  it('is the identity when its parameters are 0', async () => {
    const out = await through(
      entries,
      raw.map(() => 0),
    )
    expectClose(toNumbers(out.valid), entries, 1e-12)
    expect(Math.abs(Number(out.logdet.data[0]))).toBeLessThan(1e-10)
  })

  it('rises, stays within the bound, and is the identity outside', async () => {
    const got = toNumbers((await through(entries, raw)).valid)
    for (const [i, x] of entries.entries()) {
      if (Math.abs(x) > bound) expect(got[i]).toBe(x)
      else expect(Math.abs(got[i])).toBeLessThanOrEqual(bound)
      if (i > 0) expect(got[i]).toBeGreaterThan(got[i - 1])
    }
    expect(Math.max(...got.map((v, i) => Math.abs(v - entries[i])))).toBeGreaterThan(0.5)
  })

  it('is smooth across its knots, with the slope that its log-determinant says', async () => {
    const h = 1e-5
    const [low, mid, high] = await Promise.all(
      [-h, 0, h].map((by) =>
        through(
          entries.map((v) => v + by),
          raw,
        ),
      ),
    )
    const differences = entries.map(
      (_, i) => (Number(high.valid.data[i]) - Number(low.valid.data[i])) / (2 * h),
    )
    expectClose(toNumbers(mid.slope), differences, 1e-4)
    const logs = differences.reduce((sum, v) => sum + Math.log(v), 0)
    expect(Number(mid.logdet.data[0])).toBeCloseTo(logs, 3)
  })

  it('passes through knots at the cumulated shares of its softmaxes', async () => {
    const shares = (part: number[]): number[] => {
      const total = part.reduce((sum, v) => sum + Math.exp(v), 0)
      return part.map((v) => 0.01 + ((1 - 0.01 * bins) * Math.exp(v)) / total)
    }
    const knots = (part: number[]): number[] => {
      let sum = 0
      return shares(part)
        .slice(0, -1)
        .map((share) => {
          sum += share
          return 2 * bound * sum - bound
        })
    }
    const [xs, ys] = [knots(raw.slice(0, bins)), knots(raw.slice(bins, 2 * bins))]
    expectClose(toNumbers((await through(xs, raw)).valid), ys, 1e-9)
  })

  it('is inverted to rounding, however bent', async () => {
    const bent = wave(3 * bins - 1, 1).map((v) => 8 * v)
    expectClose(toNumbers((await through(entries, bent)).back), entries, 1e-9)
  })
})

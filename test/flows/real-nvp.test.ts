import { describe, expect, it } from 'vitest'
import { maskedCondition, type RealNvpParams, realNvp, spline, withRange } from '../../src/flows/index.ts'
import { inverseOrder, permute, randomOrder, reversal } from '../../src/flows/permutation.ts'
import {
  flatten,
  jit,
  mapArrays,
  type NdArray,
  ndarray,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { moved, values } from '../exact/flow-contract.ts'
import { expectClose, f64 } from '../numbers.ts'

const options = { size: 6, condition: 3, steps: 2, hidden: 5 }
const flow = realNvp(options)

const paramsOf = (): RealNvpParams<NdArray> => {
  const flat = flatten(moved(flow, 'float64'))
  return mapArrays((_leaf, path) => flat[path], flow.init(0))
}

const wide = (array: NdArray): NdArray => ndarray(toNumbers(array), array.shape, 'float64')

/** W x + b. */
const affine = (weight: NdArray, bias: NdArray, x: number[]): number[] =>
  toNumbers(bias).map((b, i) => x.reduce((sum, v, j) => sum + Number(weight.data[i * x.length + j]) * v, b))

const leaky = (x: number[]): number[] => x.map((v) => (v > 0 ? v : 0.01 * v))

/**
 * One x → z as section 3 of the flow's description says it, with loops: couplings, ActNorm and
 * orders one after the other.
 */
const reference = (params: RealNvpParams<NdArray>, x: number[], y: number[]) => {
  let h = x
  let logdet = 0
  for (const [j, { norm, net }] of params.weights.entries()) {
    const statistics = params.statistics[j]
    const normed = (v: number[], which: 'first' | 'second'): number[] => {
      const { mean, variance } = statistics[which]
      const { scale, shift } = which === 'first' ? net.firstNorm : net.secondNorm
      return v.map(
        (e, i) =>
          (Number(scale.data[i]) * (e - Number(mean.data[i]))) / Math.sqrt(Number(variance.data[i]) + 0.01) +
          Number(shift.data[i]),
      )
    }
    const [loc, l] = [Number(norm.loc.data[0]), Number(norm.logScale.data[0])]
    h = h.map((v) => Math.exp(-l) * (v + loc))
    logdet -= 6 * l
    const [stays, moves] = [h.slice(0, 3), h.slice(3)]
    const fromY = affine(net.condition, net.bias, y)
    const mixed = affine(net.signal, ndarray(fromY, [5], 'float64'), stays)
    const deep = affine(net.hidden.weight, net.hidden.bias, normed(leaky(mixed), 'first'))
    const raw = affine(net.out.weight, net.out.bias, normed(leaky(deep), 'second')).map(
      (v, i) => v * Math.exp(3 * Number(net.scale.data[i])),
    )
    const logs = raw.slice(0, 3).map(Math.tanh)
    h = [...stays, ...moves.map((v, i) => (v + raw[3 + i]) * Math.exp(logs[i]))]
    logdet += logs.reduce((a, b) => a + b)
    h.reverse()
    if (j % 2 === 1) {
      const before = h
      h = randomOrder(6, (j - 1) / 2).map((i) => before[i])
    }
  }
  return { z: h, logdet }
}

describe('conditional RealNVP', () => {
  it('is what its description says, entry by entry', async () => {
    const params = paramsOf()
    const [x, y] = [wide(values('x', [1, 6])), wide(values('y', [1, 3]))]
    const program = jit((p: RealNvpParams<Tensor>, x: Tensor, y: Tensor) => flow.inverse(p, x, y))
    const got = await program(params, x, y)
    const want = reference(params, toNumbers(x), toNumbers(y))
    expectClose(toNumbers(got.z), want.z, 1e-12)
    expectClose(toNumbers(got.logdet), [want.logdet], 1e-12)
  })

  it('starts as a permutation', async () => {
    const z = values('z', [1, 6])
    const program = jit((p: RealNvpParams<Tensor>, y: Tensor, z: Tensor) => {
      const { x, logdet } = flow.sample(p, y, z)
      return { x, logdet }
    })
    const { x, logdet } = await program(flow.init(0), values('y', [1, 3]), z)
    expect(toNumbers(x)).not.toEqual(toNumbers(z))
    expect(toNumbers(x).sort()).toEqual(toNumbers(z).sort())
    expect(toNumbers(logdet)).toEqual([0])
  })

  it.each([
    { size: 3072, hidden: 384 },
    { size: 1890, hidden: 236 },
    { size: 4140, hidden: 517 },
  ])('has conditioners of width $hidden for $size entries', ({ size, hidden }) => {
    const { weights } = realNvp({ size, condition: 1, steps: 1 }).init(0)
    expect(weights[0].net.hidden.weight.shape).toEqual([hidden, hidden])
  })

  it('draws fresh weights from N(0, 0.05²), biases 0', () => {
    const { net } = realNvp({ size: 200, condition: 100, steps: 1, hidden: 100 }).init(1).weights[0]
    const w = toNumbers(net.condition)
    expect(Math.sqrt(w.reduce((sum, v) => sum + v * v, 0) / w.length)).toBeCloseTo(0.05, 2)
    expect(toNumbers(net.bias).every((v) => v === 0)).toBe(true)
    expect(toNumbers(net.out.weight).every((v) => v === 0)).toBe(true)
  })

  it('normalises by the batch in training, and averages its moments with momentum 0.9', async () => {
    const params = paramsOf()
    const [y, z] = [wide(values('y', [64, 3])), wide(values('z', [64, 6]))]
    const program = jit((p: RealNvpParams<Tensor>, y: Tensor, z: Tensor) =>
      flow.sample(p, y, z, { training: true }),
    )
    const { statistics } = await program(params, y, z)
    // The last coupling is the first to be used: its input is a known permutation of z.
    const last = params.weights.length - 1
    const { net } = params.weights[last]
    const rows = Array.from({ length: 64 }, (_, r) => {
      const row = toNumbers(z).slice(6 * r, 6 * r + 6)
      const back = inverseOrder(randomOrder(6, 1)).map((i) => row[i])
      const stays = reversal(6)
        .map((i) => back[i])
        .slice(0, 3)
      const fromY = affine(net.condition, net.bias, toNumbers(y).slice(3 * r, 3 * r + 3))
      return leaky(affine(net.signal, ndarray(fromY, [5], 'float64'), stays))
    })
    const mean = Array.from({ length: 5 }, (_, i) => rows.reduce((sum, v) => sum + v[i], 0) / 64)
    const variance = mean.map((m, i) => rows.reduce((sum, v) => sum + (v[i] - m) ** 2, 0) / 64)
    const old = params.statistics[last].first
    const averaged = (now: number[], before: NdArray) =>
      now.map((v, i) => 0.1 * v + 0.9 * Number(before.data[i]))
    expectClose(toNumbers(statistics[last].first.mean), averaged(mean, old.mean), 1e-12)
    expectClose(toNumbers(statistics[last].first.variance), averaged(variance, old.variance), 1e-12)
  })

  it('refuses sizes that are none', () => {
    expect(() => realNvp({ ...options, size: 1 })).toThrow(/at least 2/)
    expect(() => realNvp({ ...options, steps: 0 })).toThrow(/steps must be an integer of at least 1/)
    expect(() => spline({ bins: 1 })).toThrow(/2 to 50 bins/)
    expect(() => withRange(flow, { kind: 'interval', lo: 1, hi: 1 })).toThrow(/lo < hi/)
  })
})

describe('orders', () => {
  it('are fixed, differ between steps, and are undone by their inverse', () => {
    expect(randomOrder(50, 3)).toEqual(randomOrder(50, 3))
    expect(randomOrder(50, 3)).not.toEqual(randomOrder(50, 4))
    const order = randomOrder(7, 0)
    const x = [1, 2, 3, 4, 5, 6, 7]
    const valid = order.map((i) => x[i])
    expect(inverseOrder(order).map((i) => valid[i])).toEqual(x)
  })

  it('send the cotangent back where the entry came from', async () => {
    const order = [2, 0, 1]
    const program = jit((x: Tensor, v: Tensor) => vjp(permute(x, order), x, v))
    expect(toNumbers(await program(f64([1, 2, 3], [1, 3]), f64([10, 20, 30], [1, 3])))).toEqual([20, 30, 10])
  })
})

it('ranges hold, however far out', async () => {
  const far = f64([-400, -30, 0, 30, 400, 1], [1, 6])
  for (const { range, lo, hi } of [
    { range: { kind: 'positive' }, lo: 0, hi: 500 },
    { range: { kind: 'interval', lo: -2, hi: 2 }, lo: -2, hi: 2 },
  ] as const) {
    const inside = withRange(flow, range)
    const program = jit((p: RealNvpParams<Tensor>, y: Tensor, z: Tensor) => inside.sample(p, y, z).x)
    const params = mapArrays((a) => wide(a), flow.init(0))
    const x = toNumbers(await program(params, f64([0, 0, 0], [1, 3]), far))
    expect(x.every((v) => v >= lo && v <= hi)).toBe(true)
  }
})

it('a masked condition tells a deleted entry from one that is 0', async () => {
  const program = jit((y: Tensor, m: Tensor) => maskedCondition(y, m))
  expect(toNumbers(await program(f64([5, 0, 7], [1, 3]), f64([1, 1, 0], [1, 3])))).toEqual([5, 0, 0, 1, 1, 0])
  const image = await program(f64([1, 2, 3, 4], [1, 2, 1, 2]), f64([0, 1], [1, 1, 1, 2]))
  expect(image.shape).toEqual([1, 3, 1, 2])
  expect(toNumbers(image)).toEqual([0, 2, 0, 4, 0, 1])
})

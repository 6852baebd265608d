/** Where formulas overflow, cancel or divide by zero: values from the mathematics, not from the formula. */
import { describe, expect, test } from 'vitest'
import {
  abs,
  clip,
  cosh,
  div,
  elu,
  erf,
  expm1,
  fullLike,
  greater,
  jit,
  layerNorm,
  leakyRelu,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  logsumexp,
  max,
  maximum,
  min,
  minimum,
  mul,
  ndarray,
  pow,
  relu,
  sigmoid,
  silu,
  sinh,
  softmax,
  softplus,
  sqrt,
  type Tensor,
  tanh,
  toNumbers,
  vjp,
  where,
} from '../../src/tensor/index.ts'

const INF = Number.POSITIVE_INFINITY

/** f, f′ and f″ at some points. */
const at = async (
  f: (x: Tensor) => Tensor,
  points: readonly number[],
  dtype: 'float32' | 'float64' = 'float32',
) => {
  const program = jit((x: Tensor) => {
    const y = f(x)
    const first = vjp(y, x, fullLike(y, 1))
    return { y, first, second: vjp(first, x, fullLike(first, 1)) }
  })
  const result = await program(ndarray(points, [points.length], dtype))
  await program.release()
  return { y: toNumbers(result.y), first: toNumbers(result.first), second: toNumbers(result.second) }
}

const expectRelative = (actual: readonly number[], wanted: readonly number[], tolerance = 2e-6): void => {
  for (const [i, value] of wanted.entries()) {
    const close = Object.is(actual[i], value) || Math.abs(actual[i] - value) <= tolerance * Math.abs(value)
    expect(close, `${i}: ${actual[i]} instead of ${value}`).toBe(true)
  }
}

const small = [1e-3, -1e-3, 1e-7, -1e-7, 1e-20, -1e-20]

describe('small arguments keep their digits', () => {
  test.each([
    { name: 'log1p', f: log1p, exact: Math.log1p },
    { name: 'expm1', f: expm1, exact: Math.expm1 },
    { name: 'sinh', f: sinh, exact: Math.sinh },
    { name: 'tanh', f: tanh, exact: Math.tanh },
    { name: 'elu', f: elu, exact: (x: number) => (x > 0 ? x : Math.expm1(x)) },
  ])('$name', async ({ f, exact }) => {
    expectRelative((await at(f, small)).y, small.map(exact))
    expectRelative((await at(f, small, 'float64')).y, small.map(exact), 1e-14)
  })
})

describe('large arguments', () => {
  test('log1p', async () => {
    const { y, first } = await at(log1p, [1e10, 3e38, INF, -1])
    expectRelative(y, [Math.log1p(1e10), Math.log1p(3e38), INF, -INF])
    expectRelative([first[0], ...first.slice(2)], [1e-10, 0, INF])
  })

  test('expm1 and its derivatives', async () => {
    const { y, first, second } = await at(expm1, [80, 100, -100])
    expectRelative(y, [Math.expm1(80), INF, -1])
    expectRelative(first, [Math.exp(80), INF, 0])
    expectRelative(second, [Math.exp(80), INF, 0])
  })

  test('softplus and its derivatives, also at 0', async () => {
    const { y, first, second } = await at(softplus, [100, 0, -20, -100])
    expectRelative(y, [100, Math.LN2, Math.log1p(Math.exp(-20)), 0])
    expect(first[0]).toBe(1)
    expect(first[1]).toBe(0.5)
    expect(first[2]).toBeCloseTo(2.06e-9, 8)
    expect(first[3]).toBeCloseTo(0, 6)
    expectRelative(second.slice(0, 2), [0, 0.25])
  })

  test('logSigmoid', async () => {
    const { y, first } = await at(logSigmoid, [100, 0, -100])
    expectRelative(y.slice(1), [-Math.LN2, -100])
    expect(y[0]).toBeCloseTo(0, 6)
    expectRelative(first.slice(1), [0.5, 1])
  })

  test('sigmoid, silu, tanh, erf and elu stay finite', async () => {
    for (const f of [sigmoid, silu, tanh, erf, elu]) {
      const { y, first, second } = await at(f, [200, -200])
      for (const value of [...y, ...first, ...second]) expect(Number.isFinite(value), f.toString()).toBe(true)
    }
    expectRelative((await at(silu, [200])).y, [200])
    expect((await at(elu, [200, -200])).y).toEqual([200, -1])
  })

  test('cosh', async () => {
    expectRelative((await at(cosh, [50, -50])).y, [Math.cosh(50), Math.cosh(50)], 1e-5)
  })
})

describe('reductions of extreme rows', () => {
  const rows = async (f: (x: Tensor) => Tensor, values: readonly number[]) => {
    const program = jit((x: Tensor) => {
      const y = f(x)
      return { y, gradient: vjp(y, x, fullLike(y, 1)) }
    })
    const { y, gradient } = await program(ndarray(values))
    return { y: toNumbers(y), gradient: toNumbers(gradient) }
  }

  test('logsumexp of huge, tiny and infinite numbers', async () => {
    expectRelative((await rows(logsumexp, [1000, 1000])).y, [1000 + Math.LN2])
    expectRelative((await rows(logsumexp, [-1000, -1001])).y, [-1000 + Math.log1p(Math.exp(-1))])
    const masked = await rows(logsumexp, [-INF, 0, -INF])
    expect(masked).toEqual({ y: [0], gradient: [0, 1, 0] })
    expect((await rows(logsumexp, [-INF, -INF])).y).toEqual([-INF])
    expect((await rows(logsumexp, [INF, 0])).y).toEqual([INF])
  })

  test('softmax and logSoftmax with masked and huge entries', async () => {
    expectRelative((await rows(softmax, [1000, -INF, 1000])).y, [0.5, 0, 0.5])
    const { y, gradient } = await rows((x) => logSoftmax(x), [1000, -1000, 1000])
    expectRelative(y, [-Math.LN2, -2000 - Math.LN2, -Math.LN2])
    expectRelative(gradient, [1 - 1.5, 1, 1 - 1.5])
  })

  test('layerNorm of a constant row is 0 with finite gradient', async () => {
    const { y, gradient } = await rows((x) => layerNorm(x), [3, 3, 3, 3])
    expect(y).toEqual([0, 0, 0, 0])
    for (const g of gradient) expect(Math.abs(g)).toBeLessThan(1e-3)
  })

  test('ties share the gradient of max and min', async () => {
    expect((await rows(max, [1, 5, 5, 2])).gradient).toEqual([0, 0.5, 0.5, 0])
    expect((await rows(min, [1, 1, 1, 2])).gradient.map((g) => +g.toFixed(4))).toEqual([
      0.3333, 0.3333, 0.3333, 0,
    ])
  })
})

describe('kinks', () => {
  test('maximum and minimum at a tie give each half', async () => {
    const program = jit((a: Tensor, b: Tensor) =>
      [maximum(a, b), minimum(a, b)].map((y) => vjp(y, [a, b], fullLike(y, 1))),
    )
    const [up, down] = await program(ndarray([1, 2, 3]), ndarray([1, 3, 2]))
    expect(up.map(toNumbers)).toEqual([
      [0.5, 0, 1],
      [0.5, 1, 0],
    ])
    expect(down.map(toNumbers)).toEqual([
      [0.5, 1, 0],
      [0.5, 0, 1],
    ])
    const same = jit((a: Tensor) => vjp(maximum(a, a), a, fullLike(a, 1)))
    expect(toNumbers(await same(ndarray([4])))).toEqual([1])
  })

  test('the documented subgradients', async () => {
    expect((await at(relu, [-1, 0, 1])).first).toEqual([0, 0, 1])
    expect((await at(abs, [-1, 0, 1])).first).toEqual([-1, 0, 1])
    expect((await at((x) => leakyRelu(x, 0.25), [-1, 0, 1])).first).toEqual([0.25, 0.25, 1])
    expect((await at(elu, [0, 1])).first).toEqual([1, 1])
    expect((await at((x) => clip(x, -1, 1), [-2, -1, 0, 1, 2])).first).toEqual([0, 0.5, 1, 0.5, 0])
  })

  test('sqrt, log and division at 0', async () => {
    expect((await at(sqrt, [0])).first).toEqual([INF])
    expect(await at(log, [0])).toMatchObject({ y: [-INF], first: [INF] })
    expect(await at((x) => div(1, x), [0])).toMatchObject({ y: [INF], first: [-INF] })
  })

  test('where guards a singular branch as its documentation says', async () => {
    const guarded = (x: Tensor) => where(greater(x, 0), log(where(greater(x, 0), x, 1)), 0)
    expect(await at(guarded, [0, 2])).toMatchObject({ y: [0, Math.fround(Math.LN2)], first: [0, 0.5] })
    expect((await at((x) => where(greater(x, 0), log(x), mul(x, 0)), [0])).first[0]).toBeNaN()
  })

  test('powers of negative numbers', async () => {
    expect(await at((x) => pow(x, 3), [-2])).toEqual({ y: [-8], first: [12], second: [-12] })
    expect(await at((x) => pow(x, 2), [0])).toEqual({ y: [0], first: [0], second: [2] })
    expect((await at((x) => pow(x, 0.5), [-1])).y[0]).toBeNaN()
  })
})

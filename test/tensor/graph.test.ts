import { describe, expect, test } from 'vitest'
import { topological } from '../../src/tensor/gradient.ts'
import {
  add,
  cos,
  exp,
  full,
  grad,
  input,
  item,
  jit,
  jvp,
  log,
  matmul,
  mul,
  type NdArray,
  ndarray,
  pad,
  pow,
  round,
  scalar,
  scalarLike,
  sin,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  toNumbers,
  valueAndGrad,
  vjp,
  withGradient,
} from '../../src/tensor/index.ts'

const x = () => input('float32', [2, 3])
const ones = (like: Tensor): Tensor => add(mul(like, 0), 1)
const run = async (fn: (x: Tensor) => Tensor, at: NdArray): Promise<number[]> => {
  const program = jit(fn)
  const result = toNumbers(await program(at))
  await program.release()
  return result
}

describe('equal nodes are shared', () => {
  test('same op, inputs and attributes', () => {
    const a = x()
    expect(exp(a)).toBe(exp(a))
    expect(mul(exp(a), 2)).toBe(mul(exp(a), 2))
    expect(sum(a, { axes: 1 })).toBe(sum(a, { axes: -1 }))
  })

  test('different inputs, attributes or constants are not', () => {
    const [a, b] = [x(), x()]
    expect(exp(a)).not.toBe(exp(b))
    expect(sum(a, { axes: 0 })).not.toBe(sum(a, { axes: 1 }))
    expect(mul(a, 2)).not.toBe(mul(a, 3))
    expect(matmul(a, b, { transB: true })).not.toBe(matmul(a, b, { transA: true }))
  })

  test('values that JSON and === confuse', () => {
    const a = x()
    const values = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    const nodes = values.map((value) => mul(a, value))
    expect(new Set(nodes).size).toBe(values.length)
    expect(mul(a, Number.NaN)).toBe(nodes[2])
    const padded = values.map((value) => pad(a, [1, 1], [0, 0], value))
    expect(new Set(padded).size).toBe(values.length)
  })

  test('a gradient taken twice adds nothing', () => {
    const a = x()
    const y = sum(mul(sin(a), exp(a)))
    const first = vjp(y, a, scalarLike(y, 1))
    const size = topological([first]).length
    const second = vjp(y, a, scalarLike(y, 1))
    expect(second === first).toBe(true)
    expect(topological([first, second]).length).toBe(size)
  })
})

describe('vjp', () => {
  test('zeros where y does not depend on x', async () => {
    const program = jit((a: Tensor, b: Tensor) => vjp(sum(exp(a)), { a, b }, scalarLike(a, 1)))
    const { a, b } = await program(ndarray([0, 1]), ndarray([1, 2, 3]))
    expect(toNumbers(a)).toEqual([1, Math.fround(Math.E)])
    expect(toNumbers(b)).toEqual([0, 0, 0])
  })

  test('y itself', async () => {
    expect(await run((a) => vjp(a, a, mul(a, 3)), ndarray([1, 2]))).toEqual([3, 6])
  })

  test('an inner node: the graph below it is left alone', async () => {
    const inner = (a: Tensor) => {
      const b = square(a)
      return vjp(mul(b, sin(b)), b, ones(b))
    }
    const [b] = [4]
    expect((await run(inner, ndarray([2])))[0]).toBeCloseTo(Math.sin(b) + b * Math.cos(b), 5)
  })

  test('an inner node and the leaf below it at once', async () => {
    const both = (a: Tensor) => {
      const b = square(a)
      const { da, db } = ((y: Tensor) => {
        const [p, q] = vjp(y, [a, b], ones(a))
        return { da: p, db: q }
      })(mul(a, exp(b)))
      return add(mul(da, 100), db)
    }
    const a = 0.5
    const [da, db] = [Math.exp(a * a) * (1 + 2 * a * a), a * Math.exp(a * a)]
    expect((await run(both, ndarray([a])))[0]).toBeCloseTo(100 * da + db, 3)
  })

  test('a graph ten thousand nodes deep', async () => {
    const deep = (a: Tensor) => {
      let y = a
      for (let i = 0; i < 10_000; i++) y = i % 2 ? sub(1, y) : mul(y, 0.999)
      return vjp(y, a, ones(a))
    }
    expect((await run(deep, ndarray([1])))[0]).toBeCloseTo((-0.999) ** 5000, 4)
  })

  test('refuses a cotangent of another shape or dtype, and integers', () => {
    const a = x()
    const wrong = input('float32', [3])
    expect(() => vjp(a, a, wrong)).toThrow('vjp: the cotangent must be float32[2,3] like y, got float32[3]')
    expect(() => vjp(a, a, input('float64', [2, 3]))).toThrow('got float64[2,3]')
    const n = input('int32', [2])
    expect(() => vjp(n, n, n)).toThrow('vjp: only float tensors have derivatives, y is int32')
  })
})

describe('grad and valueAndGrad', () => {
  test('of nested records', async () => {
    const loss = ({ w, list }: { w: Tensor; list: readonly Tensor[] }, c: Tensor) =>
      add(sum(mul(square(w), c)), sum(mul(list[0], list[1])))
    const program = jit((p: { w: Tensor; list: readonly Tensor[] }, c: Tensor) => valueAndGrad(loss)(p, c))
    const p = { w: ndarray([1, 2]), list: [ndarray([3]), ndarray([5])] }
    const [value, gradient] = await program(p, scalar(10))
    expect(item(value)).toBe(65)
    expect(toNumbers(gradient.w)).toEqual([20, 40])
    expect(gradient.list.map(toNumbers)).toEqual([[5], [3]])
  })

  test('refuse what is no scalar', () => {
    expect(() => grad((a: Tensor) => exp(a))(x())).toThrow(
      'grad: the function must return a scalar, got [2,3]',
    )
  })
})

describe('higher derivatives', () => {
  test('the first five of sin(x²) at once, against the closed form', async () => {
    const tower = (a: Tensor) => {
      const all = [sin(square(a))]
      for (let order = 0; order < 3; order++) all.push(grad((b: Tensor) => sum(derivative(order)(b)))(a))
      return all
    }
    const derivative = (order: number): ((a: Tensor) => Tensor) =>
      order === 0 ? (a) => sin(square(a)) : grad((b: Tensor) => sum(derivative(order - 1)(b)))
    const program = jit(tower)
    const at = 0.7
    const values = (await program(ndarray([at], [1], 'float64'))).map(item)
    const [s, c] = [Math.sin(at * at), Math.cos(at * at)]
    const wanted = [s, 2 * at * c, 2 * c - 4 * at * at * s, -12 * at * s - 8 * at ** 3 * c]
    for (const [i, value] of wanted.entries()) expect(values[i]).toBeCloseTo(value, 12)
  })

  test('powers at zero: no 0 · ∞ in any order', async () => {
    const third = grad((a: Tensor) =>
      sum(grad((b: Tensor) => sum(grad((c: Tensor) => sum(pow(c, 2)))(b)))(a)),
    )
    expect(await run(third, ndarray([0, 1, -2]))).toEqual([0, 0, 0])
    const program = jit((a: Tensor, b: Tensor) => vjp(pow(a, b), [a, b], ones(a)))
    const [da, db] = (await program(ndarray([0, 0, 0, -2]), ndarray([0, 1, 2, 3]))).map(toNumbers)
    expect(da).toEqual([0, 1, 0, 12])
    expect(db.slice(0, 3)).toEqual([0, 0, 0])
    expect(db[3]).toBeNaN()
  })

  test('jvp of a record of intermediate values is linear in the tangent', async () => {
    const program = jit((a: Tensor, u: Tensor) => jvp(mul(sin(a), log(a)), a, u))
    const at = ndarray([0.5, 2], [2], 'float64')
    const slope = (v: number) => Math.cos(v) * Math.log(v) + Math.sin(v) / v
    const result = toNumbers(await program(at, ndarray([1, -3], [2], 'float64')))
    expect(result[0]).toBeCloseTo(slope(0.5), 12)
    expect(result[1]).toBeCloseTo(-3 * slope(2), 12)
  })
})

describe('control of gradients', () => {
  test('stopGradient: value kept, no gradient', async () => {
    const program = jit((a: Tensor) => valueAndGrad((b: Tensor) => sum(mul(b, stopGradient(square(b)))))(a))
    const [value, gradient] = await program(ndarray([2, 3]))
    expect(item(value)).toBe(8 + 27)
    expect(toNumbers(gradient)).toEqual([4, 9])
  })

  test('withGradient: a rule of our own, differentiable again', async () => {
    const straight = (a: Tensor) => withGradient(round(a), [a], (g) => [g])
    expect(await run((a) => vjp(straight(a), a, ones(a)), ndarray([0.3, 2.7]))).toEqual([1, 1])
    const odd = (a: Tensor) => withGradient(sin(a), [a], (g) => [mul(g, square(a))])
    const second = grad((a: Tensor) => sum(grad((b: Tensor) => sum(odd(b)))(a)))
    expect(await run(second, ndarray([3]))).toEqual([6])
  })

  test('withGradient: a cotangent of the wrong shape is refused when it is used', () => {
    const a = x()
    const y = withGradient(cos(a), [a], () => [input('float32', [5])])
    expect(() => vjp(y, a, a)).toThrow(
      'withGradient: its gradient rule gave float32[5] for an input float32[2,3]',
    )
  })

  test('several inputs, some without a gradient', async () => {
    const program = jit((a: Tensor, b: Tensor) =>
      vjp(
        withGradient(add(a, b), [a, b], (g) => [undefined, mul(g, 7)]),
        [a, b],
        ones(a),
      ),
    )
    const [da, db] = await program(full([2], 1), full([2], 2))
    expect([toNumbers(da), toNumbers(db)]).toEqual([
      [0, 0],
      [7, 7],
    ])
  })
})

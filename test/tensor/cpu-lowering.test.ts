/**
 * What the CPU lowering folds together in float32, against the same expressions in
 * float64, where nothing is folded.
 */
import { expect, it } from 'vitest'
import {
  add,
  cast,
  jit,
  layerNorm,
  matmul,
  mul,
  type NdArray,
  silu,
  square,
  sum,
  type Tensor,
  take,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { waveOf as wave } from '../numbers.ts'

const closeToDouble = async (
  fn: (args: readonly Tensor[]) => readonly Tensor[],
  args: readonly NdArray[],
) => {
  const single = await jit(fn)(args)
  const double = await jit((inputs: readonly Tensor[]) => fn(inputs.map((t) => cast(t, 'float64'))))(args)
  for (const [i, want] of double.entries()) {
    const [a, b] = [toNumbers(single[i]), toNumbers(want)]
    const scale = Math.max(...b.map(Math.abs))
    expect(Math.max(...a.map((v, j) => Math.abs(v - b[j]))) / scale).toBeLessThan(3e-6)
  }
}

it('layers with bias, norm and SiLU: values, gradients and their gradients', async () => {
  const net = ([x, w1, b1, w2, b2]: readonly Tensor[]) => {
    const h = layerNorm(silu(add(matmul(x, w1, { transB: true }), b1)))
    return add(b2, matmul(h, w2))
  }
  const fn = (args: readonly Tensor[]) => {
    const y = net(args)
    const first = vjp(y, args, y)
    const squares = first.map((g) => sum(square(g))).reduce((a, b) => add(a, b))
    return [y, ...first, squares, ...vjp(squares, args, mul(squares, 0.01))]
  }
  await closeToDouble(fn, [wave([6, 5], 1), wave([8, 5], 2), wave([8], 3), wave([8, 3], 4), wave([3], 5)])
})

it('one value under two names, and inputs handed through', async () => {
  const program = jit(({ x }: { x: Tensor }) => {
    const y = square(x)
    return { y, same: y, x, again: mul(y, 1) }
  })
  const x = wave([3], 1)
  const { y, same, x: out, again } = await program({ x })
  expect(toNumbers(out)).toEqual(toNumbers(x))
  for (const array of [y, same, again]) expect(toNumbers(array)[2]).toBeCloseTo(toNumbers(x)[2] ** 2, 6)
})

it('columns of a matrix in another order, of few rows and of many', async () => {
  for (const rows of [3, 20]) {
    const fn = ([x]: readonly Tensor[]) => [take(x, [4, 0, 6, -1, 0], 1)]
    const x = wave([rows, 7], 1)
    const [got] = await jit(fn)([x])
    const at = (i: number, j: number) => toNumbers(x)[7 * i + j]
    const want = Array.from({ length: rows }, (_, i) => [4, 0, 6, 6, 0].map((j) => at(i, j)))
    expect(got.shape).toEqual([rows, 5])
    expect(toNumbers(got)).toEqual(want.flat())
  }
})

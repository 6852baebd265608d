/**
 * One contract for every op: value, shape, first and second derivative, forward mode, float32 beside float64.
 */
import { describe, expect, test } from 'vitest'
import {
  add,
  type DType,
  jit,
  jvp,
  mul,
  type NdArray,
  ndarray,
  scalarLike,
  sum,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import * as ops from '../../src/tensor/ops/index.ts'
import { dot, sizeOf, uniform } from './grid.ts'
import { type OpCase, opCases } from './lists/ops/index.ts'

/** Everything that is checked, in one program: y, Jᵀv, H u for the scalar vᵀy, and J u. */
const derivatives = ({ apply, valueOnly }: OpCase) =>
  jit((xs: Tensor[], us: Tensor[], v: Tensor) => {
    const y = apply(...xs)
    if (valueOnly) return { y, gradient: xs, curvature: xs, tangent: y }
    const gradient = vjp(y, xs, v)
    const slope = gradient.map((g, i) => sum(mul(g, us[i]))).reduce((a, b) => add(a, b))
    const curvature = vjp(slope, xs, scalarLike(slope, 1))
    const tangent = xs.map((x, i) => jvp(y, x, us[i])).reduce((a, b) => add(a, b))
    return { y, gradient, curvature, tangent }
  })

const arraysOf = (values: readonly number[][], { inputs }: OpCase, dtype: DType): NdArray[] =>
  values.map((list, i) => ndarray(list, inputs[i].shape, dtype))

/** The inputs moved by h along the directions. */
const moved = (xs: readonly number[][], us: readonly number[][], h: number): number[][] =>
  xs.map((x, i) => x.map((value, j) => value + h * us[i][j]))

const differ = (a: readonly number[], b: readonly number[], h: number): number[] =>
  a.map((x, i) => (x - b[i]) / (2 * h))

const expectClose = (
  what: string,
  actual: readonly number[],
  wanted: readonly number[],
  tolerance: number,
): void => {
  expect(actual.length, what).toBe(wanted.length)
  const scale = Math.max(1, ...wanted.map(Math.abs))
  for (const [i, value] of wanted.entries()) {
    expect(Math.abs(actual[i] - value), `${what}[${i}]: ${actual[i]} instead of ${value}`).toBeLessThan(
      tolerance * scale,
    )
  }
}

const numbersOf = (arrays: readonly NdArray[]): number[][] => arrays.map(toNumbers)

const outcome = async (entry: OpCase, dtype: DType) => {
  const xs = entry.inputs.map(({ shape, lo, hi }, i) =>
    uniform(7 + i, sizeOf(shape), lo, hi).map(Math.fround),
  )
  const us = entry.inputs.map(({ shape }, i) => uniform(70 + i, sizeOf(shape), -1, 1))
  const expected = entry.expected(...xs.map((data, i) => ({ shape: entry.inputs[i].shape, data })))
  const v = uniform(700, expected.data.length, -1, 1)
  const program = derivatives(entry)
  const run = async (at: number[][]) => {
    const cotangent = ndarray(v, expected.shape, dtype)
    const result = await program(arraysOf(at, entry, dtype), arraysOf(us, entry, dtype), cotangent)
    return {
      shape: result.y.shape,
      y: toNumbers(result.y),
      gradient: numbersOf(result.gradient),
      curvature: numbersOf(result.curvature),
      tangent: toNumbers(result.tangent),
    }
  }
  return { xs, us, v, expected, run, release: program.release }
}

/** Central differences of vᵀy in every coordinate. */
const numericGradient = async (
  run: (at: number[][]) => Promise<{ y: number[] }>,
  xs: readonly number[][],
  v: readonly number[],
  h: number,
): Promise<number[][]> => {
  const slope = async (i: number, j: number): Promise<number> => {
    const unit = xs.map((x, a) => x.map((_, b) => (a === i && b === j ? 1 : 0)))
    const [up, down] = [await run(moved(xs, unit, h)), await run(moved(xs, unit, -h))]
    return dot(v, differ(up.y, down.y, h))
  }
  const rows: number[][] = []
  for (const [i, x] of xs.entries()) {
    const row: number[] = []
    for (const j of x.keys()) row.push(await slope(i, j))
    rows.push(row)
  }
  return rows
}

describe.each(opCases.map((entry) => ({ name: `${entry.op}: ${entry.title}`, entry })))(
  '$name',
  ({ entry }) => {
    const dtype: DType = entry.float32Only ? 'float32' : 'float64'
    const [h, loose, tight] = entry.float32Only ? [2e-2, 3e-3, 3e-6] : [1e-5, 1e-6, 1e-12]

    test('value, derivatives', async () => {
      const { xs, us, v, expected, run, release } = await outcome(entry, dtype)
      const here = await run(xs)
      expect(here.shape).toEqual(expected.shape)
      expectClose('value', here.y, expected.data, tight)
      if (!entry.valueOnly) {
        const numeric = await numericGradient(run, xs, v, h)
        const [up, down] = [await run(moved(xs, us, h)), await run(moved(xs, us, -h))]
        for (const i of xs.keys()) {
          expectClose(`gradient ${i}`, here.gradient[i], numeric[i], loose)
          expectClose(`curvature ${i}`, here.curvature[i], differ(up.gradient[i], down.gradient[i], h), loose)
        }
        expectClose('tangent', here.tangent, differ(up.y, down.y, h), loose)
        const [forward, backward] = [dot(v, here.tangent), dot(here.gradient.flat(), us.flat())]
        expectClose('⟨v, Ju⟩ = ⟨Jᵀv, u⟩', [forward], [backward], tight * 10)
      }
      await release()
    })

    test.skipIf(entry.float32Only)('float32 agrees with float64', async () => {
      const [single, double] = [await outcome(entry, 'float32'), await outcome(entry, 'float64')]
      const [a, b] = [await single.run(single.xs), await double.run(double.xs)]
      expectClose('value', a.y, b.y, 1e-5)
      expectClose('gradient', a.gradient.flat(), b.gradient.flat(), 1e-5)
      expectClose('curvature', a.curvature.flat(), b.curvature.flat(), 1e-4)
      expectClose('tangent', a.tangent, b.tangent, 1e-5)
      await single.release()
      await double.release()
    })
  },
)

test('every exported op has a case', () => {
  const notOps = ['scalarLike']
  const exported = Object.keys(ops).filter((name) => !notOps.includes(name))
  expect(exported.sort()).toEqual([...new Set(opCases.map((entry) => entry.op))].sort())
})

/** A case of the contract of ops. */
import type { Tensor } from '../../../../src/tensor/index.ts'
import { type Grid, pointwise, total } from '../../grid.ts'

/** An input of random numbers in [lo, hi). */
export interface Range {
  readonly shape: readonly number[]
  readonly lo: number
  readonly hi: number
}

export interface OpCase {
  /** Name of the exported function. */
  readonly op: string
  /** What is special about this case. */
  readonly title: string
  readonly inputs: readonly Range[]
  readonly apply: (...xs: Tensor[]) => Tensor
  readonly expected: (...xs: Grid[]) => Grid
  /** ONNX Runtime has no float64 kernel on the CPU. */
  readonly float32Only?: true
  /** The gradient is not the derivative, on purpose: only the value is checked here. */
  readonly valueOnly?: true
}

export const range = (shape: readonly number[], lo = -2, hi = 2): Range => ({ shape, lo, hi })

type Options = Pick<OpCase, 'float32Only' | 'valueOnly'>

export const entry = (
  op: string,
  title: string,
  inputs: readonly Range[],
  apply: OpCase['apply'],
  expected: OpCase['expected'],
  options: Options = {},
): OpCase => ({ op, title, inputs, apply, expected, ...options })

export const unary = (
  op: string,
  apply: (x: Tensor) => Tensor,
  f: (x: number) => number,
  { lo = -2, hi = 2, ...options }: Options & { lo?: number; hi?: number } = {},
): OpCase => entry(op, `on [${lo}, ${hi}]`, [range([2, 5], lo, hi)], apply, pointwise(f), options)

export const binary = (
  op: string,
  apply: (a: Tensor, b: Tensor) => Tensor,
  f: (a: number, b: number) => number,
  { lo = -2, hi = 2, ...options }: Options & { lo?: number; hi?: number } = {},
): OpCase[] =>
  [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1, 2],
      [3, 1],
    ],
    [[], [2, 2]],
  ].map(([a, b]) =>
    entry(op, `[${a}] with [${b}]`, [range(a, lo, hi), range(b, lo, hi)], apply, pointwise(f), options),
  )

/** For ops without a float64 kernel. */
export const f32 = { float32Only: true } as const

export const average = (values: number[]): number => total(values) / values.length

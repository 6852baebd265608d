/** Reductions, softmax and broadcasting. */

import type { Tensor } from '../../../../src/tensor/index.ts'
import * as t from '../../../../src/tensor/index.ts'
import { broadcastGrid, type Grid, pointwise, reduced, reshaped, total } from '../../grid.ts'
import { average, entry, type OpCase, range } from './case.ts'

const largest = (values: number[]): number => Math.max(...values)
const smallest = (values: number[]): number => Math.min(...values)
const logTotal = (values: number[]): number => Math.log(total(values.map(Math.exp)))

const reduction = (
  op: string,
  apply: (x: Tensor, options?: t.Reduce) => Tensor,
  f: (values: number[]) => number,
): OpCase[] => {
  const inputs = [range([2, 3, 4])]
  const all = (x: Grid) => reshaped(reduced(x, [0, 1, 2], f), [])
  const last = (x: Grid) => reshaped(reduced(x, [2], f), [2, 3])
  return [
    entry(op, 'all', inputs, (x) => apply(x), all),
    entry(op, 'last axis', inputs, (x) => apply(x, { axes: -1 }), last),
    entry(
      op,
      'two axes kept',
      inputs,
      (x) => apply(x, { axes: [0, -1], keepdims: true }),
      (x) => reduced(x, [0, 2], f),
    ),
    entry(
      op,
      'of a scalar',
      [range([])],
      (x) => apply(x),
      (x) => x,
    ),
  ]
}
const reductions: OpCase[] = [
  ...reduction('sum', t.sum, total),
  ...reduction('mean', t.mean, average),
  ...reduction('max', t.max, largest),
  ...reduction('min', t.min, smallest),
  ...reduction('logsumexp', t.logsumexp, logTotal),
]

const rowSums: OpCase[] = [
  entry(
    'sumRows',
    'several axes',
    [range([2, 3, 4])],
    (x) => t.sumRows(x),
    (x) => reshaped(reduced(x, [1, 2], total), [2]),
  ),
  entry(
    'sumRows',
    'of a list, which is itself',
    [range([3])],
    (x) => t.sumRows(x),
    (x) => x,
  ),
]

const softmaxes = [0, -1].flatMap((axis) => {
  const shift = (x: Grid) => reduced(x, [axis < 0 ? 1 : 0], logTotal)
  const minus = pointwise((a, b) => a - b)
  return [
    entry(
      'logSoftmax',
      `axis ${axis}`,
      [range([3, 4])],
      (x) => t.logSoftmax(x, axis),
      (x) => minus(x, shift(x)),
    ),
    entry(
      'softmax',
      `axis ${axis}`,
      [range([3, 4])],
      (x) => t.softmax(x, axis),
      (x) => pointwise(Math.exp)(minus(x, shift(x))),
    ),
  ]
})

const broadcasting: OpCase[] = [
  entry(
    'broadcastTo',
    'new and stretched axes',
    [range([2, 1])],
    (x) => t.broadcastTo(x, [3, 2, 2]),
    (x) => broadcastGrid(x, [3, 2, 2]),
  ),
  entry(
    'broadcastTo',
    'of a scalar',
    [range([])],
    (x) => t.broadcastTo(x, [2, 2]),
    (x) => broadcastGrid(x, [2, 2]),
  ),
  entry(
    'sumTo',
    'new and stretched axes',
    [range([3, 2, 2])],
    (x) => t.sumTo(x, [2, 1]),
    (x) => reshaped(reduced(x, [0, 2], total), [2, 1]),
  ),
  entry(
    'sumTo',
    'to a scalar',
    [range([3, 2])],
    (x) => t.sumTo(x, []),
    (x) => reshaped(reduced(x, [0, 1], total), []),
  ),
  entry(
    'fullLike',
    '3',
    [range([2, 3])],
    (x) => t.mul(t.fullLike(x, 3), x),
    pointwise((x) => 3 * x),
  ),
]

export const reduceCases: readonly OpCase[] = [...reductions, ...rowSums, ...softmaxes, ...broadcasting]

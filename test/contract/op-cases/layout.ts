/** Ops that move elements. */
import * as t from '../../../src/tensor/index.ts'
import { constant, ndarray, type Tensor } from '../../../src/tensor/index.ts'
import { at, grid, reshaped, total } from '../grid.ts'
import { entry, type OpCase, range } from './case.ts'

const twoOf = (list: readonly Tensor[]): [Tensor, Tensor] => [list[0], list[1]]

export const layoutCases: readonly OpCase[] = [
  entry(
    'reshape',
    'with −1',
    [range([2, 6])],
    (x) => t.reshape(x, [3, -1]),
    (x) => reshaped(x, [3, 4]),
  ),
  entry(
    'reshape',
    'to a scalar',
    [range([1, 1])],
    (x) => t.reshape(x, []),
    (x) => reshaped(x, []),
  ),
  entry(
    'expandDims',
    'in the middle',
    [range([2, 3])],
    (x) => t.expandDims(x, 1),
    (x) => reshaped(x, [2, 1, 3]),
  ),
  entry(
    'expandDims',
    'at the end',
    [range([2, 3])],
    (x) => t.expandDims(x, -1),
    (x) => reshaped(x, [2, 3, 1]),
  ),
  entry(
    'alignTo',
    'per-sample factors',
    [range([2]), range([2, 3, 2])],
    (a, x) => t.mul(t.alignTo(a, x), x),
    (a, x) => grid([2, 3, 2], ([b, i, j]) => at(a, [b]) * at(x, [b, i, j])),
  ),
  entry(
    'transpose',
    'reversed',
    [range([2, 3, 4])],
    (x) => t.transpose(x),
    (x) => grid([4, 3, 2], ([i, j, k]) => at(x, [k, j, i])),
  ),
  entry(
    'transpose',
    'rotated',
    [range([2, 3, 4])],
    (x) => t.transpose(x, [1, -1, 0]),
    (x) => grid([3, 4, 2], ([i, j, k]) => at(x, [k, i, j])),
  ),
  entry('matrixTranspose', 'of a batch', [range([2, 3, 4])], t.matrixTranspose, (x) =>
    grid([2, 4, 3], ([b, i, j]) => at(x, [b, j, i])),
  ),
  entry(
    'slice',
    'a block',
    [range([4, 5])],
    (x) => t.slice(x, [1, -3], [3, -1]),
    (x) => grid([2, 2], ([i, j]) => at(x, [i + 1, j + 2])),
  ),
  entry(
    'slice',
    'with steps',
    [range([5, 7])],
    (x) => t.slice(x, [1, 0], [5, 7], [2, 3]),
    (x) => grid([2, 3], ([i, j]) => at(x, [1 + 2 * i, 3 * j])),
  ),
  entry(
    'slice',
    'steps that end early',
    [range([6])],
    (x) => t.slice(x, [1], [6], [3]),
    (x) => grid([2], ([i]) => at(x, [1 + 3 * i])),
  ),
  entry(
    'slice',
    'the first axis',
    [range([4, 2])],
    (x) => t.slice(x, [2]),
    (x) => grid([2, 2], ([i, j]) => at(x, [i + 2, j])),
  ),
  entry(
    'pad',
    'zeros',
    [range([2, 3])],
    (x) => t.pad(x, [1, 0], [0, 2]),
    (x) => grid([3, 5], ([i, j]) => at(x, [i - 1, j])),
  ),
  entry(
    'pad',
    'a value',
    [range([3])],
    (x) => t.pad(x, [1], [2], 7),
    (x) => grid([6], ([i]) => (i < 1 || i > 3 ? 7 : at(x, [i - 1]))),
  ),
  entry(
    'concat',
    'columns',
    [range([2, 1]), range([2, 3])],
    (a, b) => t.concat([a, b], -1),
    (a, b) => grid([2, 4], ([i, j]) => (j < 1 ? at(a, [i, j]) : at(b, [i, j - 1]))),
  ),
  entry(
    'concat',
    'a tensor with itself',
    [range([2, 2])],
    (x) => t.concat([x, t.square(x), x]),
    (x) => grid([6, 2], ([i, j]) => at(x, [i % 2, j]) ** (i === 2 || i === 3 ? 2 : 1)),
  ),
  entry(
    'split',
    'unequal',
    [range([2, 5])],
    (x) => t.mul(...twoOf(t.split(t.slice(x, [0, 1]), [2, 2], 1))),
    (x) => grid([2, 2], ([i, j]) => at(x, [i, j + 1]) * at(x, [i, j + 3])),
  ),
  entry(
    'split',
    'equal',
    [range([4, 2])],
    (x) => t.mul(...twoOf(t.split(x, 2))),
    (x) => grid([2, 2], ([i, j]) => at(x, [i, j]) * at(x, [i + 2, j])),
  ),
  entry(
    'stack',
    'new last axis',
    [range([2, 3]), range([2, 3])],
    (a, b) => t.stack([a, b], -1),
    (a, b) => grid([2, 3, 2], ([i, j, k]) => at(k === 0 ? a : b, [i, j])),
  ),
  entry(
    'flip',
    'both axes',
    [range([2, 3])],
    (x) => t.flip(x, [0, -1]),
    (x) => grid([2, 3], ([i, j]) => at(x, [1 - i, 2 - j])),
  ),
  entry(
    'take',
    'repeated and negative',
    [range([4, 2])],
    (x) => t.take(x, [2, 0, 2, -1]),
    (x) => grid([4, 2], ([i, j]) => at(x, [[2, 0, 2, 3][i], j])),
  ),
  entry(
    'take',
    'a matrix of indices in the middle',
    [range([2, 3, 2])],
    (x) => t.take(x, ndarray([0, 2, 2, 1], [2, 2], 'int32'), 1),
    (x) => grid([2, 2, 2, 2], ([a, i, j, b]) => at(x, [a, [0, 2, 2, 1][2 * i + j], b])),
  ),
  entry(
    'take',
    'one index, which removes the axis',
    [range([2, 3])],
    (x) => t.take(x, ndarray([1], [], 'int64'), 1),
    (x) => grid([2], ([i]) => at(x, [i, 1])),
  ),
  entry(
    'scatterAdd',
    'repeated',
    [range([3, 2])],
    (x) => t.scatterAdd(x, constant(ndarray([1, 3, 1], [3], 'int64')), [4, 2]),
    (x) => grid([4, 2], ([i, j]) => total([1, 3, 1].map((k, row) => (k === i ? at(x, [row, j]) : 0)))),
  ),
]

/** Ops element by element. */

import type { Tensor } from '../../../../src/tensor/index.ts'
import * as t from '../../../../src/tensor/index.ts'
import { erfSeries } from '../../grid.ts'
import { binary, f32, type OpCase, unary } from './case.ts'

/** Booleans have no derivative, but the numbers that they select do. */
const asFloat = (b: Tensor, like: Tensor): Tensor => t.cast(b, like.dtype)
const bit = (b: boolean): number => (b ? 1 : 0)

const arithmetic: OpCase[] = [
  ...binary('add', t.add, (a, b) => a + b),
  ...binary('sub', t.sub, (a, b) => a - b),
  ...binary('mul', t.mul, (a, b) => a * b),
  ...binary('div', t.div, (a, b) => a / b, { lo: 0.5 }),
  ...binary('pow', t.pow, (a, b) => a ** b, { lo: 0.5 }),
  ...binary('maximum', t.maximum, Math.max),
  ...binary('minimum', t.minimum, Math.min),
  unary(
    'add',
    (x) => t.add(2, t.add(x, 3)),
    (x) => x + 5,
  ),
  unary(
    'sub',
    (x) => t.sub(2, t.sub(x, 3)),
    (x) => 5 - x,
  ),
  unary(
    'mul',
    (x) => t.mul(2, t.mul(x, 3)),
    (x) => 6 * x,
  ),
  unary(
    'div',
    (x) => t.div(2, t.div(x, 3)),
    (x) => 6 / x,
    { lo: 0.5 },
  ),
  ...[2, 3, 1].map((p) =>
    unary(
      'pow',
      (x) => t.pow(x, p),
      (x) => x ** p,
    ),
  ),
  ...[-1, 0.5, -1.5].map((p) =>
    unary(
      'pow',
      (x) => t.pow(x, p),
      (x) => x ** p,
      { lo: 0.5 },
    ),
  ),
  unary(
    'pow',
    (x) => t.pow(x, 0),
    () => 1,
  ),
  unary(
    'pow',
    (x) => t.pow(2, x),
    (x) => 2 ** x,
  ),
  unary(
    'clip',
    (x) => t.clip(x, -1, 0.5),
    (x) => Math.min(Math.max(x, -1), 0.5),
  ),
  unary('neg', t.neg, (x) => -x),
  unary('abs', t.abs, Math.abs),
  unary('sign', t.sign, Math.sign),
  unary('floor', t.floor, Math.floor),
  unary('ceil', t.ceil, Math.ceil),
  unary('round', t.round, Math.round),
  unary('reciprocal', t.reciprocal, (x) => 1 / x, { lo: 0.5 }),
  unary('square', t.square, (x) => x * x),
  unary('sqrt', t.sqrt, Math.sqrt, { lo: 0.5 }),
  unary('rsqrt', t.rsqrt, (x) => x ** -0.5, { lo: 0.5 }),
  unary('cast', (x) => t.cast(t.cast(x, 'int32'), x.dtype), Math.trunc, { valueOnly: true }),
]

const half = 0.5
const comparisons: OpCase[] = [
  ...binary(
    'equal',
    (a, b) => asFloat(t.equal(t.round(a), t.round(b)), a),
    (a, b) => bit(Math.round(a) === Math.round(b)),
  ),
  ...binary(
    'less',
    (a, b) => asFloat(t.less(a, b), a),
    (a, b) => bit(a < b),
  ),
  ...binary(
    'lessEqual',
    (a, b) => asFloat(t.lessEqual(a, b), a),
    (a, b) => bit(a <= b),
  ),
  ...binary(
    'greater',
    (a, b) => asFloat(t.greater(a, b), a),
    (a, b) => bit(a > b),
  ),
  ...binary(
    'greaterEqual',
    (a, b) => asFloat(t.greaterEqual(a, b), a),
    (a, b) => bit(a >= b),
  ),
  ...binary(
    'and',
    (a, b) => asFloat(t.and(t.less(a, half), t.less(b, half)), a),
    (a, b) => bit(a < half && b < half),
  ),
  ...binary(
    'or',
    (a, b) => asFloat(t.or(t.less(a, half), t.less(b, half)), a),
    (a, b) => bit(a < half || b < half),
  ),
  unary(
    'not',
    (x) => asFloat(t.not(t.less(x, half)), x),
    (x) => bit(!(x < half)),
  ),
  ...binary(
    'where',
    (a, b) => t.where(t.less(a, b), t.square(a), t.mul(b, 3)),
    (a, b) => (a < b ? a * a : 3 * b),
  ),
  unary(
    'where',
    (x) => t.where(t.less(x, 0), 1, x),
    (x) => (x < 0 ? 1 : x),
  ),
]

const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
const functions: OpCase[] = [
  unary('exp', t.exp, Math.exp),
  unary('expm1', t.expm1, Math.expm1),
  unary('log', t.log, Math.log, { lo: 0.5 }),
  unary('log1p', t.log1p, Math.log1p, { lo: -0.9 }),
  unary('sin', t.sin, Math.sin),
  unary('cos', t.cos, Math.cos),
  unary('tan', t.tan, Math.tan, { lo: -1, hi: 1 }),
  unary('atan', t.atan, Math.atan, f32),
  unary('asin', t.asin, Math.asin, { lo: -0.8, hi: 0.8, ...f32 }),
  unary('acos', t.acos, Math.acos, { lo: -0.8, hi: 0.8, ...f32 }),
  unary('sinh', t.sinh, Math.sinh),
  unary('cosh', t.cosh, Math.cosh),
  unary('tanh', t.tanh, Math.tanh),
  unary('erf', t.erf, erfSeries, f32),
  unary('sigmoid', t.sigmoid, logistic),
  unary('softplus', t.softplus, (x) => Math.log(1 + Math.exp(x))),
  unary('logSigmoid', t.logSigmoid, (x) => Math.log(logistic(x))),
  unary('silu', t.silu, (x) => x * logistic(x)),
  unary('relu', t.relu, (x) => Math.max(x, 0)),
  unary(
    'leakyRelu',
    (x) => t.leakyRelu(x, 0.2),
    (x) => (x > 0 ? x : 0.2 * x),
  ),
  unary('elu', t.elu, (x) => (x > 0 ? x : Math.expm1(x))),
  unary('gelu', t.gelu, (x) => (x / 2) * (1 + erfSeries(x / Math.SQRT2)), f32),
]

export const pointwiseCases: readonly OpCase[] = [...arithmetic, ...comparisons, ...functions]

/** Arithmetic, functions, comparisons and choice, element by element. */
import type { DType } from '../../dtype.ts'
import {
  abs,
  add,
  and,
  cast,
  ceil,
  cos,
  div,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  not,
  or,
  pow,
  reciprocal,
  round,
  sigmoid,
  sign,
  silu,
  sin,
  sqrt,
  square,
  sub,
  tan,
  tanh,
  where,
} from '../../ops/index.ts'
import type { Tensor } from '../../tensor.ts'
import { dtypeOf } from '../array-proto.ts'
import type { Rule, Rules, Site } from '../site.ts'

const of =
  (fn: (x: Tensor) => Tensor): Rule =>
  (site) =>
    fn(site.input(0))

const ofTwo =
  (fn: (a: Tensor, b: Tensor) => Tensor): Rule =>
  (site) =>
    fn(site.input(0), site.input(1))

const ofAll =
  (fn: (a: Tensor, b: Tensor) => Tensor): Rule =>
  (site) =>
    [site.input(0), ...site.all().slice(1)].reduce(fn)

const isSigmoidOf = (s: Tensor, x: Tensor): boolean => s.op.name === 'sigmoid' && s.inputs[0] === x

/** x · sigmoid(x), as exporters write SiLU, is the op that has a gradient of its own. */
const product = (a: Tensor, b: Tensor): Tensor => {
  if (isSigmoidOf(b, a)) return silu(a)
  return isSigmoidOf(a, b) ? silu(b) : mul(a, b)
}

/** Powers that are products and roots are written as such: they have derivatives for any sign. */
const power = (site: Site): Tensor => {
  const [a, b] = [site.input(0), site.input(1)]
  const exponent = b.shape.length <= a.shape.length ? site.scalar(1) : undefined
  switch (exponent) {
    case 1:
      return a
    case 2:
      return square(a)
    case 3:
      return mul(square(a), a)
    case 0.5:
      return sqrt(a)
    case undefined:
      return pow(a, cast(b, a.dtype))
    default:
      return pow(a, exponent)
  }
}

const bounded = (site: Site): Tensor => {
  const x = site.input(0)
  const bound = (i: number, name: string, none: number) =>
    site.maybe(i) ? site.numbers(i)[0] : site.float(name, none)
  const [low, high] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)]
  const above = Number.isFinite(low) ? maximum(x, low) : x
  return Number.isFinite(high) ? minimum(above, high) : above
}

const target = (site: Site): DType => dtypeOf(site.int('to', 0), `the target of the cast`)

export const arithmetic: Rules = {
  Add: ofTwo(add),
  Sub: ofTwo(sub),
  Mul: ofTwo(product),
  Div: ofTwo(div),
  Pow: power,
  Sum: ofAll(add),
  Max: ofAll(maximum),
  Min: ofAll(minimum),
  Mean: (site) =>
    div(
      site.all().reduce((a, b) => add(a, b)),
      site.all().length,
    ),
  Clip: bounded,
  Neg: of(neg),
  Abs: of(abs),
  Sign: of(sign),
  Floor: of(floor),
  Ceil: of(ceil),
  Round: of(round),
  Reciprocal: of(reciprocal),
  Sqrt: of(sqrt),
  Exp: of(exp),
  Log: of(log),
  Sin: of(sin),
  Cos: of(cos),
  Tan: of(tan),
  Tanh: of(tanh),
  Sigmoid: of(sigmoid),
  Erf: of(erf),
  Equal: ofTwo(equal),
  Less: ofTwo(less),
  LessOrEqual: ofTwo(lessEqual),
  Greater: ofTwo(greater),
  GreaterOrEqual: ofTwo(greaterEqual),
  And: ofTwo(and),
  Or: ofTwo(or),
  Not: of(not),
  Where: (site) => where(site.input(0), site.input(1), site.input(2)),
  Cast: (site) => cast(site.input(0), target(site)),
  CastLike: (site) => cast(site.input(0), site.input(1).dtype),
  Identity: of((x) => x),
}

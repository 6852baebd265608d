/**
 * Exponential, logarithm, trigonometric and hyperbolic functions, element by element on float tensors. All
 * have float64 on the CPU except atan, asin, acos and erf, for which ONNX Runtime has float32 alone.
 */
import type { Tensor } from '../tensor.ts'
import { add, div, mul, neg, rsqrt, square, sub } from './arithmetic.ts'
import { literal, unary } from './pointwise.ts'

/** eˣ. */
export const exp = unary('exp', 'Exp', (_x, y, g) => mul(g, y))

/** eˣ − 1 without cancellation near 0, as tanh(x/2) (eˣ + 1). */
export const expm1 = unary(
  'expm1',
  (x, emit, node) => {
    const half = emit.node('Tanh', [emit.node('Mul', [x, literal(emit, node, 0.5)])])
    const above = emit.node('Add', [emit.node('Exp', [x]), literal(emit, node, 1)])
    return emit.node('Mul', [half, above])
  },
  (x, _y, g) => mul(g, exp(x)),
)

/** Natural logarithm. */
export const log = unary('log', 'Log', (x, _y, g) => div(g, x))

/**
 * log(1 + x) to full precision near 0. With u = 1 + x as rounded, log(u) x/(u − 1) corrects the
 * rounding (Kahan; Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 1.14.1). The
 * quotient is 1 where u − 1 = x.
 */
export const log1p = unary(
  'log1p',
  (x, emit, node) => {
    const one = literal(emit, node, 1)
    const u = emit.node('Add', [x, one])
    const d = emit.node('Sub', [u, one])
    const logU = emit.node('Log', [u])
    const corrected = emit.node('Mul', [logU, emit.node('Div', [x, d])])
    const tiny = emit.node('Where', [emit.node('Equal', [u, one]), x, corrected])
    return emit.node('Where', [emit.node('Equal', [d, x]), logU, tiny])
  },
  (x, _y, g) => div(g, add(x, 1)),
)

/** Sine. */
export const sin = unary('sin', 'Sin', (x, _y, g) => mul(g, cos(x)))
/** Cosine. */
export const cos = unary('cos', 'Cos', (x, _y, g) => neg(mul(g, sin(x))))
/** Tangent, sin/cos. */
export const tan = unary(
  'tan',
  (x, emit) => emit.node('Div', [emit.node('Sin', [x]), emit.node('Cos', [x])]),
  (_x, y, g) => mul(g, add(square(y), 1)),
)
/** Arc tangent. */
export const atan = unary('atan', 'Atan', (x, _y, g) => div(g, add(square(x), 1)), { accepts: 'float32' })
/** Arc sine. */
export const asin = unary('asin', 'Asin', (x, _y, g) => mul(g, rsqrt(sub(1, square(x)))), {
  accepts: 'float32',
})
/** Arc cosine. */
export const acos = unary('acos', 'Acos', (x, _y, g) => neg(mul(g, rsqrt(sub(1, square(x))))), {
  accepts: 'float32',
})
/** Hyperbolic sine, (eˣ − e⁻ˣ)/2 by the expm1 that is exact near 0. */
export const sinh = (x: Tensor): Tensor => mul(sub(expm1(x), expm1(neg(x))), 0.5)
/** Hyperbolic cosine, (eˣ + e⁻ˣ)/2. */
export const cosh = (x: Tensor): Tensor => mul(add(exp(x), exp(neg(x))), 0.5)
/** Hyperbolic tangent. */
export const tanh = unary('tanh', 'Tanh', (_x, y, g) => mul(g, sub(1, square(y))))
/** Error function, 2/√π ∫₀ˣ exp(−t²) dt. */
export const erf = unary(
  'erf',
  'Erf',
  (x, _y, g) => mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
  {
    accepts: 'float32',
  },
)

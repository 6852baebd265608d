/**
 * The affine coupling of RealNVP (Dinh, Sohl-Dickstein & Bengio 2017) with log-scales
 * bounded by tanh, as in DPI.
 */
import { add, exp, mul, neg, split, sub, sumRows, type Tensor, tanh } from '../tensor/index.ts'
import type { Transform } from './transform.ts'

/** log_s = tanh(first half), t = second half of the parameters. */
const parameters = (raw: Tensor): { logScale: Tensor; shift: Tensor } => {
  const [s, shift] = split(raw, 2, 1)
  return { logScale: tanh(s), shift }
}

/** x → z is h' = (h + t) e^(log_s), z → x is h = h' e^(−log_s) − t. */
export const affine: Transform = {
  name: 'affine',
  perEntry: 2,
  forward: (h, raw) => {
    const { logScale, shift } = parameters(raw)
    return { h: mul(add(h, shift), exp(logScale)), logdet: sumRows(logScale) }
  },
  inverse: (h, raw) => {
    const { logScale, shift } = parameters(raw)
    return { h: sub(mul(h, exp(neg(logScale))), shift), logdet: neg(sumRows(logScale)) }
  },
}

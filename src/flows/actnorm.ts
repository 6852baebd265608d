/**
 * ActNorm with one scale and one location (Kingma & Dhariwal 2018, as in DPI): x → z is h' = e^(−l) (h +
 * loc). Both start at 0: initialised in the direction of sampling, it is the identity.
 */
import { add, exp, mul, type NdArray, neg, sub, sum, type Tensor, zeros } from '../tensor/index.ts'
import type { Moved } from './flow.ts'

/** loc and l, [1] each. */
export type ActNorm<L> = { readonly loc: L; readonly logScale: L }

/** The identity. */
export const initActNorm = (): ActNorm<NdArray> => ({ loc: zeros([1]), logScale: zeros([1]) })

/** Entries of one row. */
const entries = (h: Tensor): number => h.shape.slice(1).reduce((n, d) => n * d, 1)

/** x → z: log-determinant −n l, the same for all rows: []. */
export const actNorm = (h: Tensor, { loc, logScale }: ActNorm<Tensor>): Moved => ({
  h: mul(add(h, loc), exp(neg(logScale))),
  logdet: mul(sum(logScale), -entries(h)),
})

/** z → x. */
export const actNormInverse = (h: Tensor, { loc, logScale }: ActNorm<Tensor>): Moved => ({
  h: sub(mul(h, exp(logScale)), loc),
  logdet: mul(sum(logScale), entries(h)),
})

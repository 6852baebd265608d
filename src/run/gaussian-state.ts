/** A Gaussian in a checkpoint: its arrays and the rest as JSON. */
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { isotropic, lowRank } from '../linalg/index.ts'
import type { NdArray } from '../tensor/index.ts'

/** A Gaussian in the state of a checkpoint: s² I, or s² I + U Uᵀ as PPCA fits it. */
export type GaussianState = { readonly kind: 'isotropic' | 'ppca'; readonly variance: number }

/** @throws TweedieError `input` for covariances that fitting never gives */
export const packGaussian = ({
  mean,
  covariance,
}: Gaussian): { arrays: Record<string, NdArray>; state: GaussianState } => {
  if (covariance.kind === 'isotropic')
    return { arrays: { mean }, state: { kind: 'isotropic', variance: covariance.variance } }
  if (covariance.kind === 'lowRank' && typeof covariance.variance === 'number')
    return {
      arrays: { mean, factor: covariance.factor },
      state: { kind: 'ppca', variance: covariance.variance },
    }
  const got = covariance.kind === 'lowRank' ? 'diag(d) + U Uᵀ' : covariance.kind
  throw new TweedieError('input', `a checkpoint holds covariances s² I and s² I + U Uᵀ, got ${got}`)
}

/**
 * The inverse, from the arrays `gaussian.mean` and `gaussian.factor` of a checkpoint.
 *
 * @param where - file, for messages
 * @throws TweedieError `input` for arrays that are missing or do not fit, and variances that are not positive
 */
export const unpackGaussian = (
  { kind, variance }: GaussianState,
  arrays: Readonly<Record<string, NdArray>>,
  where: string,
): Gaussian => {
  const named = (name: string): NdArray => {
    const found = arrays[name]
    if (!found) throw new TweedieError('input', `${where}: '${name}' is missing`)
    return found
  }
  if (!(variance > 0))
    throw new TweedieError('input', `${where}: 'gaussian.variance' must be positive, got ${variance}`)
  const mean = named('gaussian.mean')
  if (kind === 'isotropic') return { mean, covariance: isotropic(variance) }
  const factor = named('gaussian.factor')
  if (factor.shape.length !== 2 || factor.shape[0] !== mean.size) {
    throw new TweedieError(
      'input',
      `${where}: 'gaussian.factor' should be [${mean.size}, r], got [${factor.shape}]`,
    )
  }
  return { mean, covariance: lowRank(variance, factor) }
}

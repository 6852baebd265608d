/** A Gaussian in a checkpoint: its arrays and the rest as JSON. */
import { z } from 'zod'
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { isotropic, lowRank, meanVariance } from '../linalg/index.ts'
import type { NdArray } from '../tensor/index.ts'

/**
 * A Gaussian in the state of a checkpoint: s² I, s² I + U Uᵀ as PPCA fits it, or diag(d) + U Uᵀ, whose d is
 * an array and `variance` the mean of it.
 */
export const gaussianStateSchema = z.object({
  kind: z.enum(['isotropic', 'ppca', 'factors']),
  variance: z.number().positive(),
})

export type GaussianState = z.output<typeof gaussianStateSchema>

/** @throws TweedieError `input` for covariances that fitting never gives */
export const packGaussian = ({
  mean,
  covariance,
}: Gaussian): { arrays: Record<string, NdArray>; state: GaussianState } => {
  if (covariance.kind === 'isotropic')
    return { arrays: { mean }, state: { kind: 'isotropic', variance: covariance.variance } }
  if (covariance.kind !== 'lowRank')
    throw new TweedieError(
      'input',
      `a checkpoint holds covariances s² I and D + U Uᵀ, got one of kind ${covariance.kind}`,
    )
  const { variance, factor } = covariance
  if (typeof variance === 'number') return { arrays: { mean, factor }, state: { kind: 'ppca', variance } }
  return {
    arrays: { mean, factor, variance },
    state: { kind: 'factors', variance: meanVariance(covariance) },
  }
}

/**
 * The inverse, from the arrays `gaussian.mean`, `gaussian.factor` and `gaussian.variance` of a checkpoint.
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
  if (kind === 'ppca') return { mean, covariance: lowRank(variance, factor) }
  const own = named('gaussian.variance')
  if (own.size !== mean.size)
    throw new TweedieError(
      'input',
      `${where}: 'gaussian.variance' should be [${mean.size}], got [${own.shape}]`,
    )
  return { mean, covariance: lowRank(own, factor) }
}

/** A Gaussian in a checkpoint: its arrays and the rest as JSON. */
import { z } from 'zod'
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { cosine, diagonal, isotropic, lowRank, meanVariance } from '../linalg/index.ts'
import { average, NdArray, sizeOf, toNumbers } from '../tensor/index.ts'

/**
 * A Gaussian in the state of a checkpoint: s² I, s² I + U Uᵀ as PPCA fits it, or diag(d) + U Uᵀ, whose d is
 * an array and `variance` the mean of it; of the cosine coefficients of an event, with its shape and perhaps
 * without U.
 */
export const gaussianStateSchema = z.object({
  kind: z.enum(['isotropic', 'ppca', 'factors', 'cosine']),
  variance: z.number().positive(),
  event: z.array(z.int().positive()).readonly().optional(),
})

export type GaussianState = z.output<typeof gaussianStateSchema>

/** @throws TweedieError `input` for covariances that fitting never gives */
export const packGaussian = ({
  mean,
  covariance,
}: Gaussian): { arrays: Record<string, NdArray>; state: GaussianState } => {
  if (covariance.kind === 'isotropic')
    return { arrays: { mean }, state: { kind: 'isotropic', variance: covariance.variance } }
  if (covariance.kind === 'cosine') {
    const { event, within } = covariance
    if (within.variance instanceof NdArray)
      return {
        arrays: {
          mean,
          variance: within.variance,
          ...(within.kind === 'lowRank' ? { factor: within.factor } : {}),
        },
        state: { kind: 'cosine', variance: average(toNumbers(within.variance)), event: [...event] },
      }
  }
  if (covariance.kind !== 'lowRank') {
    const { kind } = covariance
    throw new TweedieError(
      'input',
      `a checkpoint holds covariances s² I, D + U Uᵀ and those of cosines, got one of kind ${kind}`,
    )
  }
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
  { kind, variance, event }: GaussianState,
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
  const n = mean.size
  const factor = (): NdArray => {
    const found = named('gaussian.factor')
    if (found.shape.length === 2 && found.shape[0] === n) return found
    throw new TweedieError('input', `${where}: 'gaussian.factor' should be [${n}, r], got [${found.shape}]`)
  }
  const variances = (): NdArray => {
    const found = named('gaussian.variance')
    if (found.size === n) return found
    throw new TweedieError('input', `${where}: 'gaussian.variance' should be [${n}], got [${found.shape}]`)
  }
  switch (kind) {
    case 'isotropic':
      return { mean, covariance: isotropic(variance) }
    case 'ppca':
      return { mean, covariance: lowRank(variance, factor()) }
    case 'factors':
      return { mean, covariance: lowRank(variances(), factor()) }
    case 'cosine': {
      if (!event || sizeOf(event) !== n)
        throw new TweedieError('input', `${where}: 'gaussian.event' should have ${n} entries, got [${event}]`)
      const within = arrays['gaussian.factor'] ? lowRank(variances(), factor()) : diagonal(variances())
      return { mean, covariance: cosine(event, within) }
    }
  }
}

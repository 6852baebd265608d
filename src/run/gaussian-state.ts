/** A Gaussian in a checkpoint: its arrays and the rest as JSON. */
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/index.ts'

/** What the checkpoint's state says of a Gaussian. */
export type GaussianState = { readonly kind: 'isotropic' | 'ppca'; readonly variance: number }

/** @throws TweedieError `input` for covariances that fitting never gives */
export const packGaussian = ({
  mean,
  covariance,
}: Gaussian): { arrays: Record<string, NdArray>; state: GaussianState } => {
  if (covariance.kind === 'ppca') {
    return {
      arrays: { mean, factor: covariance.factor },
      state: { kind: 'ppca', variance: covariance.variance },
    }
  }
  if (covariance.kind === 'isotropic')
    return { arrays: { mean }, state: { kind: 'isotropic', variance: covariance.variance } }
  throw new TweedieError('input', `a checkpoint holds isotropic or PPCA Gaussians, got ${covariance.kind}`)
}

/** The inverse, from the arrays `gaussian.mean` and `gaussian.factor` of a checkpoint. */
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
  const mean = named('gaussian.mean')
  if (kind === 'isotropic') return { mean, covariance: { kind, variance } }
  const factor = named('gaussian.factor')
  if (factor.shape.length !== 2 || factor.shape[0] !== mean.size) {
    throw new TweedieError(
      'input',
      `${where}: 'gaussian.factor' should be [${mean.size}, r], got [${factor.shape}]`,
    )
  }
  return { mean, covariance: { kind, variance, factor } }
}

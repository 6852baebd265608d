import { TweedieError } from '../../error.ts'
import { NdArray } from '../../tensor/index.ts'
import { buresWasserstein, gaussianMoments, type Moments } from '../distances/bures.ts'
import { type FeatureNetwork, featuresOf } from './features.ts'

/** A figure with the name that it may be called by. */
export interface Labelled {
  /**
   * Such as `Fréchet feature distance (features, n = 1000)`; `FID (n = 50000)` with the original Inception
   * only.
   */
  readonly label: string
  /** The figure. */
  readonly value: number
}

/** Moments with the unbiased covariance, 1/(n − 1), as Fréchet distances are computed. */
const unbiasedMoments = (features: NdArray, what: string): Moments => {
  const [n] = features.shape
  if (features.shape.length !== 2 || n < 2) {
    throw new TweedieError(
      'shape',
      `${what}: expected features [n, F] of at least 2 images, got [${features.shape}]`,
    )
  }
  const { mean, covariance } = gaussianMoments(features)
  const data = Float64Array.from(covariance.data as Float64Array, (v) => (v * n) / (n - 1))
  return { mean, covariance: new NdArray('float64', covariance.shape, data) }
}

/**
 * Fréchet distance of two sets of features: the squared Wasserstein-2 distance of the
 * Gaussians with their moments,
 *
 *     |m1 − m2|² + tr (S1 + S2 − 2 (S1^½ S2 S1^½)^½)
 *
 * (Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium",
 * NeurIPS 2017). The root is that of a symmetric matrix (see `buresWasserstein`), so it stays real when there
 * are fewer images than features, where the usual root of S1 S2 does not.
 *
 * Blind spots: anything beyond two moments of the features. It is biased upwards by about
 * tr(S)·F/n, so compare only figures of equal n, and beside that of two halves of the data. Time:
 * F³ (F = 2048 takes minutes).
 *
 * @param x - [n, F]. @param y - [m, F]
 * @throws TweedieError `shape` when the sets do not fit or hold fewer than 2 rows,
 *   `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const network = await featureNetwork()
 * frechetDistance(await featuresOf(network, samples), await featuresOf(network, images))
 * ```
 */
export const frechetDistance = (x: NdArray, y: NdArray): number =>
  buresWasserstein(unbiasedMoments(x, 'frechetDistance: x'), unbiasedMoments(y, 'frechetDistance: y')) ** 2

/**
 * {@link frechetDistance} of two sets of images in a network's features, with the name it may be called by:
 * FID only when the user vouches that the network is the original Inception.
 *
 * @param x - images [n, C, H, W] in [0, 1]. @param y - images [m, C, H, W], the reference
 * @throws TweedieError as {@link frechetDistance} and the network do
 *
 * @example
 * ```ts
 * const { label, value } = await frechetFeatureDistance(await featureNetwork(), samples, images)
 * console.log(`${label}: ${value.toFixed(2)}`) // Fréchet feature distance (features, n = 1000): 3.21
 * ```
 */
export const frechetFeatureDistance = async (
  network: FeatureNetwork,
  x: NdArray,
  y: NdArray,
): Promise<Labelled> => {
  const value = frechetDistance(await featuresOf(network, x), await featuresOf(network, y))
  const n = x.shape[0] === y.shape[0] ? `n = ${x.shape[0]}` : `n = ${x.shape[0]} and ${y.shape[0]}`
  return {
    label: network.inception ? `FID (${n})` : `Fréchet feature distance (${network.name}, ${n})`,
    value,
  }
}

import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { buresWasserstein, type Moments } from '../distances/bures.ts'
import { type FeatureNetwork, featuresOf } from './features.ts'
import { momentSums } from './moment-sums.ts'

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

/** Unbiased moments of features [n, F]. */
const momentsOf = (features: NdArray, what: string): Moments => {
  const [n, length] = features.shape
  if (features.shape.length !== 2 || n < 2) {
    throw new TweedieError(
      'shape',
      `${what}: expected features [n, F] of at least 2 images, got [${features.shape}]`,
    )
  }
  const sums = momentSums(length)
  sums.add(features)
  return sums.moments()
}

/**
 * Fréchet distance of two Gaussians by their moments: the squared Wasserstein-2 distance, see
 * {@link frechetDistance}.
 *
 * @throws TweedieError `shape` when they do not fit, `numeric` on NaN or infinity
 */
export const frechetOfMoments = (x: Moments, y: Moments): number => buresWasserstein(x, y) ** 2

/**
 * Whether a Fréchet distance means something: both covariances need at least as many images as there are
 * features, or they have directions without any spread.
 */
export const enoughImages = (features: number, ...images: readonly number[]): boolean =>
  images.every((n) => n >= features)

/** @throws TweedieError `input` unless there are {@link enoughImages} */
export const checkEnough = (features: number, ...images: readonly number[]): void => {
  if (enoughImages(features, ...images)) return
  throw new TweedieError(
    'input',
    `Fréchet distance: ${features} features need at least as many images on both sides, ` +
      `there are ${images.join(' and ')}`,
  )
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
  frechetOfMoments(momentsOf(x, 'frechetDistance: x'), momentsOf(y, 'frechetDistance: y'))

/** `n = 1000`, or both numbers of images where they differ. */
export const imageCounts = (n: number, m: number): string => (n === m ? `n = ${n}` : `n = ${n} and ${m}`)

/** The name that a Fréchet distance in a network's features may have. */
export const frechetLabel = (
  { inception, name }: Pick<FeatureNetwork, 'inception' | 'name'>,
  n: number,
  m: number,
): string =>
  inception ? `FID (${imageCounts(n, m)})` : `Fréchet feature distance (${name}, ${imageCounts(n, m)})`

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
  return { label: frechetLabel(network, x.shape[0], y.shape[0]), value }
}

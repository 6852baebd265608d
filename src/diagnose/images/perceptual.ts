import { TweedieError } from '../../error.ts'
import { type NdArray, rows } from '../../tensor/index.ts'
import { requireSameShape } from '../values.ts'
import type { FeatureNetwork } from './features.ts'

/** Keeps the direction of a feature vector finite where all its entries are 0. */
const tiny = 1e-10

/** Mean over places of |a/‖a‖ − b/‖b‖|² for the feature vectors of one image, [c, places] each. */
const directionGap = (a: Float32Array, b: Float32Array, places: number): number => {
  let total = 0
  for (let p = 0; p < places; p++) {
    let [aa, bb, ab] = [0, 0, 0]
    for (let i = p; i < a.length; i += places) {
      aa += a[i] * a[i]
      bb += b[i] * b[i]
      ab += a[i] * b[i]
    }
    const [na, nb] = [Math.sqrt(aa) + tiny, Math.sqrt(bb) + tiny]
    total += aa / (na * na) + bb / (nb * nb) - (2 * ab) / (na * nb)
  }
  return Math.max(0, total / places)
}

/**
 * Perceptual distance of image pairs: at every place of every map of a network the feature vectors are
 * scaled to length 1; their squared distance is averaged over the places of a map and over the maps. This
 * is the recipe of Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric",
 * CVPR 2018, without weights learned from people's judgements; it is LPIPS in spirit and not comparable
 * with published LPIPS figures.
 *
 * Limits: where the network's maps agree, images may differ (brightness and contrast, mostly:
 * directions of features, not their lengths, are compared). 0 for equal images, at most 4.
 *
 * @param x - [N, C, H, W] in [0, 1]. @param truth - of the same shape
 * @returns one distance per image
 * @throws TweedieError `shape` on mismatched shapes, `input` when the network has no maps
 *
 * @example
 * ```ts
 * const network = await featureNetwork()
 * await perceptualDistance(network, images, images) // 0 for each image
 * ```
 */
export const perceptualDistance = async (
  network: FeatureNetwork,
  x: NdArray,
  truth: NdArray,
): Promise<Float64Array> => {
  requireSameShape(x.shape, truth.shape, 'perceptualDistance: x')
  const [n] = truth.shape
  const out = new Float64Array(n)
  for (let start = 0; start < n; start += network.batch) {
    const [a, b] = [
      await network.run(rows(x, start, start + network.batch)),
      await network.run(rows(truth, start, start + network.batch)),
    ]
    if (a.maps.length === 0) {
      throw new TweedieError(
        'input',
        `perceptualDistance: network '${network.name}' has no maps; name its outputs`,
      )
    }
    for (const [m, map] of a.maps.entries()) {
      const [images, , ...size] = map.shape
      const stride = map.size / images
      const places = size.reduce((p, s) => p * s, 1)
      for (let i = 0; i < images; i++) {
        const [from, to] = [i * stride, (i + 1) * stride]
        const gap = directionGap(map.data.subarray(from, to), b.maps[m].data.subarray(from, to), places)
        out[start + i] += gap / a.maps.length
      }
    }
  }
  return out
}

/** The feature networks that ship: one for grey images, one for colour images. */
import { shippedPath } from '../../datasets/index.ts'
import { type FeatureNetwork, type FeatureNetworkOptions, featureNetwork } from './features.ts'

/** Height and width of images as the network for colour images is given them. */
export const PHOTO_SIZE = 96

/**
 * The network that ships for images of so many channels.
 *
 * * 3: `photo-features`, the first ten blocks of a MobileNetV2 trained on photographs and drawings (Sandler,
 *   Howard, Zhu, Zhmoginov & Chen, "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018), from
 *   the npm package nsfwjs. Images are resized to 96×96; F = 64, in units in which their mean variance over
 *   photographs is 1. Maps of three resolutions. It sees noise of 0.02, blur, blocks of JPEG and colours; no
 *   more of a large image than 96×96 pixels show.
 * * else `features`, which knows digits and clothes; see {@link featureNetwork}.
 *
 * Fréchet distances in their features are no FID, whatever the data.
 *
 * @throws TweedieError as {@link featureNetwork}
 *
 * @example
 * ```ts
 * const network = await shippedFeatures(3)
 * const { shape } = await featuresOf(network, zeros([2, 3, 32, 32])) // [2, 64]
 * ```
 */
export const shippedFeatures = (
  channels: number,
  options: FeatureNetworkOptions = {},
): Promise<FeatureNetwork> =>
  channels === 3
    ? featureNetwork(shippedPath('photo-features.onnx'), { size: [PHOTO_SIZE, PHOTO_SIZE], ...options })
    : featureNetwork(undefined, options)

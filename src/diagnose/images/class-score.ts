import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { type FeatureNetwork, inBatches } from './features.ts'
import type { Labelled } from './frechet.ts'

/** Probabilities of each row of logits [n, K]. */
const probabilities = ({ data, shape: [n, k] }: NdArray<'float32'>): Float64Array => {
  const p = new Float64Array(n * k)
  for (let i = 0; i < n; i++) {
    const row = data.subarray(i * k, (i + 1) * k)
    const most = row.reduce((a, b) => Math.max(a, b))
    const total = row.reduce((sum, v) => sum + Math.exp(v - most), 0)
    for (let j = 0; j < k; j++) p[i * k + j] = Math.exp(row[j] - most) / total
  }
  return p
}

/** exp(mean KL(p(y|x) ‖ p(y))) of logits [n, K]: 1 … K. */
export const classScoreOf = (logits: NdArray<'float32'>): number => {
  const [n, k] = logits.shape
  const p = probabilities(logits)
  const marginal = new Float64Array(k)
  for (let i = 0; i < p.length; i++) marginal[i % k] += p[i] / n
  let divergence = 0
  for (let i = 0; i < p.length; i++) if (p[i] > 0) divergence += (p[i] * Math.log(p[i] / marginal[i % k])) / n
  return Math.exp(divergence)
}

/**
 * The number of classes that images show, and how clearly: exp of the mean divergence of the class
 * probabilities of an image from those of all images (Salimans et al., "Improved techniques for training
 * GANs", NeurIPS 2016): 1 when all images look alike to the classifier, the number of classes when each shows
 * one with certainty and all are equally frequent. Called IS only with the original Inception network.
 *
 * Blind spots: whether the images resemble any data. One perfect image of each class has the best
 * score.
 *
 * @param images - [n, C, H, W] in [0, 1]
 * @throws TweedieError `input` when the network gives no class logits for these images
 *
 * @example
 * ```ts
 * const { images } = loadMnist({ split: 'test' })
 * const { value } = await classScore(await featureNetwork(), images) // nearly 10
 * ```
 */
export const classScore = async (network: FeatureNetwork, images: NdArray): Promise<Labelled> => {
  const logits = await inBatches(network, images, (features) => {
    if (features.logits) return features.logits
    throw new TweedieError(
      'input',
      `classScore: network '${network.name}' has no class logits for these images`,
    )
  })
  const n = `n = ${images.shape[0]}`
  return {
    label: network.inception ? `IS (${n})` : `class score (${network.name}, ${n})`,
    value: classScoreOf(logits),
  }
}

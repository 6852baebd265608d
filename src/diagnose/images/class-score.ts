import { TweedieError } from '../../error.ts'
import { permutation, stream } from '../../random/index.ts'
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

/** exp(mean KL(p(y|x) ‖ p(y))) of some images, by sums over them. */
interface ClassSums {
  n: number
  /** Σ p(y|x) */
  readonly marginal: Float64Array
  /** Σ Σ p(y|x) log p(y|x) */
  certainty: number
}

const scoreOf = ({ n, marginal, certainty }: ClassSums): number => {
  const spread = marginal.reduce((sum, v) => (v > 0 ? sum + v * Math.log(v / n) : sum), 0)
  return Math.exp((certainty - spread) / n)
}

/** Class scores of parts of images that come in batches. */
export interface ClassScores {
  /** @param logits - [b, K]. @throws TweedieError `shape` for more images than were announced */
  add(logits: NdArray<'float32'>): void
  /** Mean of the scores of the parts, and their standard deviation (1/parts). */
  scores(): { readonly mean: number; readonly spread: number }
}

/**
 * Class scores of `parts` parts of n images, in a random order as Salimans et al. (2016) take ten of 5,000;
 * the images come in batches and are not kept.
 *
 * @throws TweedieError `input` for fewer images than parts
 */
export const classScores = (n: number, { parts = 10, seed = 0 } = {}): ClassScores => {
  if (!(parts >= 1 && n >= parts))
    throw new TweedieError('input', `class score: ${n} images do not make ${parts} parts`)
  const order = permutation(stream(seed, 'class score'), n).data
  let sums: readonly ClassSums[] = []
  let at = 0
  return {
    add: (logits) => {
      const [b, k] = logits.shape
      if (at + b > n) throw new TweedieError('shape', `class score: more than the ${n} images announced`)
      if (sums.length === 0)
        sums = Array.from({ length: parts }, () => ({ n: 0, marginal: new Float64Array(k), certainty: 0 }))
      const p = probabilities(logits)
      for (let i = 0; i < b; i++, at++) {
        const part = sums[Math.floor((order[at] * parts) / n)]
        part.n++
        for (let j = 0; j < k; j++) {
          const v = p[i * k + j]
          part.marginal[j] += v
          if (v > 0) part.certainty += v * Math.log(v)
        }
      }
    },
    scores: () => {
      const values = sums.map(scoreOf)
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length
      return { mean, spread: Math.sqrt(variance) }
    },
  }
}

/** exp(mean KL(p(y|x) ‖ p(y))) of logits [n, K]: 1 … K. */
export const classScoreOf = (logits: NdArray<'float32'>): number => {
  const all = classScores(logits.shape[0], { parts: 1 })
  all.add(logits)
  return all.scores().mean
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

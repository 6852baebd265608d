/** What a network's features say of a set of images, gathered batch by batch. */
import { TweedieError } from '../../error.ts'
import { checkAborted, type LongCall } from '../../progress.ts'
import { type NdArray, zeros } from '../../tensor/index.ts'
import type { Moments } from '../distances/bures.ts'
import { type ClassScores, classScores } from './class-score.ts'
import type { FeatureNetwork, Features } from './features.ts'
import { momentSums } from './moment-sums.ts'

/** Images that are read when they are asked for. */
export interface ImageRows {
  /** [N, C, H, W] */
  readonly shape: readonly number[]
  /** Images from … to − 1, in [0, 1]. */
  readonly rows: (from: number, to: number) => NdArray | Promise<NdArray>
}

/** A set of images in the features of a network. */
export interface FeatureStatistics {
  /** How many images. */
  readonly count: number
  /** Unbiased mean [F] and covariance [F, F]. */
  readonly moments: Moments
  /** [N, F], where they are kept. */
  readonly features?: NdArray<'float32'>
  /** Of a network that classifies. */
  readonly classScore?: { readonly mean: number; readonly spread: number }
}

/** Options of {@link featureStatistics}. */
export interface FeatureStatisticsOptions extends LongCall {
  /** Keep the features of every image, N F numbers, for kernel distances, precision and recall. */
  readonly keep?: boolean
  /** Parts of the class score; 0 (default) for none. */
  readonly parts?: number
  /** Which image is in which part, default 0. */
  readonly seed?: number
}

/**
 * Moments of features, and what else is wanted. Memory is that of a batch and of [F, F], whatever the number
 * of images, unless the features themselves are kept.
 *
 * @throws TweedieError `shape` for fewer than 2 images, `input` for more parts than images or what the
 *   network
 *   does not take, `interrupted`
 *
 * @example
 * ```ts
 * const network = await featureNetwork()
 * const { moments } = await featureStatistics(network, await openClean('mnist'))
 * ```
 */
export const featureStatistics = async (
  network: FeatureNetwork,
  { shape: [count], rows }: ImageRows,
  { keep = false, parts = 0, seed = 0, onProgress, signal }: FeatureStatisticsOptions = {},
): Promise<FeatureStatistics> => {
  if (count < 2) throw new TweedieError('shape', `features: expected at least 2 images, got ${count}`)
  const gather = (first: Features) => gatherer(first, count, { keep, parts, seed })
  let into: ReturnType<typeof gather> | undefined
  for (let from = 0; from < count; from += network.batch) {
    checkAborted(signal, 'reading features')
    const to = Math.min(count, from + network.batch)
    const batch = await network.run(await rows(from, to))
    into ??= gather(batch)
    into.take(batch, from)
    onProgress?.({ phase: 'features', done: to, total: count })
  }
  if (!into) throw new TweedieError('shape', 'features: no images')
  return into.end()
}

type Wanted = Required<Pick<FeatureStatisticsOptions, 'keep' | 'parts' | 'seed'>>

/** Takes batches of features like the first one. */
const gatherer = (first: Features, count: number, { keep, parts, seed }: Wanted) => {
  const [, length] = first.features.shape
  const sums = momentSums(length)
  const kept = keep ? zeros([count, length]) : undefined
  const scores: ClassScores | undefined =
    first.logits && parts > 0 ? classScores(count, { parts, seed }) : undefined
  return {
    take: ({ features, logits }: Features, from: number): void => {
      sums.add(features)
      kept?.data.set(features.data, from * length)
      if (logits) scores?.add(logits)
    },
    end: (): FeatureStatistics => ({
      count,
      moments: sums.moments(),
      ...(kept ? { features: kept } : {}),
      ...(scores ? { classScore: scores.scores() } : {}),
    }),
  }
}

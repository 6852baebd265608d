/** The figures of generated images beside real ones, with the names that they may have. */
import { TweedieError } from '../../error.ts'
import type { FeatureStatistics } from './feature-statistics.ts'
import type { FeatureNetwork } from './features.ts'
import { checkEnough, frechetLabel, frechetOfMoments, imageCounts, type Labelled } from './frechet.ts'
import { type KernelDistanceOptions, kernelDistance } from './kernel-distance.ts'
import { precisionRecall } from './precision-recall.ts'

/** Figures of images beside others: what `fid`, `is`, `kid` and `pr` stand for. */
export const imageScoreNames = ['fid', 'is', 'kid', 'pr'] as const
export type ImageScoreName = (typeof imageScoreNames)[number]

/** A figure with its name, and its standard deviation over parts or subsets. */
export interface ImageScore extends Labelled {
  readonly spread?: number
}

/** Options of {@link imageScores}. */
export interface ImageScoreOptions extends KernelDistanceOptions {
  /** Which figures, default all that the statistics are for. */
  readonly scores?: readonly ImageScoreName[]
  /** Neighbours of precision and recall, default 3. */
  readonly neighbours?: number
}

type Named = Pick<FeatureNetwork, 'inception' | 'name'>

/** The features of both. @throws TweedieError `input` where they were not kept */
const keptOf = (draws: FeatureStatistics, reference: FeatureStatistics, what: string) => {
  if (draws.features && reference.features) return [draws.features, reference.features] as const
  const whose = draws.features ? 'reference' : 'images'
  throw new TweedieError('input', `${what}: the features of the ${whose} were not kept, only their moments`)
}

const frechet = (network: Named, draws: FeatureStatistics, reference: FeatureStatistics): ImageScore => {
  checkEnough(reference.moments.mean.size, draws.count, reference.count)
  return {
    label: frechetLabel(network, draws.count, reference.count),
    value: frechetOfMoments(draws.moments, reference.moments),
  }
}

const kernel = async (
  { inception, name }: Named,
  draws: FeatureStatistics,
  reference: FeatureStatistics,
  { subsets = 100, size, seed }: KernelDistanceOptions,
): Promise<ImageScore> => {
  const [x, y] = keptOf(draws, reference, 'kernel distance')
  const each = size ?? Math.min(1000, Math.floor(Math.min(draws.count, reference.count) / 2))
  const { mean, spread } = await kernelDistance(x, y, { subsets, size: each, seed })
  const of = `${subsets} subsets of ${each}`
  return {
    label: inception ? `KID (${of})` : `kernel feature distance (${name}, ${of})`,
    value: mean,
    spread,
  }
}

const neighbourly = async (
  { inception, name }: Named,
  draws: FeatureStatistics,
  reference: FeatureStatistics,
  k: number,
): Promise<readonly ImageScore[]> => {
  const [x, y] = keptOf(draws, reference, 'precision and recall')
  const { precision, recall } = await precisionRecall(x, y, { k })
  const of = `${inception ? 'Inception' : name}, k = ${k}, ${imageCounts(draws.count, reference.count)}`
  return [
    { label: `precision (${of})`, value: precision },
    { label: `recall (${of})`, value: recall },
  ]
}

const classes = (network: Named, { count, classScore }: FeatureStatistics): ImageScore[] => {
  if (!classScore) return []
  const n = `n = ${count}`
  const label = network.inception ? `IS (${n})` : `class score (${network.name}, ${n})`
  return [{ label, value: classScore.mean, spread: classScore.spread }]
}

/**
 * Figures of images beside a reference, both as statistics in the features of one network.
 *
 * @returns by name; `pr` gives precision and recall, `is` nothing where the network does not classify
 * @throws TweedieError `input` for too few images, and where features are needed that were not kept
 *
 * @example
 * ```ts
 * const network = await featureNetwork()
 * const real = await featureStatistics(network, await openClean('mnist'), { keep: true })
 * const drawn = await featureStatistics(network, await openClean('samples.npz'), { keep: true, parts: 10 })
 * for (const { label, value } of await imageScores(network, drawn, real)) console.log(label, value)
 * ```
 */
export const imageScores = async (
  network: Named,
  draws: FeatureStatistics,
  reference: FeatureStatistics,
  { scores = imageScoreNames, neighbours = 3, ...options }: ImageScoreOptions = {},
): Promise<readonly (ImageScore & { readonly name: string })[]> => {
  const figures: (ImageScore & { readonly name: string })[] = []
  const put = (names: readonly string[], found: readonly ImageScore[]): void => {
    for (const [i, figure] of found.entries()) figures.push({ name: names[i], ...figure })
  }
  for (const score of scores) {
    switch (score) {
      case 'fid':
        put(['fid'], [frechet(network, draws, reference)])
        break
      case 'is':
        put(['is'], classes(network, draws))
        break
      case 'kid':
        put(['kid'], [await kernel(network, draws, reference, options)])
        break
      case 'pr':
        put(['precision', 'recall'], await neighbourly(network, draws, reference, neighbours))
        break
    }
  }
  return figures
}

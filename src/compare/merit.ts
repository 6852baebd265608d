/** Figures of merit of draws whose truth is known. */
import {
  coverage,
  crps,
  enoughImages,
  type FeatureNetwork,
  featureStatistics,
  fitsSsim,
  frechetOfMoments,
  type Moments,
  meanOverDraws,
  perceptualDistance,
  psnr,
  sbc,
  signalQuantities,
  ssim,
} from '../diagnose/index.ts'
import { average, itemAt, NdArray, rows } from '../tensor/index.ts'
import type { Merit } from './figures.ts'
import { type Appearance, countedOf, imagesOf } from './view.ts'

/** The view and the network that draws are judged by. */
export interface Judge extends Appearance {
  /** Of photographs: the network of the perceptual and the Fréchet feature distance. */
  readonly features?: FeatureNetwork
  /** Of as many draws as there are features at least: features of other images than the truths. */
  readonly others?: Moments
}

/** Draws that resolve the 50 % interval, and ranks. */
const FEW = 3

/** Draws of each item whose perceptual distance is taken: it is an average over items already. */
const LOOKED_AT = 8

const clipped = (x: NdArray<'float32'>): NdArray<'float32'> =>
  new NdArray(
    'float32',
    x.shape,
    x.data.map((v) => Math.min(1, Math.max(0, v))),
  )

/** Mean of (x − truth)² on [0, 1], over everything. */
const meanSquare = (x: NdArray<'float32'>, truth: NdArray<'float32'>): number => {
  const [a, b] = [clipped(x).data, clipped(truth).data]
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i % b.length]) ** 2
  return sum / a.length
}

/** The 90 % interval where the draws resolve it (19 of them), else the 50 % interval (3). */
const coverageOf = (draws: NdArray<'float32'>, truth: NdArray<'float32'>): Merit['coverage'] => {
  const levels = [0.9, 0.5]
  const found = coverage(draws, truth, { levels, range: [0, 1], resolution: 1 / 255 })
  const first = found.find(({ resolved }) => resolved)
  return first && { level: first.level, share: first.observed }
}

/** Ranks of mean, mean square and three projections of the truth among those of the draws. */
const ranksOf = (draws: NdArray<'float32'>, truth: NdArray<'float32'>): number | undefined => {
  const [k, n, ...event] = draws.shape
  if (k < FEW) return undefined
  const [ofDraws, ofTruth] = [signalQuantities(draws, event), signalQuantities(truth, event)]
  const table = (columns: typeof ofTruth, count: number) =>
    Float64Array.from(
      { length: count * columns.length },
      (_, i) => columns[i % columns.length].values[Math.floor(i / columns.length)],
    )
  const q = ofTruth.length
  return sbc(
    new NdArray('float64', [k, n, q], table(ofDraws, k * n)),
    new NdArray('float64', [n, q], table(ofTruth, n)),
  ).pValue
}

/** Figures of pictures. */
const pictorial = async (
  draws: NdArray<'float32'>,
  centre: NdArray<'float32'>,
  truth: NdArray<'float32'>,
  judge: Judge,
): Promise<Partial<Merit>> => {
  const { features } = judge
  const [drawn, mean, real] = [draws, centre, truth].map((x) => imagesOf(judge, x))
  if (!drawn || !mean || !real) return {}
  const figures = fitsSsim(real)
    ? { ssim: average(ssim(drawn, real)), ssimMean: average(ssim(mean, real)) }
    : {}
  if (!features) return figures
  const singles = Array.from({ length: Math.min(LOOKED_AT, drawn.shape[0]) }, (_, k) =>
    clipped(itemAt(drawn, k)),
  )
  const distances: number[] = []
  for (const x of singles) distances.push(average(await perceptualDistance(features, x, real)))
  return { ...figures, perceptual: average(distances), ...(await asSet(singles[0], judge)) }
}

/** The Fréchet feature distance of images to others; none of fewer images than features. */
const asSet = async (
  images: NdArray<'float32'>,
  { features, others }: Judge,
): Promise<Pick<Merit, 'frechet'>> => {
  if (!features || !others || !enoughImages(others.mean.size, images.shape[0])) return {}
  const source = { shape: images.shape, rows: (from: number, to: number) => rows(images, from, to) }
  return { frechet: frechetOfMoments((await featureStatistics(features, source)).moments, others) }
}

/**
 * Judges draws [K, N, ...event] against the truth [N, ...event], both in [0, 1]; only entries that count, as
 * the view says.
 *
 * @param exactMean - [N, ...event], where the mean is known without draws; else it is taken over them
 * @throws TweedieError `shape` when shapes do not fit
 */
export const meritOf = async (
  draws: NdArray<'float32'>,
  truth: NdArray<'float32'>,
  judge: Judge,
  exactMean?: NdArray<'float32'>,
): Promise<Merit> => {
  const centre = exactMean ?? meanOverDraws(draws)
  const [drawn, mean, real] = [draws, centre, truth].map((x) => countedOf(judge, x))
  return {
    psnr: average(psnr(drawn, real)),
    mse: meanSquare(drawn, real),
    psnrMean: average(psnr(mean, real)),
    mseMean: meanSquare(mean, real),
    crps: average(crps(drawn, real)),
    ...(await pictorial(draws, centre, truth, judge)),
    coverage: coverageOf(drawn, real),
    sbc: ranksOf(drawn, real),
  }
}

/**
 * The figures of a set of restored images: how good the mean and single draws are, and how
 * well calibrated their spread is.
 */
import { selectPoints } from '../../datasets/index.ts'
import { average, itemAt, NdArray } from '../../tensor/index.ts'
import { type Coverage, coverage } from '../calibration/coverage.ts'
import { spreadSkill } from '../calibration/spread-skill.ts'
import { meanOverDraws } from '../moments.ts'
import { psnr } from './psnr.ts'
import { ssim } from './ssim.ts'

/**
 * Averages over images; PSNR in dB. For exact sampling the mean is 3.01 dB better than a draw in terms of
 * MSE.
 */
export interface RestorationFigures {
  /** PSNR of the mean over the draws, dB. */
  readonly psnrMean: number
  /** PSNR of single draws, dB. */
  readonly psnrDraw: number
  /** SSIM of the mean over the draws, at most 1. */
  readonly ssimMean: number
  /** SSIM of single draws, at most 1. */
  readonly ssimDraw: number
  /** Central intervals on the pixels that were not observed. */
  readonly coverage: readonly Coverage[]
  /** Spread over error of the mean on those pixels: 1 when calibrated. */
  readonly spreadSkill: number
}

/** Options of {@link restorationFigures}. */
export interface RestorationOptions {
  /** [N, C, H, W]: 1 where a pixel was observed; those do not count for the coverage. */
  readonly observed: NdArray<'float32'>
  /** The pixels that there are, of the last axes: PSNR is of these. Default: all. */
  readonly inside?: NdArray<'float32'>
  /** Nominal levels, default 0.5 and 0.9. */
  readonly levels?: readonly number[]
  /** Differences that mean nothing, default one grey level of 8 bits. */
  readonly resolution?: number
}

/** One grey level: the data hold no finer differences. */
export const GREY_LEVEL = 1 / 255

/**
 * Figures of draws [K, N, C, H, W] against the truth [N, C, H, W], all in [0, 1] units.
 *
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN
 *
 * @example
 * ```ts
 * const { psnrMean, coverage } = restorationFigures(draws, truth, { observed: mask })
 * ```
 */
export const restorationFigures = (
  draws: NdArray<'float32'>,
  truth: NdArray<'float32'>,
  { observed, inside, levels = [0.5, 0.9], resolution = GREY_LEVEL }: RestorationOptions,
): RestorationFigures => {
  const hidden = new NdArray(
    'float32',
    observed.shape,
    observed.data.map((m) => 1 - m),
  )
  const mean = meanOverDraws(draws)
  const singles = Array.from({ length: draws.shape[0] }, (_, k) => itemAt(draws, k))
  const counted = (x: NdArray<'float32'>) => (inside ? selectPoints(x, inside) : x)
  const quality = (x: NdArray<'float32'>) => average(psnr(counted(x), counted(truth)))
  return {
    psnrMean: quality(mean),
    psnrDraw: average(singles.map(quality)),
    ssimMean: average(ssim(mean, truth)),
    ssimDraw: average(singles.map((x) => average(ssim(x, truth)))),
    coverage: coverage(draws, truth, { levels, mask: hidden, range: [0, 1], resolution }),
    spreadSkill: spreadSkill(draws, truth, { mask: hidden }).ratio,
  }
}

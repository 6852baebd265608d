/** The figures of a cell, and how they are read back from a file. */
import { z } from 'zod'

const figure = z.number()

/** Figures of merit of draws, averages over the test items; PSNR in dB. */
const meritSchema = z.strictObject({
  /** Single draws, averaged. */
  psnr: figure,
  mse: figure,
  /** Absent where data are no images. */
  ssim: figure.optional(),
  /** Of the mean over the draws. */
  psnrMean: figure,
  mseMean: figure,
  ssimMean: figure.optional(),
  /**
   * Continuous ranked probability score of the draws, in units of the data; of one draw, a point estimate
   * perhaps, the mean absolute error. Absent in figures that older versions kept.
   */
  crps: figure.optional(),
  /**
   * Distance in the maps of the feature network; of single draws, eight at most. Absent where data are no
   * images.
   */
  perceptual: figure.optional(),
  /**
   * Fréchet feature distance of the first draw of each item to other images than these items. Absent where
   * either are fewer than features.
   */
  frechet: figure.optional(),
  /** Share of the pixels inside the central interval that `level` names; absent with too few draws. */
  coverage: z.strictObject({ level: figure, share: figure }).optional(),
  /**
   * p-value of simulation-based calibration over a few quantities of the signal; absent with too few draws.
   */
  sbc: figure.optional(),
})

/** The figures of a cell; times in seconds. */
export const figuresSchema = meritSchema.extend({
  /** ‖y − A x‖²/(M s²) of single draws: 1 when the residual is noise. */
  residual: figure,
  /** Share of the draws whose every value is a finite number below 1000 (in prior units). */
  sound: figure,
  /** Network evaluations and vector–Jacobian products of one draw. */
  evaluations: figure,
  vjps: figure,
  /** Wall-clock of all draws, and of one step of one image, in seconds. */
  seconds: figure,
  perStep: figure,
  /**
   * Of one measurement: one draw of a guided sampler, in batches; all K draws of a distilled one, which does
   * them at once.
   */
  perMeasurement: figure,
  /** Resident memory at its highest, and its growth over the last nine tenths of the run, MiB. */
  peakMemory: figure,
  growth: figure,
})

export type Merit = z.output<typeof meritSchema>
export type Figures = z.output<typeof figuresSchema>

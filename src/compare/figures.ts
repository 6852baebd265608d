/** What is measured in a cell, and how it is read back from a file. */
import { z } from 'zod'

const figure = z.number()

/** The figures of a cell, averages over the test items; PSNR in dB, times in seconds. */
export const figuresSchema = z.strictObject({
  /** Single draws, averaged. */
  psnr: figure,
  ssim: figure,
  /** Of the mean over the draws. */
  psnrMean: figure,
  /** Distance in the maps of the feature network; of single draws. */
  perceptual: figure,
  /** Share of the pixels inside the central interval that `level` names; absent with too few draws. */
  coverage: z.strictObject({ level: figure, share: figure }).optional(),
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
  /** Resident memory at its highest, and its growth over the last nine tenths of the run, MiB. */
  peakMemory: figure,
  growth: figure,
})

export type Figures = z.output<typeof figuresSchema>

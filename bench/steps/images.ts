/** Restorations with a learned prior, by kind of step, evaluations and the solver of MMPS. */
import { restorationFigures } from '../../src/diagnose/index.ts'
import type { Prior } from '../../src/diffusion/index.ts'
import { keptEntries, type OperatorSetting, observe } from '../../src/observations/index.ts'
import { mmps, posteriorDraws, solverOf } from '../../src/posterior/index.ts'
import { type NdArray, zeros } from '../../src/tensor/index.ts'
import { type Contender, stepsOf } from './contenders.ts'

/** Figures on hidden pixels, of blurred images on all; PSNR in dB on all. */
export interface ImageReading {
  readonly data: string
  readonly step: string
  readonly start: string
  readonly iterations: number
  readonly preconditioned: boolean
  readonly evaluations: number
  readonly psnrMean: number
  readonly psnrDraw: number
  /** Shares inside the central 50 % and 90 % intervals. */
  readonly half: number
  readonly most: number
  readonly spreadSkill: number
  /** Milliseconds of one draw of one image. */
  readonly milliseconds: number
}

/** Images to restore, and how. */
export interface ImageProblem {
  readonly name: string
  readonly prior: Prior
  /** [N, C, H, W] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  readonly draws: number
  readonly operator: OperatorSetting
  readonly noise: number
}

/** How images are observed. */
export const observed = {
  /** Three pixels in four deleted: as in the demo. */
  masked: { operator: { name: 'mask', settings: { keep: 0.25 } }, noise: 0.05 },
  /** Out of focus. */
  blurred: { operator: { name: 'blur', settings: { sigma: 1 } }, noise: 0.01 },
  /** Shaken, each by a kernel of its own. */
  shaken: { operator: { name: 'motion' }, noise: 0.05 },
} as const

/** The iterations of the solver, and whether they are preconditioned where the operator allows it. */
export interface Iterations {
  readonly iterations: number
  readonly preconditioned?: boolean
}

/** One sampler on one problem. */
export const onImages = async (
  { name, prior, truth, draws, operator, noise }: ImageProblem,
  contender: Contender,
  evaluations: number,
  { iterations, preconditioned = true }: Iterations,
): Promise<ImageReading> => {
  const set = await observe(truth, { operator, noise, seed: 1000 })
  const seen = keptEntries(set) ?? zeros(truth.shape)
  const { step, start, text } = contender
  const from = performance.now()
  const x = await posteriorDraws(prior, set, {
    method: mmps(preconditioned ? { iterations } : { solve: solverOf(iterations) }),
    ...{ step, start, steps: stepsOf(contender, evaluations), draws, batch: 50, seed: 0 },
  })
  const milliseconds = (performance.now() - from) / (draws * truth.shape[0])
  const { psnrMean, psnrDraw, coverage, spreadSkill } = restorationFigures(x, truth, { observed: seen })
  const [half, most] = coverage.map((c) => c.observed)
  return {
    ...{ data: name, step: text, start, iterations, preconditioned, evaluations },
    ...{ psnrMean, psnrDraw, half, most, spreadSkill, milliseconds },
  }
}

/** Restorations with a learned prior, by kind of step, evaluations and iterations of MMPS. */
import { restorationFigures } from '../../src/diagnose/index.ts'
import type { Prior } from '../../src/diffusion/index.ts'
import { keptEntries, observe } from '../../src/observations/index.ts'
import { mmps, posteriorDraws } from '../../src/posterior/index.ts'
import { full, type NdArray } from '../../src/tensor/index.ts'
import { type Contender, stepsOf } from './contenders.ts'

/** Figures on hidden pixels; PSNR in dB on all. */
export interface ImageReading {
  readonly data: string
  readonly step: string
  readonly start: string
  readonly iterations: number
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
}

/** Three pixels in four deleted, noise 0.05: as in the demo. */
const OBSERVATION = { operator: { name: 'mask', settings: { keep: 0.25 } }, noise: 0.05, seed: 1000 } as const

/** One sampler on one problem. */
export const onImages = async (
  { name, prior, truth, draws }: ImageProblem,
  contender: Contender,
  evaluations: number,
  iterations: number,
): Promise<ImageReading> => {
  const set = await observe(truth, OBSERVATION)
  const observed = keptEntries(set) ?? full(truth.shape, 1)
  const { step, start, text } = contender
  const from = performance.now()
  const x = await posteriorDraws(prior, set, {
    method: mmps({ iterations }),
    ...{ step, start, steps: stepsOf(contender, evaluations), draws, batch: 50, seed: 0 },
  })
  const milliseconds = (performance.now() - from) / (draws * truth.shape[0])
  const { psnrMean, psnrDraw, coverage, spreadSkill } = restorationFigures(x, truth, { observed })
  const [half, most] = coverage.map((c) => c.observed)
  return {
    ...{ data: name, step: text, start, iterations, evaluations },
    ...{ psnrMean, psnrDraw, half, most, spreadSkill, milliseconds },
  }
}

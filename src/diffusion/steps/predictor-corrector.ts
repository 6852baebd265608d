/** Predictor–corrector steps, as DiEM takes them. */
import { add, fullLike, mul, sub } from '../../tensor/index.ts'
import { noise, perSample, type Step, singleStep } from '../step.ts'
import { eulerStep } from './ancestral.ts'

/**
 * Predictor–corrector: a DDIM step, then `corrections` Langevin steps x ← x − τ(x − D) + σs√(2τ) z at level s
 * (DiEM, τ = 0.1, one correction).
 * One denoiser evaluation and one noise more for each correction.
 *
 * @param options - `corrections`: default 1; `tau`: τ > 0, default 0.1
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: predictorCorrector({ corrections: 2 }), steps: 32 })
 * ```
 */
export const predictorCorrector = ({ corrections = 1, tau = 0.1 } = {}): Step =>
  singleStep({
    name: `pc(${corrections})`,
    noises: corrections,
    evaluations: 1 + corrections,
    step: (D, xt, levels, z) => {
      const { s } = levels
      const langevin = { sigma: s, sensitivity: fullLike(s, tau) }
      let x = eulerStep(D, xt, levels)
      for (let i = 0; i < corrections; i++) {
        const drift = mul(sub(x, D(x, perSample(s, x), langevin)), tau)
        x = add(sub(x, drift), mul(noise(z, i, x), mul(s, Math.sqrt(2 * tau))))
      }
      return x
    },
  })

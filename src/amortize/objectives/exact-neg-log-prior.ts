/**
 * −log p(x) itself, by the probability-flow ODE and its adjoint (Feng et al. 2023, "Score-Based Diffusion
 * Models as Principled Priors for Inverse Imaging"). The ODE is solved outside the program of a step, at the
 * draws that the step will make: inside, −log p(x) is the tangent −log p(x₀) − g·(x − x₀) with g = ∇ log
 * p(x₀), whose value and gradient at x₀ are the true ones.
 */
import { type Denoiser, type LikelihoodOptions, likelihood } from '../../diffusion/index.ts'
import { mul, ndarray, sizeOf, sub, sumRows, type Tensor, toNumbers } from '../../tensor/index.ts'
import type { NegLogPrior } from './neg-log-prior.ts'

/** Options of {@link exactNegLogPrior}. */
export interface ExactOptions extends LikelihoodOptions {
  /** Whether Hutchinson's probes are the same in every step; default false. */
  readonly fixedProbes?: boolean
}

/** −log p near a draw: at x, it is `at0` − `gradient` · x. */
export interface Tangent {
  /** [B]. */
  readonly at0: Tensor
  /** g, [B, ...event]. */
  readonly gradient: Tensor
}

/**
 * The exact −log p(x): the comparator of the bound, hundreds of network evaluations a step.
 *
 * Hutchinson's probes are others in each step, as in the code of Feng et al.: their error then averages out
 * over steps. Fixed ones are part of the objective, which is then another one, by as much as they err.
 *
 * @param prior - denoiser with its weights as constants (`frozen`)
 * @param options - diffusion, start, trace and tolerances of the ODE, and where it is solved
 */
export const exactNegLogPrior = (prior: Denoiser, options: ExactOptions): NegLogPrior<Tangent> => {
  const { withGradient, release } = likelihood(prior, options)
  return {
    looksAtDraws: true,
    of: (x, { at0, gradient }) => sub(at0, sumRows(mul(gradient, x))),
    batch: async ({ draw, at: step }) => {
      const x = await draw()
      const { logDensity, gradient } = await withGradient(x, options.fixedProbes ? {} : step)
      const n = sizeOf(x.shape.slice(1))
      const [at, g] = [toNumbers(x), toNumbers(gradient)]
      const at0 = toNumbers(logDensity).map((log, r) => {
        let inner = 0
        for (let i = r * n; i < (r + 1) * n; i++) inner += g[i] * at[i]
        return inner - log
      })
      return { at0: ndarray(at0, [at0.length]), gradient: ndarray(g, x.shape) }
    },
    release,
  }
}

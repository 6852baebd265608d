/**
 * RED-diff (Mardani et al. 2024): variational inference with a point mass μ, regularised by denoising. For σ
 * from high to low one step of Adam on
 *
 *   ‖y − A μ‖²/2M + w ⟨sg(ε̂ − z), μ⟩ σ/N,   ε̂ = (xt − D(xt))/σ,   xt = μ + σ z,
 *
 * M and N the entries of y and x: since σ(ε̂ − z) = μ − D(xt), the gradient is −Aᵀe/M + w (μ − D(xt))/N. The
 * noise of the observation does not enter. The result is a point estimate whose spread comes from z alone.
 * Cost of a step: one network evaluation.
 */
import {
  type Denoiser,
  levelsOf,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
} from '../diffusion/index.ts'
import { noiseOf } from '../diffusion/sampler-noise.ts'
import { meanOf } from '../diffusion/start.ts'
import { cg } from '../linalg/index.ts'
import { adam, initMoments, type Moments } from '../nn/index.ts'
import { linearAt, type Observation } from '../operators/index.ts'
import { checkAborted } from '../progress.ts'
import {
  add,
  broadcastTo,
  type Feeds,
  fullLike,
  jit,
  mul,
  type NdArray,
  scalar,
  sizeOf,
  sub,
  type Tensor,
} from '../tensor/index.ts'
import type { ObservationOf, SamplerMethod } from './method.ts'
import { methodEntry, withDefaults } from './method-entry.ts'
import { residual, update } from './update.ts'

const settings = {
  rate: {
    kind: 'number',
    default: 0.2,
    above: 0,
    description: "Adam's step in the units of the prior",
    search: { range: [0.02, 1], scale: 'log' },
  },
  weight: {
    kind: 'number',
    default: 0.25,
    above: 0,
    description: 'weight of the prior',
    search: { range: [0.01, 4], scale: 'log' },
  },
} as const

/** Options of {@link redDiff}. */
export interface RedDiffOptions {
  /** Adam's step in the units of the prior, > 0, default 0.2: the published 0.1 for data in [-1, 1]. */
  readonly rate?: number
  /** w > 0, the weight of the prior, default 0.25. */
  readonly weight?: number
}

/** Iterations of the least-squares start, where A has no pseudo-inverse. */
const START = 8

/** A⁺ y, or the regularised Aᵀ (Σy + A Aᵀ)⁻¹ y; the mean where the operator is not linear. */
const startOf = (observation: Observation, mean: Tensor): Tensor => {
  const { y, A } = observation
  if (!A.linear) return mean
  if (A.pinv) return A.pinv(y)
  return update(observation, fullLike(mean, 0), (v) => v, cg({ iterations: START }))
}

const entries = ({ shape }: Tensor): number => sizeOf(shape.slice(1))

/** ∇μ of the loss above, for one xt. */
export const redDiffGradient = (
  prior: Denoiser,
  observation: Observation,
  { mu, sigma, z, weight }: { mu: Tensor; sigma: Tensor; z: Tensor; weight: number },
): Tensor => {
  const xhat = prior(add(mu, mul(z, sigma)), broadcastTo(sigma, [mu.shape[0]]))
  const e = residual(observation, mu)
  const data = mul(linearAt(observation.A, mu).adjoint(e), 1 / entries(e))
  return sub(mul(sub(mu, xhat), weight / entries(mu)), data)
}

/** One step of Adam from μ, compiled. */
const descentProgram = <C>(
  prior: Denoiser,
  observationOf: ObservationOf<C>,
  { rate, weight }: Required<RedDiffOptions>,
  options: SamplerOptions,
) =>
  jit((mu: Tensor, moments: Moments<Tensor>, step: Tensor, sigma: Tensor, z: Tensor, context: C) => {
    const gradient = redDiffGradient(prior, observationOf(context), { mu, sigma, z, weight })
    const lr = fullLike(step, rate)
    return adam(mu, gradient, moments, { lr, step }, { beta2: 0.99, clip: Number.POSITIVE_INFINITY })
  }, options)

/**
 * RED-diff; any differentiable operator. It takes no step of a sampler: noise levels only.
 *
 * @throws TweedieError `input` for a rate or weight that is not positive
 *
 * @example
 * ```ts
 * const observationOf = ({ y }: { y: Tensor }) => ({ y, A, noise: isotropicNoise(0.1) })
 * const restore = compileMethod(redDiff({ rate: 0.2 }), prior, observationOf, { steps: 200 })
 * ```
 */
export const redDiff = (options: RedDiffOptions = {}): SamplerMethod => {
  const chosen = withDefaults('red-diff', settings, { ...options })
  return {
    compile: <C>(
      prior: Denoiser,
      observationOf: ObservationOf<C>,
      sampling: SamplerOptions = {},
    ): Sampler<C> => {
      const grid = levelsOf(sampling)
      const total = grid.length - 1
      const start = jit(
        (z: Tensor, mean: Tensor, context: C) =>
          broadcastTo(startOf(observationOf(context), broadcastTo(mean, z.shape)), z.shape),
        sampling,
      )
      const descend = descentProgram(prior, observationOf, chosen, sampling)
      const run = async (context: Feeds<C>, request: SampleRequest): Promise<NdArray> => {
        const noise = noiseOf(context, request)
        const z0 = noise(-1, 0) // for its shape and dtype
        let mu: NdArray = await start(z0, meanOf(request, z0), context)
        let moments: Moments<NdArray> = initMoments(mu)
        for (let i = 0; i < total; i++) {
          checkAborted(request.signal, 'sampling')
          const [step, sigma] = [scalar(i + 1, z0.dtype), scalar(grid[i], z0.dtype)]
          const next = await descend(mu, moments, step, sigma, noise(i, 0), context)
          mu = next.params
          moments = next.moments
          request.onStep?.({ step: i + 1, steps: total, sigma: grid[i], x: mu })
        }
        return mu
      }
      return Object.assign(run, {
        release: async () => {
          await Promise.all([start.release(), descend.release()])
        },
      })
    },
  }
}

/** RED-diff in the list of methods. */
export const redDiffEntry = methodEntry({
  name: 'red-diff',
  title: 'RED-diff',
  reference: 'Mardani et al. 2024',
  needs: 'any',
  usesNoise: false,
  settings,
  make: redDiff,
  cost: () => ({ evaluations: 1, vjps: 0 }),
  last: () => ({ evaluations: 0, vjps: 0 }),
})

/** Posterior methods as values: `mmps({ iterations: 3 })`, `dps({ zeta: 0.6 })`, `tds({ particles: 16 })`. */
import {
  type Denoiser,
  expectSingleSteps,
  type Sampler,
  type SamplerOptions,
  type Step,
  sampler,
} from '../diffusion/index.ts'
import type { Observation } from '../operators/index.ts'

/**
 * A method that makes a posterior denoiser of a prior and an observation: every sampler and every step takes
 * it.
 */
export interface GuidanceMethod {
  (prior: Denoiser, observation: Observation): Denoiser
  /** The step that it is defined by, where samplers are asked for none; else that of samplers. */
  readonly step?: Step
}

/** The observation that the context of a batch holds, inside a program. */
export type ObservationOf<C> = (context: C) => Observation

/** A method that is a sampler of its own. */
export interface SamplerMethod {
  /**
   * The sampler of p(x | y).
   *
   * @param observationOf - the observation given the context of a batch; called while programs are traced
   * @throws TweedieError `input` for options that it does not take; the sampler `input` for operators that it
   *   does not
   */
  compile<C>(prior: Denoiser, observationOf: ObservationOf<C>, options?: SamplerOptions): Sampler<C>
}

/** Any posterior method. */
export type PosteriorMethod = GuidanceMethod | SamplerMethod

/** Steps of methods that are samplers of their own, where nothing is said: those of `levelsOf`. */
const OWN_STEPS = 64

/** Options of sampling with what a method takes where nothing is said: its step, or its number of steps. */
export const samplingOf = (method: PosteriorMethod, options: SamplerOptions): SamplerOptions =>
  typeof method === 'function'
    ? { ...options, step: options.step ?? method.step }
    : { ...options, steps: options.steps ?? OWN_STEPS }

/**
 * Compiles a method to a sampler of p(x | y).
 *
 * @param observationOf - the observation given the context of a batch; called while programs are traced
 * @throws TweedieError `input` for options that the method or the sampler does not take; the sampler `input`
 *   for operators that the method does not take
 *
 * @example
 * ```ts
 * const observationOf = ({ y }: { y: Tensor }) => ({ y, A, noise: isotropicNoise(0.1) })
 * const draw = compileMethod(dps({ zeta: 0.6 }), prior, observationOf, { steps: 1000 })
 * const x = await draw({ y }, { shape: [16, 1, 28, 28], seed: 0 })
 * ```
 */
export const compileMethod = <C>(
  method: PosteriorMethod,
  prior: Denoiser,
  observationOf: ObservationOf<C>,
  options: SamplerOptions = {},
): Sampler<C> => {
  if (typeof method === 'function')
    return sampler((context: C) => method(prior, observationOf(context)), samplingOf(method, options))
  expectSingleSteps('a method that is a sampler of its own', options)
  return method.compile(prior, observationOf, options)
}

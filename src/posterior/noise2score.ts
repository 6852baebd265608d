/**
 * Noise2Score (Kim & Ye 2021): an observation y = x + s z is itself a noisy latent, so its denoised version is
 * Tweedie's formula at the level of its own noise, E[x | y] = D(y, s). A point estimate: all draws are equal. Cost:
 * one network evaluation in all.
 */
import type { Denoiser, Sampler, SamplerOptions } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { Observation } from '../operators/index.ts'
import { constant, type Feeds, full, fullLike, jit } from '../tensor/index.ts'

/**
 * D(y, s) as a denoiser that ignores the state, so that any sampler returns it.
 *
 * @throws TweedieError `input` unless the operator is the identity and the noise isotropic
 */
export const noise2score = (prior: Denoiser, { y, A, noise }: Observation): Denoiser => {
  if (A.name !== 'identity')
    throw new TweedieError(
      'input',
      `noise2score only denoises: it needs the identity, got operator '${A.name}'`,
    )
  const { std } = noise
  if (std === undefined)
    throw new TweedieError('input', `noise2score needs isotropic noise, got '${noise.name}'`)
  return (_xt, sigma) => prior(y, fullLike(sigma, std))
}

/** The sampler of Noise2Score: one network evaluation, whatever the number of steps. */
export const noise2scoreSampler = <C>(
  prior: Denoiser,
  observationOf: (context: C) => Observation,
  options: SamplerOptions = {},
): Sampler<C> => {
  const denoise = jit((context: C) => {
    const observation = observationOf(context)
    const { y } = observation
    const level = constant(full([y.shape[0]], 1, y.dtype)) // any: the method knows its own
    return noise2score(prior, observation)(y, level)
  }, options)
  return Object.assign((context: Feeds<C>) => denoise(context), { release: denoise.release })
}

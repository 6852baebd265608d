/**
 * Noise2Score (Kim & Ye 2021): an observation y = x + s z is itself a noisy latent, so its denoised version
 * is Tweedie's formula at the level of its own noise, E[x | y] = D(y, s). A point estimate: all draws are
 * equal. Cost: one network evaluation in all.
 */
import type { Denoiser, Sampler, SamplerOptions } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { Observation } from '../operators/index.ts'
import { broadcastTo, type Feeds, jit, scalarLike } from '../tensor/index.ts'
import type { ObservationOf, SamplerMethod } from './method.ts'
import { methodEntry } from './method-entry.ts'

/** s of y = x + s z. */
const levelOf = ({ A, noise }: Observation): number => {
  if (A.name !== 'identity')
    throw new TweedieError(
      'input',
      `noise2score only denoises: it needs the identity, got operator '${A.name}'`,
    )
  if (noise.kind !== 'isotropic')
    throw new TweedieError('input', `noise2score needs isotropic noise, got '${noise.kind}'`)
  return Math.sqrt(noise.variance)
}

/**
 * Noise2Score: one network evaluation, whatever the number of steps; nothing is random.
 *
 * @throws TweedieError (the sampler) `input` unless the operator is the identity and the noise isotropic
 *
 * @example
 * ```ts
 * const noise = isotropicNoise(0.1)
 * const observationOf = ({ y }: { y: Tensor }) => ({ y, A: identity([3, 32, 32]), noise })
 * const denoise = compileMethod(noise2score(), prior, observationOf)
 * ```
 */
export const noise2score = (): SamplerMethod => ({
  compile: <C>(
    prior: Denoiser,
    observationOf: ObservationOf<C>,
    options: SamplerOptions = {},
  ): Sampler<C> => {
    const denoise = jit((context: C) => {
      const observation = observationOf(context)
      const { y } = observation
      return prior(y, broadcastTo(scalarLike(y, levelOf(observation)), [y.shape[0]]))
    }, options)
    return Object.assign((context: Feeds<C>) => denoise(context), { release: denoise.release })
  },
})

/** Noise2Score in the list of methods. */
export const noise2scoreEntry = methodEntry({
  name: 'noise2score',
  title: 'Noise2Score',
  reference: 'Kim & Ye 2021',
  needs: 'identity',
  usesNoise: true,
  settings: {},
  make: noise2score,
  cost: () => ({ evaluations: 0, vjps: 0 }),
  last: () => ({ evaluations: 1, vjps: 0 }),
})

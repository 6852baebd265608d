/**
 * RePaint (Lugmayr et al. 2022): the known pixels come from the observation, the unknown ones from the prior,
 * xs = m ∘ (y + σs z) + (1 − m) ∘ xs'. As a denoiser D = m ∘ y + (1 − m) ∘ x̂: see mcg.ts for why the known
 * pixels have the same law at every level. What is RePaint's own is going back in time after each step, which
 * lets known and unknown pixels agree. Cost of a step: as many network evaluations as it is repeated.
 */
import { ddpm, sampler, timeTravel } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { Operator } from '../operators/index.ts'
import { projected } from './ddnm.ts'
import type { SamplerMethod } from './method.ts'
import { methodEntry, type OptionsOf, withDefaults } from './method-entry.ts'

const settings = {
  repeats: {
    kind: 'integer',
    default: 5,
    min: 1,
    description: 'times that each step is made',
    search: { range: [1, 8], scale: 'linear' },
  },
} as const

/** Options of {@link repaint}: `repeats`, the times that each step is made, ≥ 1, default 5. */
export type RepaintOptions = OptionsOf<typeof settings>

const requireMask = (A: Operator): void => {
  if (A.name === 'mask' || A.name === 'identity') return
  throw new TweedieError(
    'input',
    `repaint needs a mask, got operator '${A.name}'; ddnm takes any pseudo-inverse`,
  )
}

/**
 * RePaint, for noiseless masked observations; the step that is asked for is made with time travel.
 *
 * @throws TweedieError `input` for repeats that are no positive integer; the sampler `input` when the
 *   operator is no mask
 *
 * @example
 * ```ts
 * const observationOf = (o: { y: Tensor; mask: Tensor }) => ({ y: o.y, A: mask(o.mask), noise })
 * const draw = compileMethod(repaint({ repeats: 10 }), prior, observationOf)
 * ```
 */
export const repaint = (options: RepaintOptions = {}): SamplerMethod => {
  const { repeats } = withDefaults('repaint', settings, options)
  return {
    compile: (prior, observationOf, sampling = {}) =>
      sampler(
        (context) => {
          const observation = observationOf(context)
          requireMask(observation.A)
          const project = projected(observation, 'repaint')
          return (xt, sigma) => project(prior(xt, sigma))
        },
        { ...sampling, step: timeTravel(sampling.step ?? ddpm(), { repeats }) },
      ),
  }
}

/** RePaint in the list of methods. */
export const repaintEntry = methodEntry({
  name: 'repaint',
  title: 'RePaint',
  reference: 'Lugmayr et al. 2022',
  needs: 'mask',
  usesNoise: false,
  settings,
  make: repaint,
  cost: ({ repeats }, { evaluations }) => ({ evaluations: repeats * evaluations, vjps: 0 }),
  last: () => ({ evaluations: 1, vjps: 0 }),
})

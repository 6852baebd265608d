import { TweedieError } from '../error.ts'
import { add, mul, reshape, slice, sqrt, square, sub, type Tensor } from '../tensor/index.ts'
import { type Step, singleStep } from './step.ts'

/**
 * A step with time travel (RePaint, Lugmayr et al. 2022): from σt to σs, back to σt by adding noise, and
 * again, so that what an observation fixes and what the prior fills in agree. The jump is one step of the
 * grid long.
 *
 * @param repeats - times that the step is made, ≥ 1, default 10; it multiplies the cost
 * @throws TweedieError `input` for multistep kinds, whose memory a journey back makes wrong
 *
 * @example
 * ```ts
 * sampler(posterior, { steps: 64, step: timeTravel(ddpm(), { repeats: 10 }) })
 * ```
 */
export const timeTravel = (inner: Step, { repeats = 10 } = {}): Step => {
  if (inner.remembers > 0)
    throw new TweedieError('input', `time travel takes single steps only, such as ddpm; got '${inner.name}'`)
  const each = inner.noises + 1 // the last one goes back, which the last repeat does not
  const part = (z: Tensor | undefined, from: number, count: number): Tensor | undefined =>
    z && count > 0 ? slice(z, [from], [from + count]) : undefined
  return singleStep({
    name: `${inner.name} x ${repeats}`,
    noises: repeats * each - 1,
    evaluations: repeats * inner.evaluations,
    step: (D, xt, levels, z) => {
      const back = sqrt(sub(square(levels.t), square(levels.s)))
      let x = xt
      for (let i = 0; i < repeats; i++) {
        x = inner.step(D, { x, memory: [] }, levels, part(z, i * each, inner.noises)).x
        const noise = i + 1 < repeats ? part(z, i * each + inner.noises, 1) : undefined
        if (noise) x = add(x, mul(reshape(noise, x.shape), back))
      }
      return x
    },
  })
}

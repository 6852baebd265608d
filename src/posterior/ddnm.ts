/**
 * Denoising diffusion null-space model (Wang, Yu & Zhang 2023): the part of x that a noiseless linear observation
 * fixes is put in place, D = (I − A⁺A) x̂ + A⁺ y. Cost: one network evaluation.
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Observation } from '../operators/index.ts'
import { requirePinv } from '../operators/index.ts'
import { add, sub, type Tensor } from '../tensor/index.ts'

/** x ↦ (I − A⁺A) x + A⁺ y. @throws TweedieError `input` for operators without pseudo-inverse, naming `who` */
export const projected = ({ y, A }: Observation, who: string): ((x: Tensor) => Tensor) => {
  const pinv = requirePinv(A, who)
  return (x) => add(x, pinv(sub(y, A.apply(x))))
}

/**
 * The denoiser of DDNM, for noiseless observations: noise on y stays in the result.
 *
 * @throws TweedieError `input` for operators without pseudo-inverse
 */
export const ddnm = (prior: Denoiser, observation: Observation): Denoiser => {
  const project = projected(observation, 'ddnm')
  return (xt, sigma) => project(prior(xt, sigma))
}

/** One step of a reverse sampler from noise level σt to σs < σt, as expressions. All are in the VE form. */
import { TweedieError } from '../error.ts'
import { broadcastTo, reshape, slice, type Tensor } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/** Noise levels of a step, scalars. */
export interface Levels {
  readonly t: Tensor
  readonly s: Tensor
  /** The level from which the last step came to t; t itself where none was made. */
  readonly before: Tensor
}

/** What a step hands to the next one. */
export interface Stepped {
  readonly x: Tensor
  /** Arrays like x that multistep kinds remember; zeros before the first step. */
  readonly memory: readonly Tensor[]
}

/** A kind of step: how many noises it takes, how much it remembers, and what it does. */
export interface Step {
  readonly name: string
  /** Standard normal arrays consumed by a step. */
  readonly noises: number
  /** Denoiser evaluations of a step. Where it is one, that is D(x, t), and samplers take it for D itself. */
  readonly evaluations: number
  /** Arrays like x that it remembers: 0 for steps that know nothing of the last one. */
  readonly remembers: number
  /** @param z - the step's noise, [noises, ...x.shape]; absent where it takes none */
  step(D: Denoiser, state: Stepped, levels: Levels, z: Tensor | undefined): Stepped
}

/** A level for each sample of a batch. */
export const perSample = (sigma: Tensor, x: Tensor): Tensor => broadcastTo(sigma, [x.shape[0]])

/**
 * Noise i of a step.
 *
 * @throws TweedieError `shape` when there is none
 */
export const noise = (z: Tensor | undefined, i: number, like: Tensor): Tensor => {
  if (!z) throw new TweedieError('shape', 'this sampler needs noise, got none')
  return reshape(slice(z, [i], [i + 1]), like.shape)
}

/** A step that knows nothing of the last one. */
export const singleStep = ({
  step,
  ...kind
}: Pick<Step, 'name' | 'noises' | 'evaluations'> & {
  step(D: Denoiser, xt: Tensor, levels: Levels, z: Tensor | undefined): Tensor
}): Step => ({
  ...kind,
  remembers: 0,
  step: (D, { x }, levels, z) => ({ x: step(D, x, levels, z), memory: [] }),
})

/** What a draw costs under the prior, −log p(x): by the evidence bound here, by the probability-flow ODE in exact-price.ts. */
import type { Denoiser, ElboNoise } from '../diffusion/index.ts'
import { normalBatch, type Stream, uniformBatch } from '../random/index.ts'
import type { Feeds, NdArray, Tensor } from '../tensor/index.ts'
import type { StepInput } from './descent.ts'
import { type ApsOptions, boundOn } from './objective.ts'

/** A step with the z of its draws. */
export interface DrawnInput extends StepInput {
  readonly z: NdArray
}

/** The price of draws in nats, as part of the program of a step; `P` is what that needs from outside. */
export interface NegLogPrior<P> {
  /** [B] of x [B, ...event], differentiable in x. */
  of(x: Tensor, given: P): Tensor
  given(before: DrawnInput): Promise<Feeds<P>>
  release(): Promise<void>
}

/** The bound of `ApsOptions`, with noise of its own for every step and row. */
export const boundNegLogPrior = (
  prior: Denoiser,
  batch: number,
  streamOf: (purpose: string) => Stream,
  options: ApsOptions = {},
): NegLogPrior<ElboNoise> => {
  const [times, noises, firsts, lasts] = ['time', 'noise', 'first', 'last'].map(streamOf)
  const observation = Array.from({ length: batch }, (_, i) => i)
  const whole = options.bound === 'full'
  return {
    of: (x, random) => boundOn(prior, x, random, options),
    given: async ({ step, event }) => {
      const at = { step, observation }
      const noise = normalBatch(noises, at, event)
      return {
        time: uniformBatch(times, at, []),
        noise,
        // Not part of the program unless the bound is `full`.
        first: whole ? normalBatch(firsts, at, event) : noise,
        last: whole ? normalBatch(lasts, at, event) : noise,
      }
    },
    release: async () => {},
  }
}

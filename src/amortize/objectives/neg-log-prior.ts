/**
 * −log p(x) of a flow's draws under the prior: by the evidence bound here, by the probability-flow ODE in
 * exact-neg-log-prior.
 */
import type { Denoiser, ElboNoise } from '../../diffusion/index.ts'
import { normalBatch, type Stream, uniformBatch } from '../../random/index.ts'
import type { Feeds, NdArray, Shape, Tensor } from '../../tensor/index.ts'
import type { StepAddress } from '../../training/index.ts'
import { type ApsOptions, boundOn } from './divergence.ts'

/** The draws of a step that is about to be taken. */
export interface DrawsInput {
  readonly at: StepAddress
  /** [B, ...event] of the draws. */
  readonly shape: Shape
  /** Makes them, as the step will: for what has to look at them outside its program. */
  draw(): Promise<NdArray>
}

/** −log p(x) of draws in nats, as part of the program of a step; `P` is what that needs from outside. */
export interface NegLogPrior<P> {
  /** [B] of x [B, ...event], differentiable in x. */
  of(x: Tensor, needs: P): Tensor
  batch(input: DrawsInput): Promise<Feeds<P>> | Feeds<P>
  /** Whether `batch` makes the draws; default false. */
  readonly looksAtDraws?: boolean
  release?(): Promise<void>
}

/**
 * The bound of `ApsOptions`, with noise of its own for every step and row.
 *
 * @param prior - denoiser with its weights as constants (`frozen`)
 * @param streamOf - the random stream of a purpose, such as `(purpose) => stream(seed, purpose)`
 */
export const boundNegLogPrior = (
  prior: Denoiser,
  streamOf: (purpose: string) => Stream,
  options: ApsOptions = {},
): NegLogPrior<ElboNoise> => {
  const [times, noises, firsts, lasts] = ['time', 'noise', 'first', 'last'].map(streamOf)
  const whole = options.bound === 'full'
  return {
    of: (x, random) => boundOn(prior, x, random, options),
    batch: ({ at, shape: [count, ...event] }) => {
      const where = { ...at, observation: Array.from({ length: count }, (_, i) => i) }
      const noise = normalBatch(noises, where, event)
      return {
        time: uniformBatch(times, where, []),
        noise,
        // Not part of the program unless the bound is `full`.
        first: whole ? normalBatch(firsts, where, event) : noise,
        last: whole ? normalBatch(lasts, where, event) : noise,
      }
    },
  }
}

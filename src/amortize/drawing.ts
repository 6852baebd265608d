/** What every kind of sampler says of itself: how its draws come about, and what it keeps. */
import type { FlowParams } from '../flows/index.ts'
import type { NdArray, Tensor } from '../tensor/index.ts'
import type { ConditionInput, MadeFor } from './condition.ts'

/** A batch of draws: x [B, ...event] and, where it is known, log q(x | y) [B], nats. */
export interface Draw<L = Tensor> {
  readonly x: L
  readonly logq?: L
}

/** A kind of sampler with its sizes. */
export interface Drawing {
  /** Parameters of the shapes that files hold: the same for the same seed. */
  init(seed: number): FlowParams<NdArray>
  /** Evaluations of the network for one draw. */
  readonly evaluations: number
  /** Whether the density of draws is known. */
  readonly density: boolean
  /**
   * Draws in the units of the prior, the parameters as constants: (what was observed of Y signals, z [Y·K,
   * ...event]) → x [Y·K, ...event].
   */
  draw(params: FlowParams<NdArray>, made: MadeFor): (input: ConditionInput, z: Tensor) => Draw
}

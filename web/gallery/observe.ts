/** Observations that the page makes of a known image. */
import { normal, stream } from 'tweedie/random'
import type { Observed } from '../engine/inputs.ts'

/** How an image is observed: y = m ⊙ (x + σ ε). */
export interface Observing {
  /** [H·W], 1 = seen. */
  readonly mask: Float32Array
  /** σ > 0, in the units of the data. */
  readonly noise: number
  /** Of ε: another mask or σ leaves it the same. */
  readonly seed: number
}

/** @param truth - [C·H·W] */
export const observe = (truth: Float32Array, { mask, noise, seed }: Observing): Observed => {
  const epsilon = normal(stream(seed, 'studio noise'), [truth.length]).data
  const y = truth.map((x, i) => (mask[i % mask.length] > 0.5 ? x + noise * epsilon[i] : 0))
  return { y, mask, noise }
}

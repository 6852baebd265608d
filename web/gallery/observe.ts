/** Observations that the page makes of a known image. */
import { normal, stream } from 'tweedie/random'
import type { Observed } from '../engine/inputs.ts'

/** How an image is observed: y = m ⊙ (x + σ ε). */
export interface Observing {
  /** A place each, 1 = seen. */
  readonly mask: Float32Array
  /** σ > 0, in the units of the data. */
  readonly noise: number
  /** Of ε: another mask or σ leaves it the same. */
  readonly seed: number
}

/** What was seen, NaN where nothing was. */
export const seenAlone = ({ y, mask }: Observed): Float32Array =>
  y.map((value, i) => (mask[i % mask.length] > 0.5 ? value : Number.NaN))

/** @param truth - [C·P] */
export const observe = (truth: Float32Array, { mask, noise, seed }: Observing): Observed => {
  const epsilon = normal(stream(seed, 'studio noise'), [truth.length]).data
  const y = truth.map((x, i) => (mask[i % mask.length] > 0.5 ? x + noise * epsilon[i] : 0))
  return { y, mask, noise }
}

/** What can be told of an observation and its draws without the truth, as the library tells it of others. */
import { type MaskFigures, type MaskSpace, maskFigures } from 'tweedie/operators'
import type { Observed } from '../engine/inputs.ts'

/**
 * Mean over the draws of ‖y − x‖²/(M σ²), over the M seen entries: about 1 where draws fit the observation.
 *
 * @param draws - [K, D]
 */
export const residualOf = (draws: Float32Array, { y, mask, noise }: Observed): number => {
  let [sum, count] = [0, 0]
  for (let i = 0; i < draws.length; i++) {
    const entry = i % y.length
    if (mask[entry % mask.length] < 0.5) continue
    sum += ((y[entry] - draws[i]) / noise) ** 2
    count++
  }
  return count === 0 ? 1 : sum / count
}

/** Figures of an observation and the draws that were made of it. */
export interface Evidence extends MaskFigures {
  readonly noise: number
  readonly residual: number
  /** Mean over the draws of log q(x | y), nats; absent of samplers without a density. */
  readonly logq?: number
}

/** Neighbours are looked for once. */
const prepared = new WeakMap<MaskSpace, ReturnType<typeof maskFigures>>()

const figuresIn = (space: MaskSpace): ReturnType<typeof maskFigures> => {
  const figures = prepared.get(space) ?? maskFigures(space)
  prepared.set(space, figures)
  return figures
}

/**
 * @param logq - [K]
 * @param space - where the entries of the mask lie; the same object each time
 */
export const evidenceOf = (
  observed: Observed,
  { draws, logq }: { readonly draws: Float32Array; readonly logq?: Float32Array },
  space: MaskSpace,
): Evidence => ({
  ...figuresIn(space)(observed.mask),
  noise: observed.noise,
  residual: residualOf(draws, observed),
  ...(logq ? { logq: logq.reduce((a, b) => a + b, 0) / logq.length } : {}),
})

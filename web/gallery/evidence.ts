/** What can be said of an observation and its draws without the truth: whether they are of a known kind. */
import type { Observed } from '../engine/inputs.ts'

/** How the deleted pixels of an image lie. */
export interface MaskFigures {
  /** Share of the pixels that is seen. */
  readonly kept: number
  /** Largest distance of a deleted pixel to the nearest seen one, in steps along rows and columns. */
  readonly hole: number
  /**
   * Share of the pairs of neighbours of which one is seen, over its expectation 2 f (1 − f) for pixels that
   * are kept independently, each with probability f: about 1 for these, less for compact holes.
   */
  readonly edges: number
}

/** Steps from every pixel to the nearest seen one; Infinity where none is seen. */
const distances = (mask: Float32Array, height: number, width: number): Float64Array => {
  const steps = Float64Array.from(mask, (m) => (m > 0.5 ? 0 : Number.POSITIVE_INFINITY))
  const relax = (at: number, from: number, inside: boolean): void => {
    if (inside) steps[at] = Math.min(steps[at], steps[from] + 1)
  }
  // Two sweeps are exact for distances along rows and columns (Rosenfeld & Pfaltz 1966).
  for (let i = 0; i < steps.length; i++) {
    relax(i, i - width, i >= width)
    relax(i, i - 1, i % width > 0)
  }
  for (let i = steps.length - 1; i >= 0; i--) {
    relax(i, i + width, i < (height - 1) * width)
    relax(i, i + 1, i % width < width - 1)
  }
  return steps
}

/** @param mask - [height·width], 1 = seen */
export const maskFigures = (mask: Float32Array, height: number, width: number): MaskFigures => {
  const kept = mask.reduce((sum, m) => sum + m, 0) / mask.length
  let unlike = 0
  for (let i = 0; i < mask.length; i++) {
    if (i % width < width - 1 && mask[i] !== mask[i + 1]) unlike++
    if (i < (height - 1) * width && mask[i] !== mask[i + width]) unlike++
  }
  const pairs = height * (width - 1) + width * (height - 1)
  const expected = 2 * kept * (1 - kept) * pairs
  return {
    kept,
    hole: distances(mask, height, width).reduce((a, b) => Math.max(a, b), 0),
    edges: expected > 0 ? unlike / expected : 1,
  }
}

/**
 * Root mean square of (y − x)/σ over seen entries and draws: about 1 where draws fit the observation.
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
  return count === 0 ? 1 : Math.sqrt(sum / count)
}

/** Figures of an observation and the draws that were made of it. */
export interface Evidence extends MaskFigures {
  readonly noise: number
  readonly residual: number
  /** Mean over the draws of log q(x | y), nats; absent of samplers without a density. */
  readonly logq?: number
}

/** @param logq - [K] */
export const evidenceOf = (
  observed: Observed,
  { draws, logq }: { readonly draws: Float32Array; readonly logq?: Float32Array },
  domain:
    | { readonly kind: 'image'; readonly height: number; readonly width: number }
    | { readonly kind: 'points'; readonly coordinates: Float32Array },
): Evidence => ({
  ...(domain.kind === 'image'
    ? maskFigures(observed.mask, domain.height, domain.width)
    : maskFigures(observed.mask, 1, observed.mask.length)),
  noise: observed.noise,
  residual: residualOf(draws, observed),
  ...(logq ? { logq: logq.reduce((a, b) => a + b, 0) / logq.length } : {}),
})

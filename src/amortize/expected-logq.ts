/**
 * What log q of draws is expected to be before y is looked at: a seen entry adds about −log s, whatever it
 * is, one that is missing about as much at any noise s. With f the share of the entries that is seen,
 *
 *     log q ≈ b₀ + b₁ f + b₂ f log s + b₃ f (log s)²,
 *
 * the last term because noise as large as the signal itself tells little of it.
 */

/** What of an observation matters: all is seen, and s is 1, where nothing is said. */
export interface Circumstances {
  readonly seen?: number
  /** s > 0. */
  readonly noise?: number
}

/** The factors of b₀, b₁, b₂ and b₃. */
export const logqTerms = ({ seen = 1, noise = 1 }: Circumstances): number[] => {
  const s = Math.log(noise)
  return [1, seen, seen * s, seen * s * s]
}

/**
 * log q as it is expected, nats.
 *
 * @param coefficients - b₀, b₁, …; those that are left out are 0
 *
 * @example
 * ```ts
 * expectedLogq([700, 40, -650], { seen: 0.5, noise: 0.05 }) // 1693.6
 * ```
 */
export const expectedLogq = (coefficients: readonly number[], at: Circumstances): number => {
  const terms = logqTerms(at)
  return coefficients.reduce((sum, b, k) => sum + b * terms[k], 0)
}

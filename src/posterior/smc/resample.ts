/** Weights of particles and systematic resampling (Kitagawa 1996; Douc & Cappé 2005), in plain numbers. */

/** Normalised weights of log-weights; those that are no numbers count as −∞, and all −∞ as equal. */
export const normalised = (logWeights: readonly number[]): number[] => {
  const known = logWeights.map((w) => (Number.isNaN(w) ? -Infinity : w))
  const top = Math.max(...known)
  if (!Number.isFinite(top)) return known.map(() => 1 / known.length)
  const raw = known.map((w) => Math.exp(w - top))
  const total = raw.reduce((a, b) => a + b)
  return raw.map((w) => w / total)
}

/** Effective sample size 1/Σ w² of normalised weights: K when all are equal, 1 when one has everything. */
export const effectiveSize = (weights: readonly number[]): number =>
  1 / weights.reduce((sum, w) => sum + w * w, 0)

/**
 * Systematic resampling: index of the ancestor at each of the positions (u + i)/count of the cumulated
 * weights. Particle k is taken ⌊count w⌋ or ⌈count w⌉ times, count w on average.
 *
 * @param u - one uniform in [0, 1)
 */
export const systematic = (weights: readonly number[], u: number, count = weights.length): number[] => {
  const out: number[] = []
  let [k, cumulated] = [0, weights[0]]
  for (let i = 0; i < count; i++) {
    const position = (u + i) / count
    while (cumulated <= position && k + 1 < weights.length) cumulated += weights[++k]
    out.push(k)
  }
  return out
}

/**
 * Φ(z): a uniform from a standard normal, so that particle samplers draw from the noise that every sampler is
 * given. By Abramowitz & Stegun 7.1.26, within 1.5e-7.
 */
export const uniformOf = (z: number): number => {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const tail = 0.5 * poly * Math.exp(-x * x)
  return Math.min(z > 0 ? 1 - tail : tail, 1 - 2 ** -24)
}

/** The few distribution functions that tests need. */

/** log n! for n = 0 … most. */
export const logFactorials = (most: number): Float64Array => {
  const out = new Float64Array(most + 1)
  for (let n = 2; n <= most; n++) out[n] = out[n - 1] + Math.log(n)
  return out
}

/** log Γ(x) for x > 0: Stirling's series after shifting x to 10 or more (absolute error below 1e-13). */
export const logGamma = (x: number): number => {
  let shift = 0
  let z = x
  for (; z < 10; z++) shift += Math.log(z)
  const w = 1 / (z * z)
  const series = (1 / 12 + w * (-1 / 360 + w * (1 / 1260 + w * (-1 / 1680 + w / 1188)))) / z
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift
}

/**
 * Regularised lower incomplete gamma function P(a, x): its power series below a + 1, the continued fraction
 * of the upper function (modified Lentz) above. Numerical Recipes, section 6.2.
 */
export const gammaP = (a: number, x: number): number => {
  if (x <= 0) return 0
  const front = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let n = 1; term > sum * 1e-16; n++) {
      term *= x / (a + n)
      sum += term
    }
    return front * sum
  }
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let h = d
  for (let n = 1; n < 1e5; n++) {
    const an = -n * (n - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    h *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return 1 - front * h
}

/** P(χ² with m degrees of freedom ≤ x). */
export const chiSquareCdf = (x: number, m: number): number => gammaP(m / 2, x / 2)

/** P(N(0, 1) ≤ z), by P(|N(0, 1)| ≤ z) = P(1/2, z²/2). */
export const normalCdf = (z: number): number => 0.5 * (1 + Math.sign(z) * gammaP(0.5, (z * z) / 2))

/** The z with P(Z ≤ z) = p of a standard normal Z, by bisection; p in (0, 1). */
export const normalQuantile = (p: number): number => {
  let [low, high] = [-40, 40]
  for (let i = 0; i < 70; i++) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

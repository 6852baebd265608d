/**
 * The schedules of variance-preserving diffusions, u = α x + √(1 − α²) z: u/α = x + s z with s = √(1 − α²)/α,
 * and t(s) finds the time of that noise level (Song et al. 2021, for the continuous schedule; Ho et al. 2020,
 * for 1000 steps).
 */
import {
  add,
  cast,
  clip as clipTo,
  constant,
  div,
  expandDims,
  greater,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  ndarray,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  take,
} from '../tensor/index.ts'

/** The schedule of a variance-preserving diffusion: which label belongs to a noise level. */
export interface VpSchedule {
  /** The label that the network is called with, [B], for VE noise levels s [B]. */
  labelOf(sigma: Tensor): Tensor
}

/** β(t) = b0 + t (b1 − b0) on t in [0, 1]. */
export interface LinearBeta {
  /** Default 0.1. */
  readonly betaMin?: number
  /** Default 20. */
  readonly betaMax?: number
}

/**
 * α and σ of the continuous schedule at time t in [0, 1]: α = exp(−B/2), σ² = 1 − exp(−B), B = b0 t + (b1 −
 * b0) t²/2.
 *
 * @example
 * ```ts
 * vpMarginal(0.5) // { alpha: 0.28118, sigma: 0.95965 }
 * ```
 */
export const vpMarginal = (
  t: number,
  { betaMin = 0.1, betaMax = 20 }: LinearBeta = {},
): { alpha: number; sigma: number } => {
  const B = betaMin * t + ((betaMax - betaMin) * t ** 2) / 2
  return { alpha: Math.exp(-B / 2), sigma: Math.sqrt(-Math.expm1(-B)) }
}

/**
 * The continuous schedule with label `scale` · t, where B(t) = log(1 + s²) gives
 * t = 2 B/(b0 + √(b0² + 2 (b1 − b0) B)), which does not cancel for small s.
 *
 * @param scale - default 999, as score networks are trained
 */
export const continuousVp = ({
  betaMin = 0.1,
  betaMax = 20,
  scale = 999,
}: LinearBeta & { readonly scale?: number } = {}): VpSchedule => ({
  labelOf: (sigma) => {
    const B = log1p(square(sigma))
    const root = sqrt(add(mul(B, 2 * (betaMax - betaMin)), betaMin ** 2))
    return mul(div(mul(B, 2), add(root, betaMin)), scale)
  },
})

/** A discrete schedule: how many steps, and how their β go from the first to the last. */
export interface DiscreteBeta {
  /** Default 1000. */
  readonly steps?: number
  /** Default 1e-4; not of `cosine`. */
  readonly betaMin?: number
  /** Default 0.02; not of `cosine`. */
  readonly betaMax?: number
  /**
   * `linear` (Ho et al. 2020, the default); `scaled`, linear in √β (Rombach et al. 2022); `cosine`, where ᾱ
   * is a squared cosine (Nichol & Dhariwal 2021, with their offset 0.008 and β at most 0.999).
   */
  readonly law?: 'linear' | 'scaled' | 'cosine'
}

/** β of step i of n. */
const betaOf = (i: number, n: number, { law = 'linear', betaMin = 1e-4, betaMax = 0.02 }: DiscreteBeta) => {
  const along = i / (n - 1)
  if (law === 'linear') return betaMin + (betaMax - betaMin) * along
  if (law === 'scaled') return (betaMin ** 0.5 + (betaMax ** 0.5 - betaMin ** 0.5) * along) ** 2
  const abar = (t: number) => Math.cos((((t / n + 0.008) / 1.008) * Math.PI) / 2) ** 2
  return Math.min(1 - abar(i + 1) / abar(i), 0.999)
}

/**
 * VE noise levels √((1 − ᾱ)/ᾱ) of the discrete schedule, ᾱ the running product of 1 − β: lowest first.
 */
export const discreteVpLevels = (options: DiscreteBeta = {}): number[] => {
  const { steps = 1000 } = options
  let abar = 1
  return Array.from({ length: steps }, (_, i) => {
    abar *= 1 - betaOf(i, steps, options)
    return Math.sqrt((1 - abar) / abar)
  })
}

/**
 * The discrete schedule of DDPM with labels 0 … steps − 1, interpolated in log s between levels: networks
 * with sinusoidal embeddings take any number. Noise levels beyond the ends get the label of the end.
 */
export const discreteVp = (options: DiscreteBeta = {}): VpSchedule => {
  const logs = discreteVpLevels(options).map(Math.log)
  return {
    labelOf: (sigma) => {
      const table = constant(ndarray(logs, [logs.length], sigma.dtype))
      const s = minimum(maximum(log(sigma), logs[0]), logs[logs.length - 1])
      const below = sum(cast(greater(expandDims(s, 1), table), sigma.dtype), { axes: 1 })
      const lower = clipTo(sub(below, 1), 0, logs.length - 2)
      const at = (index: Tensor) => take(table, cast(index, 'int64'))
      const [from, to] = [at(lower), at(add(lower, 1))]
      return add(lower, div(sub(s, from), sub(to, from)))
    },
  }
}

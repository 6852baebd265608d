/**
 * Variance-preserving networks as denoisers of this library. Such a network predicts the noise of u = α x +
 * √(1 − α²) z; then u/α = x + s z with s = √(1 − α²)/α, and
 *
 *   D(v, s) = v − s ε(α v, t(s)),   α = 1/√(1 + s²),
 *
 * where t(s) finds the time of that noise level (Song et al. 2021, for the continuous schedule; Ho et al.
 * 2020, for 1000 steps).
 */
import { TweedieError } from '../error.ts'
import {
  add,
  alignTo,
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
  rsqrt,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  take,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

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

/**
 * VE noise levels √((1 − ᾱ)/ᾱ) of the discrete schedule with `steps` linear betas, ᾱ the running product of 1
 * − β: lowest first.
 */
export const discreteVpLevels = ({ steps = 1000, betaMin = 1e-4, betaMax = 0.02 } = {}): number[] => {
  let abar = 1
  return Array.from({ length: steps }, (_, i) => {
    abar *= 1 - (betaMin + ((betaMax - betaMin) * i) / (steps - 1))
    return Math.sqrt((1 - abar) / abar)
  })
}

/**
 * The discrete schedule of DDPM with labels 0 … steps − 1, interpolated in log s between levels: networks
 * with sinusoidal embeddings take any number. Noise levels beyond the ends get the label of the end.
 */
export const discreteVp = (
  options: { steps?: number; betaMin?: number; betaMax?: number } = {},
): VpSchedule => {
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

/** Options of {@link vpDenoiser}. */
export interface VpOptions {
  /** Default {@link continuousVp}. */
  readonly schedule?: VpSchedule
  /**
   * Units of the network's data: scale · x + shift for x in the units of the prior; 0.5 and 0 for [-1, 1],
   * 0.25 and 0.5 for [0, 1]. Default 1 and 0.
   */
  readonly scale?: number
  readonly shift?: number
  /**
   * Bounds of x̂ in the units of the prior, such as [-2, 2]: part of the graph, so saturated entries have no
   * gradient.
   */
  readonly clip?: readonly [number, number]
}

/**
 * The denoiser of a network that predicts noise.
 *
 * @param eps - (u [B, ...event], label [B]) → noise, like u
 * @throws TweedieError `input` for a scale that is not positive and for bounds in the wrong order
 *
 * @example
 * ```ts
 * const options = { schedule: discreteVp(), scale: 0.5, clip: [-2, 2] } as const
 * const prior = vpDenoiser((u, label) => net.apply(frozen(params), u, label), options)
 * ```
 */
export const vpDenoiser = (
  eps: (u: Tensor, label: Tensor) => Tensor,
  { schedule = continuousVp(), scale = 1, shift = 0, clip }: VpOptions = {},
): Denoiser => {
  if (!(scale > 0)) throw new TweedieError('input', `vpDenoiser: scale must be positive, got ${scale}`)
  if (clip && !(clip[0] < clip[1]))
    throw new TweedieError('input', `vpDenoiser: clip must be [low, high], got [${clip}]`)
  return (xt, sigma) => {
    const own = mul(sigma, scale) // the noise level in the network's units
    const s = alignTo(own, xt)
    const v = add(mul(xt, scale), shift)
    const noise = eps(mul(v, rsqrt(add(square(s), 1))), schedule.labelOf(own))
    const xhat = mul(sub(sub(v, mul(s, noise)), shift), 1 / scale)
    return clip ? clipTo(xhat, clip[0], clip[1]) : xhat
  }
}

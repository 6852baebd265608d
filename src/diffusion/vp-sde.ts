/**
 * The variance-preserving diffusion dx = −½ β x dt + √β dw, β(t) = b0 + t (b1 − b0) on t in [0, 1] (Song et
 * al. 2021), with B(t) = ∫β: x_t = α x + σ z, α = exp(−B/2), σ² = 1 − exp(−B). Its level in VE coordinates is
 * s = σ/α = √(exp(B) − 1).
 */
import { TweedieError } from '../error.ts'
import { add, alignTo, div, exp, mul, neg, rsqrt, square, sub, type Tensor } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import type { LinearBeta } from './vp.ts'

/** The diffusion and what follows from it, for numbers. */
export interface VpSde {
  readonly betaMin: number
  readonly betaMax: number
  /** β(t), which is g² too; the drift is −½ β x. */
  beta(t: number): number
  /** B(t) = b0 t + (b1 − b0) t²/2. */
  integral(t: number): number
  /** The level s(t) = √(exp(B) − 1) of x_t/α in VE coordinates. */
  level(t: number): number
  /** t of a level s; the inverse of `level`. */
  timeOf(level: number): number
}

/**
 * The VP diffusion of two rates.
 *
 * @param betas - default 0.1 and 20
 * @throws TweedieError `input` unless 0 < betaMin ≤ betaMax
 *
 * @example
 * ```ts
 * vpSde().level(1) // 152.16
 * ```
 */
export const vpSde = ({ betaMin = 0.1, betaMax = 20 }: LinearBeta = {}): VpSde => {
  if (!(betaMin > 0 && betaMax >= betaMin && Number.isFinite(betaMax))) {
    throw new TweedieError('input', `vpSde: needs 0 < betaMin <= betaMax, got ${betaMin} and ${betaMax}`)
  }
  const slope = betaMax - betaMin
  const integral = (t: number): number => betaMin * t + (slope * t ** 2) / 2
  return {
    betaMin,
    betaMax,
    beta: (t) => betaMin + slope * t,
    integral,
    level: (t) => Math.sqrt(Math.expm1(integral(t))),
    timeOf: (level) => {
      const B = Math.log1p(level ** 2)
      return (2 * B) / (betaMin + Math.sqrt(betaMin ** 2 + 2 * slope * B))
    },
  }
}

/** Times drawn with density ∝ g²/σ² on [start, 1]. */
export interface ImportanceTime {
  /** Z = ∫ g²/σ² dt = log expm1(B(1)) − log expm1(B(start)). */
  readonly Z: number
  /** The time of u in [0, 1]: uniform u make that density. */
  time(u: number): number
  /** The same as VE levels, for a tensor of u. */
  levelOf(u: Tensor): Tensor
}

/**
 * Importance-sampled time of the ELBO (Song, Durkan, Murray & Ermon 2021). In VE levels g²/σ² dt = d log s²,
 * so drawing t is drawing log s uniformly, in closed form.
 *
 * @param start - smallest time, default 1e-3
 *
 * @example
 * ```ts
 * importanceTime(vpSde()).Z // 19.165386678778
 * ```
 */
export const importanceTime = (sde: VpSde, start = 1e-3): ImportanceTime => {
  if (!(start > 0 && start < 1)) {
    throw new TweedieError('input', `importanceTime: start must lie in (0, 1), got ${start}`)
  }
  const [low, high] = [start, 1].map((t) => 2 * Math.log(sde.level(t)))
  return {
    Z: high - low,
    time: (u) => sde.timeOf(Math.exp((low + u * (high - low)) / 2)),
    levelOf: (u) => exp(add(mul(u, (high - low) / 2), low / 2)),
  }
}

/**
 * The noise that a denoiser sees in x_t of VP coordinates: ε = (x_t/α − D(x_t/α, s))/s.
 *
 * @param xt - [B, ...event], x_t = α x + σ z with α² + σ² = 1
 * @param level - [B], s = σ/α
 */
export const vpNoise = (denoiser: Denoiser, xt: Tensor, level: Tensor): Tensor => {
  const s = alignTo(level, xt)
  const u = div(xt, rsqrt(add(square(s), 1)))
  return div(sub(u, denoiser(u, level)), s)
}

/** The score of x_t in VP coordinates, −ε/σ = (α D − x_t)/σ². */
export const vpScore = (denoiser: Denoiser, xt: Tensor, level: Tensor): Tensor => {
  const s = alignTo(level, xt)
  const sigma = mul(s, rsqrt(add(square(s), 1)))
  return neg(div(vpNoise(denoiser, xt, level), sigma))
}

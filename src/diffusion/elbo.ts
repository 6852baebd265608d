/**
 * The evidence lower bound of a diffusion prior, b(x) ≤ log p(x) (Song, Durkan, Murray & Ermon 2021; Feng &
 * Bouman 2023), for the VP diffusion on times [t0, 1] with importance-sampled time. With x_t = α x + σ z and
 * ε = −σ score(x_t, t),
 *
 * −b(x) = (n/2) log 2π + ½‖α_1 x + σ_1 z₁‖²  +  (Z/2) E [‖ε − z‖² − ‖z‖² + n σ²]  +  ½‖ε_0 − z₀‖² − n log α_0
 * − n/2.
 *
 * The middle term is all that the network says about x; the first is the prior at time 1, the last one
 * accounts for the times before t0, where (ε_0, α_0) are at t0. Sums over entries, never means: the bound is
 * in nats. Of signals with a domain they are over the n entries that are there.
 */

import { insideOf } from '../operators/index.ts'
import {
  add,
  alignTo,
  constant,
  div,
  full,
  mul,
  type NdArray,
  reshaped,
  rsqrt,
  type Shape,
  sizeOf,
  square,
  sub,
  sumRows,
  type Tensor,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import { importanceTime, type VpSde, vpSde } from './vp-sde.ts'

/** The diffusion under which a bound is taken. */
export interface ElboOptions {
  /** Default {@link vpSde} with 0.1 and 20. */
  readonly sde?: VpSde
  /** t0, default 1e-3. */
  readonly start?: number
  /** Of the last axes of x, 1 for entries that are there: the others count for nothing. Default all. */
  readonly inside?: NdArray<'float32'>
}

/** The sum over the entries that are there, and how many of [...event] there are. */
const countingOf = (inside: ElboOptions['inside'], event: Shape) => {
  if (!inside) return { n: sizeOf(event), total: sumRows }
  const there = insideOf(inside, event)
  const mask = constant(reshaped(there, [1, ...event]))
  return { n: there.data.reduce((a, b) => a + b, 0), total: (v: Tensor) => sumRows(mul(v, mask)) }
}

/** The random numbers of one evaluation of the bound; each row has one time. */
export interface ElboNoise<L = Tensor> {
  /** [B], uniform on (0, 1). */
  readonly time: L
  /** [B, ...event], standard normal: z at that time, z₀ at t0, z₁ at time 1. */
  readonly noise: L
  readonly first: L
  readonly last: L
}

/** ε at level s and what was put in, from x and z: x_t/α = x + s z. */
const noiseError = (
  denoiser: Denoiser,
  x: Tensor,
  z: Tensor,
  level: Tensor,
  inside: ElboOptions['inside'],
): Tensor => {
  const s = alignTo(level, x)
  const u = add(x, mul(s, z))
  const { total } = countingOf(inside, x.shape.slice(1))
  return total(square(sub(div(sub(u, denoiser(u, level)), s), z)))
}

/**
 * (Z/2) ‖ε − z‖² [B]: the part of −b(x) that shapes x, one network evaluation. This is what amortized
 * posterior sampling minimises; without the factor Z/2 ≈ 9.6 the prior would be that much too weak against
 * the data.
 *
 * @param x - [B, ...event]
 */
export const scoreLoss = (
  denoiser: Denoiser,
  x: Tensor,
  { time, noise }: Pick<ElboNoise, 'time' | 'noise'>,
  { sde = vpSde(), start, inside }: ElboOptions = {},
): Tensor => {
  const { Z, levelOf } = importanceTime(sde, start)
  return mul(noiseError(denoiser, x, noise, levelOf(time), inside), Z / 2)
}

/**
 * An unbiased estimate of −b(x) in nats [B], differentiable in x through the network: two evaluations.
 *
 * @param x - [B, ...event], in the units of the prior
 *
 * @example
 * ```ts
 * const bound = jit((x: Tensor, noise: ElboNoise) => mean(negativeElbo(prior, x, noise)))
 * ```
 */
export const negativeElbo = (
  denoiser: Denoiser,
  x: Tensor,
  random: ElboNoise,
  options: ElboOptions = {},
): Tensor => {
  const { sde = vpSde(), start = 1e-3, inside } = options
  const { Z, levelOf } = importanceTime(sde, start)
  const { n, total } = countingOf(inside, x.shape.slice(1))
  const s2 = square(levelOf(random.time))
  const variance = mul(s2, square(rsqrt(add(s2, 1)))) // σ² = s²/(1 + s²)
  const expected = sub(mul(variance, n), total(square(random.noise)))
  const middle = add(scoreLoss(denoiser, x, random, options), mul(expected, Z / 2))
  const ends = endTerms(denoiser, x, random, { sde, start, inside })
  return add(middle, ends)
}

/** The terms at time 1 and at t0. */
const endTerms = (
  denoiser: Denoiser,
  x: Tensor,
  { first, last }: ElboNoise,
  { sde, start, inside }: Required<Pick<ElboOptions, 'sde' | 'start'>> & ElboOptions,
): Tensor => {
  const { n, total } = countingOf(inside, x.shape.slice(1))
  const [B0, B1] = [sde.integral(start), sde.integral(1)]
  const xT = add(mul(x, Math.exp(-B1 / 2)), mul(last, Math.sqrt(-Math.expm1(-B1))))
  const atT = add(mul(total(square(xT)), 0.5), (n / 2) * Math.log(2 * Math.PI))
  const level = constant(full([x.shape[0]], sde.level(start), x.dtype))
  const at0 = add(mul(noiseError(denoiser, x, first, level, inside), 0.5), (n * B0) / 2 - n / 2)
  return add(atT, at0)
}

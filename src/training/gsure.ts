/**
 * GSURE-Diffusion (Kawar et al., "GSURE-Based Diffusion Model Training with Corrupted Data", TMLR 2024) in
 * the VE form xt = x + σ z. Observed entries of y = m ∘ (x + s n) already hold noise of level s, so they get
 * the rest; the others are noise about 0:
 *
 *   xt = m ∘ (y + √(σ² − s²) z) + (1 − m) ∘ σ z,   σ ≥ s.
 *
 * The denoiser D is judged without the truth. With n in xt by the factor s, Stein's lemma gives
 * E ⟨m ∘ D(xt), s n⟩ = s² E tr(m J), J the Jacobian of D, and so (Stein's unbiased risk estimate)
 *
 *   E ‖m ∘ (D(xt) − x)‖² = E [ ‖m ∘ (D(xt) − y)‖² + 2 s² vᵀ J v ] − s² ‖m‖²,   v = m ∘ N(0, I) (Hutchinson).
 *
 * In another orthonormal basis Q (the Fourier plane of a magnetic resonance image) the same holds for the
 * coefficients c = Qᵀ x, each with noise of its own: s² becomes s² over the eigenvalue of AᵀA, D becomes
 * Qᵀ D(Q ·), and σ z is noise of level σ in any basis. Where coefficients are seen in unequal shares of the
 * observations, their weights are the reciprocals: then the loss is, but for a constant, that of all
 * coefficients alike (E[m]⁻¹, the weights of the paper's ensemble).
 *
 * The reference code writes 2 (1 − ᾱ) Λ for 2 s², with Λ = 1e-4, which is s² of its data.
 */
import type { Denoiser } from '../diffusion/index.ts'
import { preconditioned } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { type Network, seededDropout } from '../nn/index.ts'
import type { Eigenbasis } from '../operators/index.ts'
import { betaBatch, normalBatch, type Stream } from '../random/index.ts'
import {
  add,
  alignTo,
  constant,
  maximum,
  mean,
  mul,
  type NdArray,
  ndarray,
  reciprocal,
  sqrt,
  square,
  sub,
  type Tensor,
  vjp,
} from '../tensor/index.ts'
import { dropoutSeeds, type Seeded } from './dropout-seeds.ts'
import { type MaskedArrays, type ObservedItems, observedItems } from './masked-items.ts'
import type { Objective } from './objective.ts'

/** One batch of the loss. */
export interface GsureBatch {
  /** As observed: [B, ...event] in the units of the prior. */
  readonly y: Tensor
  /** m: 1 where y was observed; broadcasts to y. */
  readonly mask: Tensor
  /** Of the noise of each entry, over s²; like y. Absent: 1. */
  readonly variance?: Tensor
  /** Standard normal, like y. */
  readonly z: Tensor
  /** Hutchinson's probe: standard normal, like y. */
  readonly probe: Tensor
  /** [B], not below s. */
  readonly sigma: Tensor
}

/**
 * λ-weighted GSURE, λ = 1 + 1/σ², mean over all entries: the supervised loss on observed entries plus a
 * constant.
 *
 * @param noise - s > 0 of the observations, in the units of the prior
 * @param weight - of each entry, broadcastable to y; default 1
 * @returns a scalar
 *
 * @example
 * ```ts
 * const loss = (batch: GsureBatch) => gsureLoss(preconditioned(net, frozen(params)), batch, 0.04)
 * ```
 */
export const gsureLoss = (
  denoiser: Denoiser,
  { y, mask, variance, z, probe, sigma }: GsureBatch,
  noise: number,
  weight?: Tensor,
): Tensor => {
  const s = alignTo(sigma, y)
  const known = variance ? mul(variance, noise * noise) : noise * noise
  const rest = sqrt(maximum(sub(square(s), known), 0))
  const xt = add(mul(mask, add(y, mul(rest, z))), mul(sub(1, mask), mul(s, z)))
  const xhat = denoiser(xt, sigma)
  const v = mul(mask, probe)
  const trace = mul(v, vjp(xhat, xt, v)) // sums to vᵀ J v
  const twice = variance ? mul(variance, 2 * noise * noise) : 2 * noise * noise
  const risk = add(square(mul(mask, sub(xhat, y))), mul(trace, twice))
  return mean(mul(add(reciprocal(square(s)), 1), weight ? mul(risk, weight) : risk))
}

/** The denoiser of coefficients: Qᵀ D(Q c). */
export const inBasis =
  (denoiser: Denoiser, { forward, inverse }: Pick<Eigenbasis, 'forward' | 'inverse'>): Denoiser =>
  (c, sigma) =>
    forward(denoiser(inverse(c), sigma))

/** A schedule that starts at s may give a level below it by rounding. */
const ROUNDING = 1e-9

/** Options of {@link gsureObjective}. */
export interface GsureOptions {
  /** s of the observations, in the units of the prior. */
  readonly noise: number
  /** σ of a time in [0, 1]; times are Beta(3, 3), as in the M-step. Never below the noise of an entry. */
  readonly sigma: (t: number) => number
  /** The basis of what was observed; default that of x. */
  readonly basis?: GsureBasis
}

/** Where the entries of y are coefficients of x. */
export interface GsureBasis extends Pick<Eigenbasis, 'forward' | 'inverse'> {
  /** In how many of the observations each coefficient was seen, as a share, above 0: [...event of y]. */
  readonly shares: NdArray<'float32'>
  /** The largest standard deviation of the noise of a coefficient, in the units of the prior. */
  readonly level: number
}

/** The loss of a denoiser of x. */
const lossIn = (noise: number, basis: GsureBasis | undefined) => {
  if (!basis) return (denoiser: Denoiser, batch: GsureBatch) => gsureLoss(denoiser, batch, noise)
  const { shares } = basis
  const weight = ndarray(
    Array.from(shares.data, (share) => 1 / share),
    [1, ...shares.shape],
  )
  return (denoiser: Denoiser, batch: GsureBatch) =>
    gsureLoss(inBasis(denoiser, basis), batch, noise, constant(weight))
}

/**
 * The objective of a masked observation set, in the units of the prior. Needs masks that show every entry
 * sometimes.
 *
 * @param net - over x
 * @param set - y [N, ...event], and its mask, of the same shape or with one channel: arrays, or rows that are
 * read when they are needed
 * @param streamOf - the random stream of a purpose
 * @throws TweedieError `input` when the schedule starts below the noise of the observations
 *
 * @example
 * ```ts
 * const { sigma } = exponentialSchedule({ sigmaMin: set.noise, sigmaMax: 20 })
 * const streamOf = (purpose: string) => stream(0, purpose)
 * const objective = gsureObjective(net, { y, mask: m }, { noise: set.noise, sigma }, streamOf)
 * ```
 */
export const gsureObjective = (
  net: Network,
  set: MaskedArrays | ObservedItems,
  { noise, sigma, basis }: GsureOptions,
  streamOf: (purpose: string) => Stream,
): Objective<GsureBatch & Seeded> => {
  const { level = noise } = basis ?? {}
  if (!(sigma(0) >= level * (1 - ROUNDING))) {
    throw new TweedieError(
      'input',
      `gsure: noise levels must not lie below that of the observations, ${level}, got ${sigma(0)}`,
    )
  }
  const lossOf = lossIn(noise, basis)
  const { count, event, rowsAt, release } = observedItems(set)
  const [white, times, probes, masks] = ['noise', 'times', 'probe', 'dropout'].map(streamOf)
  return {
    count,
    release,
    batch: async ({ rows, at }) => {
      const where = { ...at, observation: rows.map((_, i) => i) }
      const t = betaBatch(times, 3, 3, where, [])
      return {
        ...(await rowsAt(rows)),
        z: normalBatch(white, where, event),
        probe: normalBatch(probes, where, event),
        sigma: ndarray(Array.from(t.data, sigma)),
        seeds: dropoutSeeds(net, rows.length, masks, at),
      }
    },
    loss: ({ params }, { seeds, ...batch }) => {
      const training = seededDropout(seeds, net.dropout)
      return { terms: { loss: lossOf(preconditioned(net, params, { training }), batch) } }
    },
  }
}

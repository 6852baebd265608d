/**
 * AmbientDiffusion (Daras et al., "Ambient Diffusion: Learning Clean Distributions from Corrupted Data",
 * NeurIPS 2023): a prior from masked data y = A x by deleting still more. With Ã = B ∘ A, B ~ Bernoulli(1 −
 * δ), and xt = x + σ z, the network h sees Ã xt and Ã, and is judged on all that A shows:
 *
 *   L = E λ ‖A ∘ (h(Ã xt, Ã, σ) − x)‖² / N.
 *
 * It does not know which of the entries that Ã hides will be looked at, so its minimiser is E[x | Ã xt, Ã] in
 * every entry. Noise on y counts as part of x: the method knows of none.
 */
import type { Denoiser } from '../diffusion/index.ts'
import { type Network, seededDropout, type Training } from '../nn/index.ts'
import { bernoulliBatch, betaBatch, normalBatch, type Stream } from '../random/index.ts'
import {
  add,
  alignTo,
  broadcastTo,
  concat,
  log,
  mean,
  mul,
  type NdArray,
  ndarray,
  reciprocal,
  rsqrt,
  slice,
  square,
  sub,
  type Tensor,
  type Tree,
} from '../tensor/index.ts'
import { dropoutSeeds, type Seeded } from './dropout-seeds.ts'
import { type MaskedArrays, type MaskedItems, maskedItems } from './masked-items.ts'
import type { Objective } from './objective.ts'

/** (Ã xt, Ã, σ) ↦ E[x | Ã xt, Ã]: [B, C, H, W], a mask that broadcasts to it, [B]. */
export type MaskedDenoiser = (seen: Tensor, mask: Tensor, sigma: Tensor) => Tensor

/** a where m is 1, b where it is 0. */
const choose = (m: Tensor, a: Tensor, b: Tensor | number): Tensor => add(mul(m, a), mul(sub(1, m), b))

/**
 * The masked denoiser of a network with twice the channels of the image: the mask is fed beside it, the
 * second half of the output is not used. EDM's preconditioning (σ_data = 1) where Ã shows; where it hides, xt
 * says nothing about the entry itself and the network answers directly.
 *
 * @param net - over [B, 2C, H, W]
 *
 * @example
 * ```ts
 * const h = maskedDenoiser(net, frozen(params))
 * const restored = jit((y: Tensor, m: Tensor, sigma: Tensor) => h(y, m, sigma)) // y is Ã xt
 * ```
 */
export const maskedDenoiser =
  <T extends Tree<Tensor>>(
    net: Pick<Network<Tree<NdArray>, T>, 'apply'>,
    params: T,
    training?: Training,
  ): MaskedDenoiser =>
  (seen, mask, sigma) => {
    const m = broadcastTo(mask, seen.shape)
    const s = alignTo(sigma, seen)
    const q = rsqrt(add(square(s), 1)) // c_in; c_skip = q², c_out = σ q
    const out = net.apply(params, concat([mul(seen, q), m], 1), log(sigma), training)
    const f = slice(
      out,
      seen.shape.map(() => 0),
      seen.shape,
    )
    return add(mul(seen, square(q)), mul(f, choose(m, mul(s, q), 1)))
  }

/** One batch of the loss. */
export interface AmbientBatch {
  /** As observed: [B, C, H, W] in the units of the prior. */
  readonly y: Tensor
  /** A: 1 where y was observed; broadcasts to y. */
  readonly mask: Tensor
  /** B: 0 where still more is deleted; of the shape of the mask. */
  readonly kept: Tensor
  /** Standard normal, like y. */
  readonly z: Tensor
  /** [B]. */
  readonly sigma: Tensor
}

/**
 * L with λ = 1 + 1/σ² where Ã shows and 1 where it hides, the weights under which the network itself is
 * trained with unit weight. The minimiser does not depend on them; EDM's λ on hidden entries would spend the
 * training on their irreducible error at low σ.
 *
 * @param h - the denoiser to judge
 * @returns a scalar, the mean over all entries
 *
 * @example
 * ```ts
 * const loss = (batch: AmbientBatch) => ambientLoss(maskedDenoiser(net, frozen(params)), batch)
 * ```
 */
export const ambientLoss = (h: MaskedDenoiser, { y, mask, kept, z, sigma }: AmbientBatch): Tensor => {
  const seen = mul(mask, kept)
  const s = alignTo(sigma, y)
  const xhat = h(mul(seen, add(y, mul(s, z))), seen, sigma)
  const weight = choose(seen, add(reciprocal(square(s)), 1), 1)
  return mean(mul(weight, square(mul(mask, sub(xhat, y)))))
}

/** Default of δ, the published one. */
export const AMBIENT_DELTA = 0.1

/** Options of {@link ambientObjective}. */
export interface AmbientOptions {
  /** δ: share of the observed entries that are deleted further, in (0, 1); default 0.1. */
  readonly delta?: number
  /** σ of a time in [0, 1]; times are Beta(3, 3), as in the M-step. */
  readonly sigma: (t: number) => number
}

/**
 * The objective of a masked observation set.
 *
 * @param net - over [B, 2C, H, W]
 * @param set - y [N, C, H, W] in the units of the prior, and its mask, of the same shape or with one channel
 * (what is deleted further is drawn in the shape of the mask): arrays, or rows that are read when they are
 * needed
 * @param streamOf - the random stream of a purpose
 *
 * @example
 * ```ts
 * const streamOf = (purpose: string) => stream(0, purpose)
 * const objective = ambientObjective(net, { y, mask: m }, { sigma: schedule.sigma }, streamOf)
 * ```
 */
export const ambientObjective = (
  net: Network,
  set: MaskedArrays | MaskedItems,
  { delta = AMBIENT_DELTA, sigma }: AmbientOptions,
  streamOf: (purpose: string) => Stream,
): Objective<AmbientBatch & Seeded> => {
  const { count, event, maskShape, rowsAt, release } = maskedItems(set)
  const purposes = ['noise', 'times', 'further deletion', 'dropout'].map(streamOf)
  const [noise, times, further, masks] = purposes
  return {
    count,
    release,
    batch: async ({ rows, at }) => {
      const where = { ...at, observation: rows.map((_, i) => i) }
      const t = betaBatch(times, 3, 3, where, [])
      return {
        ...(await rowsAt(rows)),
        kept: bernoulliBatch(further, 1 - delta, where, maskShape),
        z: normalBatch(noise, where, event),
        sigma: ndarray(Array.from(t.data, sigma)),
        seeds: dropoutSeeds(net, rows.length, masks, at),
      }
    },
    loss: ({ params }, { seeds, ...batch }) => {
      const h = maskedDenoiser(net, params, seededDropout(seeds, net.dropout))
      return { terms: { loss: ambientLoss(h, batch) } }
    },
  }
}

/**
 * The denoiser of the fixed-mask sampler: one mask of the density seen in training, (1 − p)(1 − δ), is kept
 * from the first step to the last, and D(xt) = h(Ã xt, Ã).
 *
 * @example
 * ```ts
 * const draw = sampler(({ mask }: { mask: Tensor }) => fixedMask(h, mask), { step: heun(), steps: 18 })
 * ```
 */
export const fixedMask =
  (h: MaskedDenoiser, mask: Tensor): Denoiser =>
  (xt, sigma) =>
    h(mul(xt, mask), mask, sigma)

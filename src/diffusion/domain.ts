/** Denoisers of signals that have a domain. */
import { type Domain, insideOf, onDomain } from '../operators/index.ts'
import { add, alignTo, constant, div, greater, square, where } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/**
 * The denoiser of x whose entries outside a domain are one known number: it is shown that number there,
 * whatever the noise, and gives it back. Inside it is E[x | xt inside], and V[x | xt] is 0 outside.
 *
 * @param domain - in the units of the prior
 *
 * @example
 * ```ts
 * const { valid = full([28, 28], 1), range } = readObservations('sea.npz')
 * const prior = inDomain(preconditioned(net, frozen(params)), domainOf(valid, range, toPrior(range)))
 * ```
 */
export const inDomain =
  (denoiser: Denoiser, domain: Domain): Denoiser =>
  (xt, sigma, move) =>
    onDomain(denoiser(onDomain(xt, domain), sigma, move), domain)

/**
 * The denoiser of the same x inside, with independent standard normals outside, where it is xt/(σ² + 1). For
 * flows, which know densities: a known number has none.
 */
export const normalOutside =
  (denoiser: Denoiser, { inside }: Domain): Denoiser =>
  (xt, sigma, move) => {
    const there = greater(constant(insideOf(inside, xt.shape.slice(1))), 0)
    return where(there, denoiser(xt, sigma, move), div(xt, add(square(alignTo(sigma, xt)), 1)))
  }

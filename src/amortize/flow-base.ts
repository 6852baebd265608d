/**
 * What flows of networks begin with: the posterior of the prior's Gaussian fit, where y is x with entries
 * deleted and noise on the others, and the flow is told which; for other observations the fit itself.
 */
import type { Gaussian } from '../diffusion/index.ts'
import { type FlowConfig, type FlowParams, flowOf, type GaussianBase } from '../flows/index.ts'
import { asLowRank, meanVariance } from '../linalg/index.ts'
import type { Observations } from '../observations/index.ts'
import { familyOf, toPrior } from '../operators/index.ts'
import { type NdArray, ndarray, toNumbers, zeros } from '../tensor/index.ts'
import type { ConditionLayout } from './condition.ts'

/** How y shows x, where it does so on its own entries, but for those that the condition says were deleted. */
const observedOn = (set: Observations, layout: ConditionLayout): GaussianBase['observed'] => {
  const { operator, std, noise, range } = set
  const known = layout.crossing === 'operator' && !layout.nothing
  const entries = familyOf(operator.name).deletes || operator.name === 'identity'
  if (!(known && entries && (!std || layout.noise) && noise > 0)) return undefined
  const { scale } = toPrior(range)
  const told = layout.noise && { from: scale * layout.noise.from, to: scale * layout.noise.to }
  return { noise: told ?? scale * noise, masked: Object.keys(layout.beside).length > 0 }
}

/**
 * s² and U [n, r] of a fit s² I + U Uᵀ, one column of zeros where there is no U, and the mean of variances
 * that differ; undefined for others.
 */
const partsOf = ({ mean, covariance }: Gaussian): { variance: number; factor: NdArray } | undefined => {
  const simple = asLowRank(covariance)
  if (simple?.kind === 'isotropic') return { variance: simple.variance, factor: zeros([mean.size, 1]) }
  return simple && { variance: meanVariance(simple), factor: simple.factor }
}

/**
 * A flow of networks with the base that its prior and its observations allow. Those that keep x in a range
 * stay as they are: their couplings do not make x itself, of which the fit is.
 *
 * @param set - the observations, in the units of the data, whose `range` is the prior's
 *
 * @example
 * ```ts
 * const known = loadPrior('runs/demo')
 * const layout = conditionLayout(set, true)
 * const flow = withBase(defaultFlow(known, layout), known.gaussian, set, layout)
 * ```
 */
export const withBase = (
  flow: FlowConfig,
  gaussian: Gaussian,
  set: Observations,
  layout: ConditionLayout,
): FlowConfig => {
  const parts = partsOf(gaussian)
  if (flow.kind !== 'network' || flow.range || !parts) return flow
  const observed = observedOn(set, layout)
  return {
    ...flow,
    base: { variance: parts.variance, rank: parts.factor.shape[1], ...(observed ? { observed } : {}) },
  }
}

const float32 = (array: NdArray, shape = array.shape): NdArray => ndarray(toNumbers(array), shape)

/** A flow before its first step: fresh weights, and the fit that its base takes. */
export const freshFlow = (flow: FlowConfig, gaussian: Gaussian, seed: number): FlowParams<NdArray> => {
  const fresh = flowOf(flow).init(seed)
  const parts = partsOf(gaussian)
  if (!(flow.kind === 'network' && flow.base && parts)) return fresh
  const fit = { mean: float32(gaussian.mean, [gaussian.mean.size]), factor: float32(parts.factor) }
  return { weights: fresh.weights, statistics: [fit] }
}

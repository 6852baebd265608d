/**
 * What flows of networks begin with: the posterior of the prior's Gaussian fit, where y is x with entries deleted
 * and noise on the others, and the flow is told which; else white noise.
 */
import type { Gaussian } from '../diffusion/index.ts'
import { type FlowConfig, type FlowParams, flowOf, type GaussianBase } from '../flows/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import { familyOf, toPrior } from '../operators/index.ts'
import { type NdArray, ndarray, toNumbers, zeros } from '../tensor/index.ts'
import type { ConditionLayout } from './condition.ts'

/** Whether y is x on its own entries, but for those that the condition says were deleted. */
const onEntries = ({ operator, std, noise }: ObservationSet, layout: ConditionLayout): boolean => {
  const known = layout.crossing === 'operator' && !layout.nothing
  const entries = familyOf(operator.name).deletes || operator.name === 'identity'
  return known && entries && !std && noise > 0
}

/** s² and U [n, r] of a fit s² I + U Uᵀ, one column of zeros where there is no U; undefined for others. */
const partsOf = ({ mean, covariance }: Gaussian): { variance: number; factor: NdArray } | undefined => {
  if (covariance.kind === 'isotropic') return { variance: covariance.variance, factor: zeros([mean.size, 1]) }
  if (covariance.kind !== 'lowRank' || typeof covariance.variance !== 'number') return undefined
  return { variance: covariance.variance, factor: covariance.factor }
}

/**
 * A flow with the base that its prior and its observations allow. Flows of other kinds stay as they are, and so
 * do those that keep x in a range: there the fit is none of what the couplings make.
 *
 * @param set - the observations, in the units of the data, whose `range` is the prior's
 *
 * @example
 * ```ts
 * const flow = withBase(defaultFlow(learned, layout), learned.gaussian, set, layout)
 * ```
 */
export const withBase = (
  flow: FlowConfig,
  gaussian: Gaussian,
  set: ObservationSet,
  layout: ConditionLayout,
): FlowConfig => {
  const parts = partsOf(gaussian)
  if (flow.kind !== 'network' || flow.range || !parts || !onEntries(set, layout)) return flow
  const base: GaussianBase = {
    variance: parts.variance,
    rank: parts.factor.shape[1],
    observed: {
      noise: toPrior(set.range).scale * set.noise,
      masked: Object.keys(layout.beside).length > 0,
    },
  }
  return { ...flow, base }
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

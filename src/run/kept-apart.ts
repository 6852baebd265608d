/** Entries of x that are outside the domain of a prior, as samplers have them. */
import type { SamplerConfig } from '../amortize/index.ts'
import { leavesOutside, type Outside } from '../flows/index.ts'
import { insideOf } from '../operators/index.ts'
import type { LearnedPrior } from './prior.ts'

/** Which entries those are; none where a prior has no domain, or all are inside. */
export const outsideOf = ({ domain, event }: LearnedPrior): Outside | undefined => {
  if (!domain) return undefined
  const inside = Array.from(insideOf(domain.inside, event).data)
  const outside = inside.flatMap((v, i) => (v === 0 ? [i] : []))
  return outside.length > 0 ? outside : undefined
}

/** What draws, with the entries outside left alone where it can do that; other flows learn to draw them. */
export const keptApart = (config: SamplerConfig, outside: Outside | undefined): SamplerConfig =>
  outside && config.kind !== 'denoiser' && leavesOutside(config) ? { ...config, outside } : config

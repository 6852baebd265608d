/** The observations of each cell: all, those of a kind of mask, those of a third of the noise. */
import { noiseLevels, type ObservationSet } from '../../observations/index.ts'
import { maskKinds, type NoiseRange } from '../../operators/index.ts'
import type { Which } from './trust-schema.ts'

/** By kind of mask, where the set says it. */
const byMask = ({ operator: { parameters } }: ObservationSet): Which[] => {
  if (!Object.hasOwn(parameters, 'kind')) return []
  const { data } = parameters.kind
  return maskKinds.map((masks, k) => ({
    masks,
    at: Array.from(data.keys()).filter((i) => data[i] === k),
  }))
}

/** By thirds of the range of the noise that the sampler is told. */
const byNoise = (set: ObservationSet, told: NoiseRange | undefined): Which[] => {
  const levels = noiseLevels(set)?.data
  if (!told || !levels) return []
  const { from, to } = told
  const at = (third: number): number => from * (to / from) ** (third / 3)
  const third = (s: number): number =>
    Math.min(2, Math.max(0, Math.floor(3 * (Math.log(s / from) / Math.log(to / from)))))
  return [0, 1, 2].map((k) => ({
    noise: { from: at(k), to: at(k + 1) },
    at: Array.from(levels.keys()).filter((i) => third(levels[i]) === k),
  }))
}

/** All observations first; kinds and thirds without any are left out. @param told - the sampler's noise */
export const whichOf = (set: ObservationSet, told: NoiseRange | undefined): Which[] => {
  const whole: Which = { at: Array.from({ length: set.y.shape[0] }, (_, i) => i) }
  return [whole, ...byMask(set), ...byNoise(set, told)].filter(({ at }) => at.length > 0)
}

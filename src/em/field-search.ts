/** The field in what factors leave that predicts held entries best: one parameter after the other. */
import type { ObservationSet } from '../observations/index.ts'
import { average, sizeOf } from '../tensor/index.ts'
import { type Places, placesOf } from './places.ts'
import { type FactorGaussian, predictiveLogDensities } from './predictive-density.ts'
import {
  correlationOf,
  type PartialCholesky,
  partialCholesky,
  type ResidualKernel,
  withField,
} from './residual-kernel.ts'
import type { SeenEntries } from './seen-entries.ts'

/** A field, its parts, and the nats of an entry that it gains. */
export interface FieldSearch {
  readonly field: ResidualKernel
  readonly parts: PartialCholesky
  readonly gain: number
}

/** Columns that a field may have, beside a diagonal. */
const COLUMNS = 128

/** Signals of more entries go without. */
const LARGEST = 4200

/** Products of one evaluation, and observations that it predicts at least. */
const [PRODUCTS, LEAST] = [1.5e8, 12] as const

/** Values of each parameter, in the order of the search. Ranges are in distances of neighbours. */
const VALUES = {
  range: [1, 2, 4, 8, 16, 32],
  share: [0.3, 0.5, 0.7, 0.95],
  scale: [0.7, 0.85, 1.2, 1.5, 2],
  channels: [0, 0.3, 0.8, 0.95],
} as const

/** The distance of neighbours: the median over some points of that to the nearest other one. */
const spacingOf = ({ points }: Places): number => {
  const nearest: number[] = []
  const step = Math.max(1, Math.floor(points.length / 16))
  for (let i = 0; i < points.length; i += step) {
    let least = Infinity
    for (const [j, b] of points.entries()) {
      if (j === i) continue
      const d = Math.hypot(...b.map((v, axis) => v - points[i][axis]))
      if (d > 0) least = Math.min(least, d)
    }
    nearest.push(least)
  }
  return nearest.sort((a, b) => a - b)[Math.floor(nearest.length / 2)]
}

/** The parts of a field beside a Gaussian of a set. */
export const fieldParts = (
  set: Pick<ObservationSet, 'operator' | 'view'>,
  { kernel, range, channels }: Pick<ResidualKernel, 'kernel' | 'range' | 'channels'>,
): PartialCholesky =>
  partialCholesky(
    sizeOf(set.operator.event),
    correlationOf(placesOf(set), { kernel, range, channels }),
    COLUMNS,
  )

/**
 * A search for the field beside a Gaussian, from another field or from the beginning. Undefined for vectors,
 * whose entries have no places, and for signals that are too large.
 */
export const searchedField = (
  set: Pick<ObservationSet, 'operator' | 'view'>,
  all: SeenEntries,
  given: SeenEntries,
): ((gaussian: FactorGaussian, from?: ResidualKernel) => FieldSearch) | undefined => {
  const { event } = set.operator
  if (event.length < 2 || event.length > 3 || all.size > LARGEST || event.at(-1) === 1) return undefined
  const places = placesOf(set)
  const spacing = spacingOf(places)
  const known = new Map<string, PartialCholesky>()
  const partsOf = (field: ResidualKernel): PartialCholesky => {
    const key = `${field.kernel} ${field.range} ${field.channels}`
    const parts = known.get(key) ?? fieldParts(set, field)
    known.set(key, parts)
    return parts
  }
  return (gaussian, from) => {
    const width = gaussian.factor.length / all.size + Math.min(COLUMNS, all.size)
    const entries = given.seen.reduce((sum, s) => sum + s, 0) / given.count
    const most = Math.ceil(PRODUCTS / ((entries * width ** 2) / 2 + width ** 3))
    const count = Math.min(all.count, Math.max(LEAST, most))
    const mean = (of: FactorGaussian): number => average(predictiveLogDensities(of, all, given, count))
    const plain = mean(gaussian)
    const scored = (field: ResidualKernel): FieldSearch => {
      const parts = partsOf(field)
      return { field, parts, gain: mean(withField(gaussian, parts, field)) - plain }
    }
    const start: ResidualKernel = {
      kernel: 'exponential',
      range: 4 * spacing,
      share: 0.85,
      scale: 1,
      channels: places.channels > 1 ? 0.6 : 0,
    }
    let best = scored(from ?? start)
    const attempt = (change: Partial<ResidualKernel>): void => {
      const next = scored({ ...best.field, ...change })
      if (next.gain > best.gain) best = next
    }
    const channels = places.channels > 1 ? VALUES.channels : []
    if (!from) {
      for (const steps of VALUES.range) attempt({ range: steps * spacing })
      for (const value of channels) attempt({ channels: value })
    }
    for (const share of VALUES.share) attempt({ share })
    for (const scale of VALUES.scale) attempt({ scale })
    attempt({ kernel: best.field.kernel === 'exponential' ? 'matern32' : 'exponential' })
    for (const factor of [0.7, 1.4]) attempt({ range: best.field.range * factor })
    for (const factor of [0.85, 1.2]) attempt({ scale: best.field.scale * factor })
    return best
  }
}

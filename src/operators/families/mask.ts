import { TweedieError } from '../../error.ts'
import { bernoulli, stream, uniformBatch } from '../../random/index.ts'
import { NdArray, reshaped, type Shape, sizeOf } from '../../tensor/index.ts'
import { exactMasks } from '../drawn/mask-patterns.ts'
import { deletion, fraction, keepMax, keptBetween, maskShape, shares } from './deletion.ts'
import { observations } from './family.ts'

/** Each entry with probability p_i, p_i uniform between two fractions. */
const betweenMasks = (
  [low, high]: readonly [number, number],
  shape: Shape,
  seed: number,
  first = 0,
): NdArray<'float32'> => {
  const [count, ...event] = shape
  const at = { observation: observations(count, first) }
  const share = shares(count, seed, first)
  const size = sizeOf(event)
  const u = uniformBatch(stream(seed, 'observe mask between'), at, event)
  const data = u.data.map((v, i) => (v < low + (high - low) * share[Math.floor(i / size)] ? 1 : 0))
  return new NdArray('float32', shape, data)
}

export const maskFamily = deletion({
  name: 'mask',
  summary: 'pixels deleted at random, the same in all channels',
  settings: {
    keep: { ...fraction, default: 0.25, description: 'fraction of the pixels that is kept' },
    keepMax,
    exact: {
      kind: 'flag',
      default: false,
      description: 'keep exactly that many pixels of each observation',
    },
  },
  masks: ({ keep, keepMax: most, exact }, { count, event, seed, first = 0 }) => {
    const shape = maskShape([count, ...event])
    const ends = keptBetween('mask', { keep, keepMax: most })
    if (most > 0 && exact) throw new TweedieError('input', "operator 'mask': 'keepMax' goes without 'exact'")
    if (most > 0) return betweenMasks(ends, shape, seed, first)
    const entries = sizeOf(shape.slice(1))
    if (!exact) return bernoulli(stream(seed, 'observe mask'), keep, shape, { element: first * entries })
    const kept = entries - Math.floor((1 - keep) * entries + 1e-9)
    return reshaped(exactMasks(count, { entries, kept, seed, first }), shape)
  },
})

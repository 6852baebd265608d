import { TweedieError } from '../../error.ts'
import { NdArray, type Shape, sizeOf } from '../../tensor/index.ts'
import { exactMasks } from '../drawn/mask-patterns.ts'
import { deletion, fraction, keepMax, keptBetween, maskShape, shares } from './deletion.ts'

/** Indices of the points that there are, of `length`: not those of padding or land. */
const pointsOf = (valid: NdArray<'float32'> | undefined, length: number): number[] => {
  const all = Array.from({ length }, (_, v) => v)
  if (!valid) return all
  if (valid.size !== length)
    throw new TweedieError(
      'input',
      `operator 'vertices': the data have ${length} points, the mask of valid ones is of ${valid.size}`,
    )
  return all.filter((v) => valid.data[v] === 1)
}

const isCurve = (event: Shape): boolean => event.length >= 2

export const verticesFamily = deletion({
  name: 'vertices',
  summary:
    'points of a mesh or curve deleted at random with all their coordinates: x is [..., coordinates, points]',
  settings: {
    keep: { ...fraction, default: 0.7, description: 'fraction of the points that is kept, exactly' },
    keepMax,
  },
  masks: ({ keep, keepMax: most }, { count, event, seed, valid, first }) => {
    if (!isCurve(event))
      throw new TweedieError('input', `vertices: needs data [..., coordinates, points], they are [${event}]`)
    const length = event[event.length - 1]
    const points = pointsOf(valid, length)
    const entries = points.length
    const [low, high] = keptBetween('vertices', { keep, keepMax: most })
    const kept = Array.from(shares(count, seed, first), (u) =>
      Math.max(1, Math.round((low + (high - low) * u) * entries)),
    )
    const chosen = exactMasks(count, { entries, kept, seed, first }).data
    const shape = maskShape([count, ...event])
    const lists = sizeOf(shape.slice(1, -1))
    const data = new Float32Array(sizeOf(shape))
    for (let list = 0; list < count * lists; list++) {
      const from = Math.floor(list / lists) * entries
      points.forEach((v, k) => {
        data[list * length + v] = chosen[from + k]
      })
    }
    return new NdArray('float32', shape, data)
  },
})

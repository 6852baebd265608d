/** Deleted entries: random pixels, boxes, vertices. */
import { firstPoints, seaValid } from '../../datasets/index.ts'
import { TweedieError } from '../../error.ts'
import { maskShape } from '../../observations/index.ts'
import { stream, uniformBatch } from '../../random/index.ts'
import { NdArray, reshaped, type Shape, sizeOf } from '../../tensor/index.ts'
import { imageShape } from '../image.ts'
import { mask } from '../mask.ts'
import { boxMasks, exactMasks } from '../mask-patterns.ts'
import { type Definition, defineFamily, needed, observations } from './family.ts'
import type { familySpecs } from './specs.ts'

/** A family that deletes entries. */
const masking = <N extends 'mask' | 'box' | 'vertices'>(
  name: N,
  { draw }: Pick<Definition<(typeof familySpecs)[N]['settings']>, 'draw'>,
) =>
  defineFamily(name, {
    masks: true,
    draw,
    make: (_, parameters, { event }) => mask(needed(name, parameters, 'mask'), event),
    observed: (parameters) => needed(name, parameters, 'mask'),
  })

/** Where a fraction is drawn for each observation: from `keep` to `keepMax`, which is 0 for `keep` itself. */
const between = (
  name: string,
  { keep, keepMax }: { readonly keep: number; readonly keepMax: number },
): readonly [number, number] => {
  if (keepMax > 0 && keepMax < keep)
    throw new TweedieError(
      'input',
      `operator '${name}': 'keepMax' must be at least 'keep' (${keep}), got ${keepMax}`,
    )
  return [keep, keepMax > 0 ? keepMax : keep]
}

/** u_i in (0, 1), uniform, by which the fraction of observation i is chosen. */
const shares = (count: number, seed: number): Float32Array =>
  uniformBatch(stream(seed, 'observe share'), { observation: observations(count) }, [1]).data

/** Each entry with probability p_i, p_i uniform between two fractions. */
const betweenMasks = (
  [low, high]: readonly [number, number],
  shape: Shape,
  seed: number,
): NdArray<'float32'> => {
  const [count, ...event] = shape
  const at = { observation: observations(count) }
  const share = shares(count, seed)
  const size = sizeOf(event)
  const u = uniformBatch(stream(seed, 'observe mask between'), at, event)
  const data = u.data.map((v, i) => (v < low + (high - low) * share[Math.floor(i / size)] ? 1 : 0))
  return new NdArray('float32', shape, data)
}

export const maskFamily = masking('mask', {
  draw: ({ keep, keepMax, exact }, { count, event, seed }) => {
    const shape = maskShape([count, ...event])
    const entries = sizeOf(shape.slice(1))
    const ends = between('mask', { keep, keepMax })
    if (keepMax > 0 && exact)
      throw new TweedieError('input', "operator 'mask': 'keepMax' goes without 'exact'")
    if (exact) {
      const kept = entries - Math.floor((1 - keep) * entries + 1e-9)
      return { mask: reshaped(exactMasks(count, { entries, kept, seed }), shape) }
    }
    return { mask: betweenMasks(ends, shape, seed) }
  },
})

export const boxFamily = masking('box', {
  draw: ({ size, margin }, { count, event, seed }) => {
    const [, height, width] = imageShape(event, 'box')
    return { mask: boxMasks(count, { height, width, size, margin, seed }) }
  },
})

/** Indices of the vertices that there are, of `length`: not those of padding or land. */
const placesOf = ({ points, sea }: { readonly points: number; readonly sea: boolean }, length: number) => {
  const there = sea ? seaValid() : firstPoints(points > 0 ? points : length, length)
  if (sea && (points > 0 || there.size !== length))
    throw new TweedieError(
      'input',
      `operator 'vertices': 'sea' goes without 'points' and is of ${there.size} vertices, the data have ${length}`,
    )
  if (points > length)
    throw new TweedieError(
      'input',
      `operator 'vertices': 'points' must be at most the ${length} vertices of the data, got ${points}`,
    )
  return Array.from(there.data.keys()).filter((v) => there.data[v] === 1)
}

export const verticesFamily = masking('vertices', {
  draw: ({ keep, keepMax, points, sea }, { count, event, seed }) => {
    if (event.length < 2)
      throw new TweedieError('input', `vertices: needs data [..., coordinates, points], they are [${event}]`)
    const length = event[event.length - 1]
    const places = placesOf({ points, sea }, length)
    const entries = places.length
    const [low, high] = between('vertices', { keep, keepMax })
    const kept = Array.from(shares(count, seed), (u) =>
      Math.max(1, Math.round((low + (high - low) * u) * entries)),
    )
    const chosen = exactMasks(count, { entries, kept, seed }).data
    const shape = maskShape([count, ...event])
    const lists = sizeOf(shape.slice(1, -1))
    const data = new Float32Array(sizeOf(shape))
    for (let list = 0; list < count * lists; list++) {
      const from = Math.floor(list / lists) * entries
      places.forEach((v, k) => {
        data[list * length + v] = chosen[from + k]
      })
    }
    return { mask: new NdArray('float32', shape, data) }
  },
})

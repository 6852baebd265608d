/** Deleted entries: random pixels, boxes, vertices. */

import { maskShape } from '../../data/index.ts'
import { TweedieError } from '../../error.ts'
import { stream, uniformBatch } from '../../random/index.ts'
import { NdArray, reshaped, type Shape, sizeOf } from '../../tensor/index.ts'
import { imageShape } from '../image.ts'
import { mask } from '../mask.ts'
import { boxMasks, exactMasks } from '../mask-patterns.ts'
import { type Definition, defineFamily, needed, observations } from './family.ts'
import type { SettingSpecs } from './settings.ts'

const masking = <S extends SettingSpecs>(
  name: string,
  { summary, settings, draw }: Pick<Definition<S>, 'summary' | 'settings' | 'draw'>,
) =>
  defineFamily(name, {
    summary,
    settings,
    draw,
    linear: true,
    masks: true,
    make: (_, parameters, { event }) => mask(needed(name, parameters, 'mask'), event),
    observed: (parameters) => needed(name, parameters, 'mask'),
  })

const fraction = { kind: 'number', above: 0, max: 1 } as const

/** Each entry with probability p_i, p_i uniform between two fractions. */
const betweenMasks = (
  [low, high]: readonly [number, number],
  shape: Shape,
  seed: number,
): NdArray<'float32'> => {
  const [count, ...event] = shape
  const at = { observation: observations(count) }
  const share = uniformBatch(stream(seed, 'observe share'), at, [1]).data
  const size = sizeOf(event)
  const u = uniformBatch(stream(seed, 'observe mask between'), at, event)
  const data = u.data.map((v, i) => (v < low + (high - low) * share[Math.floor(i / size)] ? 1 : 0))
  return new NdArray('float32', shape, data)
}

export const maskFamily = masking('mask', {
  summary: 'pixels deleted at random, the same in all channels',
  settings: {
    keep: { ...fraction, default: 0.25, description: 'fraction of the pixels that is kept' },
    keepMax: {
      kind: 'number',
      min: 0,
      max: 1,
      default: 0,
      description: 'largest fraction, when it is drawn for each observation, from keep on (0: always keep)',
    },
    exact: { kind: 'flag', default: false, description: 'keep exactly that many pixels of each observation' },
  },
  draw: ({ keep, keepMax, exact }, { count, event, seed }) => {
    const shape = maskShape([count, ...event])
    const entries = sizeOf(shape.slice(1))
    if (keepMax > 0 && (exact || keepMax < keep))
      throw new TweedieError(
        'input',
        `operator 'mask': 'keepMax' must be at least 'keep' (${keep}) and goes without 'exact', got ${keepMax}`,
      )
    if (exact) {
      const kept = entries - Math.floor((1 - keep) * entries + 1e-9)
      return { mask: reshaped(exactMasks(count, { entries, kept, seed }), shape) }
    }
    return { mask: betweenMasks([keep, keepMax > 0 ? keepMax : keep], shape, seed) }
  },
})

export const boxFamily = masking('box', {
  summary: 'a square hole at a random place',
  settings: {
    size: { kind: 'integer', default: 16, min: 1, description: 'side of the hole, in pixels' },
    margin: { kind: 'integer', default: 0, min: 0, description: 'least distance from the edges, in pixels' },
  },
  draw: ({ size, margin }, { count, event, seed }) => {
    const [, height, width] = imageShape(event, 'box')
    return { mask: boxMasks(count, { height, width, size, margin, seed }) }
  },
})

export const verticesFamily = masking('vertices', {
  summary:
    'points of a mesh or curve deleted at random, with all their coordinates: x is [coordinates, points]',
  settings: {
    keep: { ...fraction, default: 0.7, description: 'fraction of the points that is kept, exactly' },
  },
  draw: ({ keep }, { count, event, seed }) => {
    const [, points] = event
    if (event.length !== 2)
      throw new TweedieError('input', `vertices: needs data [coordinates, points], they are [${event}]`)
    const kept = Math.max(1, Math.round(keep * points))
    return { mask: exactMasks(count, { entries: points, kept, seed }) }
  },
})

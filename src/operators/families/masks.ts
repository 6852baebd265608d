/** Deleted entries: random pixels, boxes, vertices. */
import { maskShape } from '../../data/index.ts'
import { TweedieError } from '../../error.ts'
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
  draw: ({ size, margin }, { count, event, seed }) => {
    const [, height, width] = imageShape(event, 'box')
    return { mask: boxMasks(count, { height, width, size, margin, seed }) }
  },
})

export const verticesFamily = masking('vertices', {
  draw: ({ keep }, { count, event, seed }) => {
    if (event.length < 2)
      throw new TweedieError('input', `vertices: needs data [..., coordinates, points], they are [${event}]`)
    const points = event[event.length - 1]
    const kept = Math.max(1, Math.round(keep * points))
    const chosen = exactMasks(count, { entries: points, kept, seed }).data
    const shape = maskShape([count, ...event])
    const each = sizeOf(shape.slice(1))
    const data = Float32Array.from(
      { length: count * each },
      (_, i) => chosen[Math.floor(i / each) * points + (i % points)],
    )
    return { mask: new NdArray('float32', shape, data) }
  },
})

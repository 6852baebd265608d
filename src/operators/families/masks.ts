import { TweedieError } from '../../error.ts'
import { nearestName } from '../../nearest.ts'
import { integersBatch, stream } from '../../random/index.ts'
import { NdArray, type Shape, sizeOf } from '../../tensor/index.ts'
import { type MaskKind, maskKindOf, maskKinds, maskKindsOf, maskOfKind } from '../drawn/kinds-of-masks.ts'
import { deletion, fraction, keepMax, keptBetween, maskShape, shares } from './deletion.ts'
import { type DrawRequest, observations } from './family.ts'

/** Axes of the space of an event: 2 of images, 1 of points and of vectors. */
const spaceOf = (event: Shape): Shape => {
  const space = event.length > 1 ? event.slice(1) : event
  if (space.length <= 2) return space
  throw new TweedieError('input', `operator 'masks': needs images or points, the data are [${event}]`)
}

/** The kinds that a setting names, or all that fit. @throws TweedieError `input` for those that do not */
const kindsFor = (names: string, event: Shape): readonly MaskKind[] => {
  const axes = spaceOf(event).length
  const known = maskKindsOf(axes)
  const wanted = names.split(/[\s,]+/).filter((name) => name !== '')
  if (wanted.length === 0) return event.length > 1 ? known : ['random']
  return wanted.map((name) => {
    const kind = maskKindOf(name, axes)
    if (kind) return kind
    const where = maskKinds.includes(name)
      ? `'${name}' are no masks of data [${event}]`
      : `unknown kind of mask '${name}', did you mean '${nearestName(name, known)}'?`
    throw new TweedieError('input', `operator 'masks': ${where} (there are: ${known.join(', ')})`)
  })
}

/** Indices of the entries of the space where there are any. */
const insideOf = ({ event, valid }: DrawRequest): number[] => {
  const size = sizeOf(spaceOf(event))
  const all = Array.from({ length: size }, (_, i) => i)
  if (!valid) return all
  if (valid.size !== size)
    throw new TweedieError(
      'input',
      `operator 'masks': the data have ${size} entries, the mask of valid ones is of ${valid.size}`,
    )
  return all.filter((i) => valid.data[i] === 1)
}

export const masksFamily = deletion({
  name: 'masks',
  summary: 'masks of many kinds: random, boxes, strokes, lines; of points random, patches, both',
  settings: {
    kinds: {
      kind: 'text',
      default: '',
      description:
        'kinds, as in "random, box": of images random, box, strokes, lines, of points random, patches, ' +
        'both (default: all)',
    },
    keep: { ...fraction, default: 0.1, description: 'least fraction that is kept' },
    keepMax: { ...keepMax, default: 0.9 },
  },
  masks: ({ kinds: names, keep, keepMax: most }, request) => {
    const { count, event, seed, first = 0 } = request
    const kinds = kindsFor(names, event)
    const [low, high] = keptBetween('masks', { keep, keepMax: most })
    const [space, inside] = [spaceOf(event), insideOf(request)]
    const at = { observation: observations(count, first) }
    const which = integersBatch(stream(seed, 'observe kind'), 0, kinds.length, at, [1]).data
    const places = kinds.some((kind) => kind === 'patches' || kind === 'both')
      ? request.places?.()
      : undefined
    const shape = maskShape([count, ...event])
    const size = sizeOf(space)
    const data = new Float32Array(sizeOf(shape))
    shares(count, seed, first).forEach((u, i) => {
      const kept = Math.max(1, Math.round((low + (high - low) * u) * inside.length))
      const observation = first + i
      data.set(maskOfKind(kinds[which[i]], { space, inside, kept, places, seed, observation }), i * size)
    })
    const labels = Float32Array.from(which, (k) => maskKinds.indexOf(kinds[k]))
    return { mask: new NdArray('float32', shape, data), kind: new NdArray('float32', [count, 1], labels) }
  },
  labels: { kind: { about: `its kind, by number: ${maskKinds.join(', ')} from 0 on`, label: true } },
})

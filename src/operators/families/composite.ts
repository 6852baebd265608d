/** Families made of others: compositions, stacks, multiples. Parameters of part i are named `i.NAME`. */
import { TweedieError } from '../../error.ts'
import { integers, stream } from '../../random/index.ts'
import {
  broadcastTo,
  concat,
  constant,
  full,
  type NdArray,
  reshape,
  rows,
  type Shape,
  sizeOf,
  type Tensor,
} from '../../tensor/index.ts'
import { compose, scaled, stacked } from '../combine.ts'
import type { Operator } from '../operator.ts'
import { type DrawRequest, defineFamily, type MakeRequest, type Parameters, type Part } from './family.ts'

/** The parameters of part i under their own names. */
const partOf = <L>(parameters: Parameters<L>, i: number): Parameters<L> => {
  const prefix = `${i}.`
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )
}

const prefixed = <L>(parameters: Parameters<L>, i: number): Record<string, L> =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`${i}.${name}`, value]))

/**
 * Parts draw from seeds of their own, at any depth, lest two masks be the same; the first from the seed of
 * the whole.
 */
const seedOf = (seed: number, i: number): number => {
  if (i === 0) return seed
  const [high, low] = integers(stream(seed, `part ${i}`), 0, 2 ** 26, [2]).data
  return high * 2 ** 26 + low
}

/** Shape of what a part makes, from the parameters of one observation. */
const shapeAfter = (part: Part, drawn: Parameters<NdArray<'float32'>>, event: Shape): Shape => {
  const first = Object.entries(drawn).map(([name, array]) => [name, constant(rows(array, 0, 1))] as const)
  return part.make(Object.fromEntries(first), event).outShape
}

/** The operators of a composition, first to last: each sees what the one before it makes. */
const chained = (parameters: Parameters<Tensor>, { event, parts }: MakeRequest): Operator[] => {
  let shape = event
  return parts.map((part, i) => {
    const A = part.make(partOf(parameters, i), shape)
    shape = A.outShape
    return A
  })
}

export const composeFamily = defineFamily({
  name: 'compose',
  summary: 'several operators, one after the other: the first in the list sees x',
  linear: true,
  settings: {},
  parts: { least: 1 },
  draw: (_, { parts, ...request }) => {
    let event = request.event
    const drawn = parts.map((part, i) => {
      const own = part.draw({
        ...request,
        event,
        seed: seedOf(request.seed, i),
        ...(i > 0 ? { valid: undefined } : {}),
      })
      event = shapeAfter(part, own, event)
      return prefixed(own, i)
    })
    return Object.assign({}, ...drawn)
  },
  make: (_, parameters, request) =>
    chained(parameters, request).reduce((first, second) => compose(second, first)),
  eventOf: (_, { y, parts }) =>
    parts.reduceRight<Shape | undefined>((shape, part) => shape && part.eventOf(shape), y),
  observed: (parameters, request) => {
    const last = request.parts.length - 1
    const before = chained(parameters, { ...request, parts: request.parts.slice(0, last) }).at(-1)
    return request.parts[last].observed(partOf(parameters, last), before?.outShape ?? request.event)
  },
})

const eachDraw = ({ parts, ...request }: DrawRequest & { readonly parts: readonly Part[] }) =>
  Object.assign(
    {},
    ...parts.map((part, i) => prefixed(part.draw({ ...request, seed: seedOf(request.seed, i) }), i)),
  )

export const stackFamily = defineFamily({
  name: 'stack',
  summary: 'what several operators make of one x, each flattened, one after the other',
  linear: true,
  settings: {},
  parts: { least: 1 },
  eventOf: () => undefined,
  draw: (_, request) => eachDraw(request),
  make: (_, parameters, { event, parts }) =>
    stacked(parts.map((part, i) => part.make(partOf(parameters, i), event))),
  observed: (parameters, { event, parts }) => {
    const each = parts.map((part, i) => part.observed(partOf(parameters, i), event))
    const [known] = each.flatMap((mask) => (mask ? [mask] : []))
    if (!known) return undefined
    const batch = Math.max(1, ...each.map((mask) => mask?.shape[0] ?? 1))
    const flat = parts.map((part, i) => {
      const { outShape } = part.make(partOf(parameters, i), event)
      const mask = each[i] ?? constant(full([], 1, known.dtype))
      return reshape(broadcastTo(mask, [batch, ...outShape]), [batch, sizeOf(outShape)])
    })
    return concat(flat, 1)
  },
})

export const scaleFamily = defineFamily({
  name: 'scale',
  summary: 'an operator times a number',
  linear: true,
  settings: { factor: { kind: 'number', default: 1, description: 'the number, not 0' } },
  parts: { least: 1, most: 1 },
  eventOf: (_, { y, parts }) => parts[0].eventOf(y),
  draw: (_, request) => eachDraw(request),
  make: ({ factor }, parameters, { event, parts }) => {
    if (factor === 0) throw new TweedieError('input', "operator 'scale': 'factor' must not be 0")
    return scaled(parts[0].make(partOf(parameters, 0), event), factor)
  },
  observed: (parameters, { event, parts }) => parts[0].observed(partOf(parameters, 0), event),
})

/**
 * What the Gaussian start keeps of its work as it goes, so that an interruption loses little: its parts are
 * made one after the other, each from those before it alone, and a part that was kept is not made again.
 */
import type { Gaussian } from '../diffusion/index.ts'
import { NdArray } from '../tensor/index.ts'
import { memorySamples, type SampleStore, type ShardLayout } from '../training/index.ts'
import type { FactorFit, FitPoint } from './factor-em.ts'

/** Numbers by name. */
export type Numbers = Readonly<Record<string, NdArray>>

/** How far EM by draws is: the Gaussian of iteration `iteration`, and the shards drawn under it. */
export interface StartIteration {
  readonly gaussian: Gaussian
  readonly iteration: number
  readonly done: number
}

/** Where the parts are kept. */
export interface StartMemory {
  /** The part of a name, as it was kept last. */
  find(name: string): Numbers | undefined
  keep(name: string, part: Numbers): void
  findIteration(): StartIteration | undefined
  keepIteration(point: StartIteration): void
  /** Samples of an iteration, of which the first `written` shards are there. */
  samples(layout: ShardLayout, written: number): SampleStore
  /** Is it time to keep what is not done yet? */
  due(): boolean
}

/** Keeps nothing. */
export const noMemory: StartMemory = {
  find: () => undefined,
  keep: () => {},
  findIteration: () => undefined,
  keepIteration: () => {},
  samples: (layout) => memorySamples(layout),
  due: () => false,
}

/** Float64 numbers as an array. */
export const numbersPart = (values: ArrayLike<number>): NdArray<'float64'> =>
  new NdArray('float64', [values.length], values instanceof Float64Array ? values : Float64Array.from(values))

/** The numbers of a part; none where it has no such ones. */
export const partNumbers = (part: Numbers, name: string): Float64Array => {
  const { data } = part[name] ?? numbersPart([])
  return data instanceof Float64Array ? data : Float64Array.from(data, Number)
}

const packedFit = ({ size, rank, rows, spread, variance }: FactorFit): Numbers => ({
  shape: numbersPart([size, rank]),
  rows: numbersPart(rows),
  spread: numbersPart(spread),
  variance: numbersPart(variance),
})

const unpackedFit = (part: Numbers): FactorFit => {
  const [size = 0, rank = 0] = partNumbers(part, 'shape')
  const of = (name: string) => partNumbers(part, name)
  return { size, rank, rows: of('rows'), spread: of('spread'), variance: of('variance') }
}

/** A fit under way. */
export const packedPoint = ({ fit, pass, before }: FitPoint): Numbers => ({
  ...packedFit(fit),
  at: numbersPart([pass, before]),
})

/** A fit that is over, and other numbers that belong to it. */
export const packedDone = (fit: FactorFit, more: Numbers = {}): Numbers => ({ ...packedFit(fit), ...more })

/** A fit as it was kept: over, or under way. */
export const unpackedPoint = (part: Numbers): { readonly fit: FactorFit; readonly point?: FitPoint } => {
  const fit = unpackedFit(part)
  if (!part.at) return { fit }
  const [pass = 0, before = Infinity] = partNumbers(part, 'at')
  return { fit, point: { fit, pass, before } }
}

/** What a region says: one number of it for each draw, and the distribution of these. */
import type { Draws, Look } from './draws.ts'
import { type Pieces, whole } from './pieces.ts'
import { type Figures, figuresOf } from './summary.ts'

/** A number of the values in a region. A new one is a line of {@link functionals}. */
interface Functional {
  readonly name: string
  readonly of: (values: Float32Array, threshold: number) => number
}

const sum = (values: Float32Array): number => {
  let total = 0
  for (const value of values) total += value
  return total
}

/** Index of the largest; the first of equal ones. */
const argmax = (values: Float32Array): number => {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i
  return best
}

const above = (values: Float32Array, threshold: number): number => {
  let count = 0
  for (const value of values) if (value > threshold) count++
  return count
}

const functionals: readonly Functional[] = [
  { name: 'mean', of: (values) => sum(values) / values.length },
  { name: 'sum', of: sum },
  { name: 'maximum', of: (values) => values[argmax(values)] },
  { name: 'places above the threshold', of: above },
]

/** The distribution over draws of one number. */
interface Distribution extends Figures {
  readonly name: string
  /** Of each draw, [K], in their order. */
  readonly values: Float64Array
  /** Of the truth. */
  readonly truth?: number
}

/** Where the largest value of a region is. */
interface Peak {
  /** Place of the maximum of each draw, [K]. */
  readonly places: Int32Array
  /** The most frequent place, and the share of the draws that have it there. */
  readonly place: number
  readonly share: number
  readonly truth?: number
}

/** A coordinate of places, counted from one. */
interface Coordinate {
  readonly name: string
  readonly of: (place: number) => number
}

/** By what the position of a maximum is given; nothing for the vertices of a mesh, which lie in no order. */
const coordinatesOf = (look: Look): readonly Coordinate[] => {
  switch (look.kind) {
    case 'image':
      return [
        { name: 'row of the maximum', of: (place) => Math.floor(place / look.width) + 1 },
        { name: 'column of the maximum', of: (place) => (place % look.width) + 1 },
      ]
    case 'series':
      return [{ name: 'entry of the maximum', of: (place) => place + 1 }]
    case 'sphere':
      return [{ name: 'latitude of the maximum', of: (place) => look.latitude[place] }]
    default:
      return []
  }
}

/** What a region says. */
export interface Regional {
  readonly places: number
  readonly distributions: readonly Distribution[]
  readonly peak: Peak
}

/** Places whose mark is not 0. */
export const placesIn = (region: Uint8Array): Int32Array => {
  let count = 0
  for (const mark of region) if (mark !== 0) count++
  const places = new Int32Array(count)
  for (let place = 0, at = 0; at < count; place++) if (region[place] !== 0) places[at++] = place
  return places
}

const mostFrequent = (places: Int32Array): { readonly place: number; readonly share: number } => {
  const counts = new Map<number, number>()
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1)
  const [place, count] = [...counts].reduce((best, own) => (own[1] > best[1] ? own : best))
  return { place, share: count / places.length }
}

/** The numbers of the values of one signal in a region. */
interface Numbers {
  /** Of each functional. */
  readonly of: readonly number[]
  /** Place of the maximum. */
  readonly peak: number
}

/**
 * The distributions over draws of the functionals of a region, and of the position of its maximum; draw by
 * draw.
 *
 * @param draws - of one channel
 * @param region - [P], with at least one mark
 */
export const regionalPieces = (draws: Draws, region: Uint8Array, threshold: number): Pieces<Regional> => {
  const inside = placesIn(region)
  const { values, count, size, truth, look } = draws
  const taken = new Float32Array(inside.length)
  const numbersOf = (signal: Float32Array, first: number): Numbers => {
    for (let i = 0; i < inside.length; i++) taken[i] = signal[first + inside[i]]
    return { of: functionals.map(({ of }) => of(taken, threshold)), peak: inside[argmax(taken)] }
  }
  const each: Numbers[] = []
  const distribution = (
    name: string,
    of: (one: Numbers) => number,
    real: Numbers | undefined,
  ): Distribution => {
    const own = Float64Array.from(each, of)
    return { name, values: own, ...figuresOf(own.slice()), ...(real ? { truth: of(real) } : {}) }
  }
  return {
    total: count,
    size: 1,
    work: (from, to) => {
      for (let k = from; k < to; k++) each[k] = numbersOf(values, k * size)
    },
    result: () => {
      const real = truth && numbersOf(truth, 0)
      const peaks = Int32Array.from(each, ({ peak }) => peak)
      return {
        places: inside.length,
        distributions: [
          ...functionals.map(({ name }, j) => distribution(name, ({ of }) => of[j], real)),
          ...coordinatesOf(look).map(({ name, of }) => distribution(name, ({ peak }) => of(peak), real)),
        ],
        peak: { places: peaks, ...mostFrequent(peaks), ...(real ? { truth: real.peak } : {}) },
      }
    },
  }
}

/** As {@link regionalPieces}, at once. */
export const regional = (draws: Draws, region: Uint8Array, threshold: number): Regional =>
  whole(regionalPieces(draws, region, threshold))

/** What a region says: one number of it for each draw, and the distribution of these. */
import type { Draws, Look } from './draws.ts'
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
export const placesIn = (region: Uint8Array): Int32Array =>
  Int32Array.from([...region.keys()].filter((place) => region[place] !== 0))

const mostFrequent = (places: Int32Array): { readonly place: number; readonly share: number } => {
  const counts = new Map<number, number>()
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1)
  const [place, count] = [...counts].reduce((best, own) => (own[1] > best[1] ? own : best))
  return { place, share: count / places.length }
}

/**
 * The distributions over draws of the functionals of a region, and of the position of its maximum.
 *
 * @param draws - of one channel
 * @param region - [P], with at least one mark
 */
export const regional = (draws: Draws, region: Uint8Array, threshold: number): Regional => {
  const inside = placesIn(region)
  const { values, count, size, truth } = draws
  const taken = (signal: Float32Array, first: number) =>
    Float32Array.from(inside, (place) => signal[first + place])
  const each = Array.from({ length: count }, (_, k) => taken(values, k * size))
  const real = truth && taken(truth, 0)
  const peaks = Int32Array.from(each, (own) => inside[argmax(own)])
  const peak = real && inside[argmax(real)]
  const distribution = (name: string, own: Float64Array, known: number | undefined): Distribution => ({
    name,
    values: own,
    ...figuresOf(own.slice()),
    ...(known === undefined ? {} : { truth: known }),
  })
  return {
    places: inside.length,
    distributions: [
      ...functionals.map(({ name, of }) =>
        distribution(
          name,
          Float64Array.from(each, (one) => of(one, threshold)),
          real && of(real, threshold),
        ),
      ),
      ...coordinatesOf(draws.look).map(({ name, of }) =>
        distribution(name, Float64Array.from(peaks, of), peak === undefined ? undefined : of(peak)),
      ),
    ],
    peak: { places: peaks, ...mostFrequent(peaks), ...(peak === undefined ? {} : { truth: peak }) },
  }
}

/** A data set of the bench: what a user has who knows nothing but incomplete observations. */
import { TweedieError } from '../../src/error.ts'
import { type ObservationSet, observationRows } from '../../src/observations/index.ts'
import { permutation, stream } from '../../src/random/index.ts'
import { NdArray, sizeOf } from '../../src/tensor/index.ts'

/** Observations, and the truth of those that are judged. */
export interface Cut {
  /** All observations; those that are judged come last. */
  readonly set: ObservationSet
  /** The first so many are learned from: all, or all but those that are judged. */
  readonly learned: number
  /** [J, ...event] in the units of the data: of the last J observations. */
  readonly truth: NdArray<'float32'>
  /**
   * What each judged observation is part of, such as its photograph: parts count as independent,
   * observations of one part do not.
   */
  readonly parts: readonly string[]
}

/** One data set, as the bench knows it. */
export interface OwnSet {
  readonly name: string
  /** What it is, how it is hidden, and where it comes from. */
  readonly summary: string
  /** What its error is printed in: dB (peak signal to noise ratio) or its unit. */
  readonly unit: string
  /** Fetches and cuts; the same numbers on every machine. */
  readonly cut: () => Promise<Cut>
}

/** The observations to learn from, and those that are judged. */
export const partsOf = ({ set, learned, truth }: Cut) => {
  const count = set.y.shape[0]
  return {
    toLearn: observationRows(set, 0, learned),
    judged: observationRows(set, count - truth.shape[0], count),
  }
}

/** One item of a data set before anything is hidden. */
export interface Item {
  /** As many numbers as the event has. */
  readonly values: ArrayLike<number>
  readonly part: string
}

/** Items as an array [N, ...event]. */
export const stacked = (items: readonly Item[], event: readonly number[]): NdArray<'float32'> => {
  const size = sizeOf(event)
  const data = new Float32Array(items.length * size)
  for (const [i, { values }] of items.entries()) {
    if (values.length !== size)
      throw new TweedieError('shape', `an item of ${values.length} values is none of [${event}]`)
    data.set(values, i * size)
  }
  return new NdArray('float32', [items.length, ...event], data)
}

/** Items in a fixed random order. */
export const shuffled = <T>(items: readonly T[], name: string): T[] =>
  Array.from(permutation(stream(0, `own data ${name}`), items.length).data, (i) => items[Number(i)])

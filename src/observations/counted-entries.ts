/** Which entries of x figures count. */
import { NdArray, sizeOf } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'
import { keptEntries } from './observed.ts'

/** The entries on which restorations are judged. */
export interface CountedEntries {
  /** [N, ...event]: 1 where an entry counts, 0 elsewhere and outside the domain. */
  readonly entries: NdArray<'float32'>
  /** Whether these are the entries that masks hide; else all of the domain count. */
  readonly hidden: boolean
}

/**
 * The entries of x on which restorations are judged: of those that masks show the answer is known up to the
 * noise, so the hidden ones count where there are any; what is outside the domain never does.
 *
 * @example
 * ```ts
 * const { entries, hidden } = countedEntries(readObservations('observations.npz'))
 * ```
 */
export const countedEntries = (set: Pick<ObservationSet, 'y' | 'operator' | 'valid'>): CountedEntries => {
  const { y, operator, valid } = set
  const shape = [y.shape[0], ...operator.event]
  const kept = keptEntries(set)
  const inDomain = (i: number): number => valid?.data[i % valid.size] ?? 1
  const hides = Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    kept?.data[i] === 0 ? inDomain(i) : 0,
  )
  const hidden = hides.includes(1)
  return { entries: new NdArray('float32', shape, hidden ? hides : hides.map((_, i) => inDomain(i))), hidden }
}

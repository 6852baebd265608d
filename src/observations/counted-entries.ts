/** Which entries of x figures count. */
import { NdArray, sizeOf } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'
import { countOf, type Observations, readRows } from './observation-source.ts'
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
 * @param hidden - whether masks hide entries of the set that these observations are of; default: of these
 *
 * @example
 * ```ts
 * const { entries, hidden } = countedEntries(readObservations('observations.npz'))
 * ```
 */
export const countedEntries = (
  set: Pick<ObservationSet, 'y' | 'operator' | 'valid'>,
  hidden?: boolean,
): CountedEntries => {
  const { y, operator, valid } = set
  const shape = [y.shape[0], ...operator.event]
  const kept = keptEntries(set)
  const inDomain = (i: number): number => valid?.data[i % valid.size] ?? 1
  const hides = Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    kept?.data[i] === 0 ? inDomain(i) : 0,
  )
  const isHidden = hidden ?? hides.includes(1)
  const counted = isHidden ? hides : hides.map((_, i) => inDomain(i))
  return { entries: new NdArray('float32', shape, counted), hidden: isHidden }
}

/** Entries that are looked at in one go. */
const PIECE = 2 ** 20

/** Whether masks hide entries of the domain anywhere: rows are read until one does. */
export const hidesEntries = (observations: Observations): boolean => {
  const count = countOf(observations)
  const each = Math.max(1, Math.floor(PIECE / sizeOf(observations.operator.event)))
  for (let from = 0; from < count; from += each) {
    const rows = readRows(observations, from, Math.min(count, from + each))
    if (!keptEntries(rows)) return false
    if (countedEntries(rows).hidden) return true
  }
  return false
}

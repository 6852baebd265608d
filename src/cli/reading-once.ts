/** Sets of observations that several parts of one command ask for. */
import { resolve } from 'node:path'
import { type ObservationSet, readObservations } from '../observations/index.ts'

/** The set of a file. @throws TweedieError as `readObservations` */
export type ReadSet = (path: string) => ObservationSet

/** Reads each file when it is first asked for, and never again. */
export const readingOnce = (): ReadSet => {
  const known = new Map<string, ObservationSet>()
  return (path) => {
    const set = known.get(resolve(path)) ?? readObservations(path)
    known.set(resolve(path), set)
    return set
  }
}

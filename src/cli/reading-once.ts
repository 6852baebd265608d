/** Sets of observations that several parts of one command ask for. */
import { resolve } from 'node:path'
import { type Observations, openObservations } from '../observations/index.ts'

/** The observations of a file, whose rows stay there. @throws TweedieError as `openObservations` */
export type ReadSet = (path: string) => Observations

/** Opens each file when it is first asked for, and never again. */
export const readingOnce = (): ReadSet => {
  const known = new Map<string, Observations>()
  return (path) => {
    const set = known.get(resolve(path)) ?? openObservations(path)
    known.set(resolve(path), set)
    return set
  }
}

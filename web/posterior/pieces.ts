/** Something large that is made piece by piece, so that a page keeps its time in between. */
import { inSlices } from './slices.ts'

export interface Pieces<T> {
  /** How many things there are to go through. */
  readonly total: number
  /** How many of them make up a millisecond or a few. */
  readonly size: number
  /** Goes through things `from … to − 1`; each once. */
  readonly work: (from: number, to: number) => void
  /** What came of it, when all is done. */
  readonly result: () => T
}

/** All of it at once. */
export const whole = <T>({ total, work, result }: Pieces<T>): T => {
  work(0, total)
  return result()
}

/** In slices; undefined when it was called off. */
export const sliced = async <T>(
  { total, size, work, result }: Pieces<T>,
  signal: AbortSignal,
): Promise<T | undefined> => ((await inSlices(total, size, work, signal)) ? result() : undefined)

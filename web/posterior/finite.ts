/** Draws that are there: a sampler may diverge in a few, which files have as NaN. */

/** Draws of which every value is finite. */
export interface FiniteDraws {
  /** [K, D]; the array that was given, where nothing is lost. */
  readonly values: Float32Array
  readonly count: number
  /** The other draws, counted from 0. */
  readonly lost: readonly number[]
}

const isFiniteDraw = (values: Float32Array, size: number, k: number): boolean => {
  for (let i = k * size; i < (k + 1) * size; i++) if (!Number.isFinite(values[i])) return false
  return true
}

/** Whether any draw is finite. @param values - [K, D] */
export const anyFinite = (values: Float32Array, size: number): boolean => {
  for (let k = 0; k < values.length / size; k++) if (isFiniteDraw(values, size, k)) return true
  return false
}

/** @param values - [K, D] */
export const finiteDraws = (values: Float32Array, size: number): FiniteDraws => {
  const all = values.length / size
  const kept: number[] = []
  const lost: number[] = []
  for (let k = 0; k < all; k++) (isFiniteDraw(values, size, k) ? kept : lost).push(k)
  if (lost.length === 0) return { values, count: all, lost }
  const own = new Float32Array(kept.length * size)
  kept.forEach((k, i) => {
    own.set(values.subarray(k * size, (k + 1) * size), i * size)
  })
  return { values: own, count: kept.length, lost }
}

/** Numbers that a line has room for. */
const NAMED = 10

/** What is said of lost draws, of so many in all. */
export const lostWords = (lost: readonly number[], all: number): string => {
  const more = lost.length - NAMED
  const named = lost.slice(0, NAMED).map((k) => k + 1)
  const numbers = `number${lost.length === 1 ? '' : 's'} ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return (
    `${lost.length} of ${all} draws ${lost.length === 1 ? 'is' : 'are'} not finite and left out ` +
    `(${numbers} in the file). The sampler diverged there.`
  )
}

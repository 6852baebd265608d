/** Intervals that `tweedie calibrate` has stretched so that they hold what they say. */
import type { Draws } from './draws.ts'
import { quantileOf } from './summary.ts'

/** The repaired intervals of one level. */
export interface RepairedLevel {
  /** In (0, 1). */
  readonly level: number
  /** [D] each. */
  readonly low: Float32Array
  readonly high: Float32Array
}

/** Repaired intervals of a signal. */
export interface Repaired {
  readonly levels: readonly RepairedLevel[]
  /** What was done: `90 % × 1.12`. */
  readonly words: string
}

/** The level that the views show: the one nearest to 90 %. */
export const shownLevel = ({ levels }: Repaired): RepairedLevel =>
  levels.reduce((best, own) => (Math.abs(own.level - 0.9) < Math.abs(best.level - 0.9) ? own : best))

/** `90 %`. */
export const percent = (share: number): string => `${Math.round(100 * share)} %`

/**
 * The central intervals of draws, stretched about their median by a factor γ of each entry:
 * median − γ (median − low) to median + γ (high − median), as `stretchedInterval` of the library has it.
 *
 * @param factors - of the entries, in turn; infinite where there is no guarantee
 */
export const stretched = (
  { values, count, size }: Pick<Draws, 'values' | 'count' | 'size'>,
  level: number,
  factors: ArrayLike<number>,
): RepairedLevel => {
  const [low, high] = [new Float32Array(size), new Float32Array(size)]
  const own = new Float64Array(count)
  for (let i = 0; i < size; i++) {
    const factor = factors[i % factors.length]
    for (let k = 0; k < count; k++) own[k] = values[k * size + i]
    own.sort()
    const [from, middle, to] = [0.5 - level / 2, 0.5, 0.5 + level / 2].map((p) => quantileOf(own, p))
    const bounded = factor < Number.POSITIVE_INFINITY
    low[i] = bounded ? middle - factor * (middle - from) : Number.NEGATIVE_INFINITY
    high[i] = bounded ? middle + factor * (to - middle) : Number.POSITIVE_INFINITY
  }
  return { level, low, high }
}

/** Whether values are in the units that a range says: networks, noise and results go by it. */
import type { DataRange } from '../../operators/index.ts'
import type { NdArray } from '../../tensor/index.ts'

/** What the values say of the range. */
export interface UnitsFinding {
  /** Where nearly all values lie: the 0.1 % and 99.9 % quantiles. */
  readonly values: DataRange
  /** A range that fits them. */
  readonly suggested: DataRange
  /** Values lie outside the range by more than half of it, or they fill less than a tenth of it. */
  readonly verdict: 'fits' | 'outside' | 'narrow'
}

/** Values to sort, at most: evenly spaced ones of larger arrays. */
const MOST = 1_000_000

/** Outwards to two significant digits of the width; float32 values are a little off. */
const rounded = ([low, high]: DataRange): DataRange => {
  const unit = 10 ** Math.floor(Math.log10(Math.max(high - low, 1e-12) / 10))
  const tidy = (v: number): number => Number((v * unit).toPrecision(12))
  return [tidy(Math.floor(low / unit + 1e-4)), tidy(Math.ceil(high / unit - 1e-4))]
}

/**
 * Looks at values beside the range that they are said to have. Noise may leave it, and so may a few values.
 *
 * @param seen - in the shape of `x`: 1 where a value counts; default all of them
 * @returns undefined when nothing is seen
 *
 * @example
 * ```ts
 * unitsOf(ndarray([12, 250, 97]), [0, 1])?.suggested // [10, 260]
 * ```
 */
export const unitsOf = (x: NdArray, [low, high]: DataRange, seen?: NdArray): UnitsFinding | undefined => {
  const stride = Math.ceil(x.data.length / MOST)
  const kept: number[] = []
  for (let i = 0; i < x.data.length; i += stride)
    if (!seen || Number(seen.data[i]) !== 0) kept.push(Number(x.data[i]))
  if (kept.length === 0) return undefined
  const sorted = Float64Array.from(kept).sort()
  const at = (p: number): number => sorted[Math.round(p * (sorted.length - 1))]
  const values: DataRange = [at(0.001), at(0.999)]
  const margin = (high - low) / 2
  const outside = values[0] < low - margin || values[1] > high + margin
  const width = values[1] - values[0]
  const narrow = width > 0 && width < (high - low) / 10
  return { values, suggested: rounded(values), verdict: outside ? 'outside' : narrow ? 'narrow' : 'fits' }
}

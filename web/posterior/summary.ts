/** Mean, spread and quantiles at every place, some places at a time: large draws leave the page its time. */
import { sampleQuantile } from '../../src/diagnose/calibration/quantiles.ts'
import type { Draws } from './draws.ts'

/** At every place, [P] each. */
export interface Summary {
  readonly mean: Float32Array
  /** Standard deviation, by K − 1; 0 of a single draw. */
  readonly deviation: Float32Array
  /** Ends of the central 90 % interval, and the median. */
  readonly low: Float32Array
  readonly median: Float32Array
  readonly high: Float32Array
}

/**
 * Quantile p of K ascending draws at position p (K + 1) − 1: an interval between two of these holds a further
 * draw with exactly the probability that it says, once there are enough draws (19 for 90 %); with fewer its
 * ends are the lowest and the highest draw. As `centralInterval` of the library has it.
 */
export const quantileOf = (ascending: ArrayLike<number>, p: number): number => {
  const last = ascending.length - 1
  if (last === 0) return ascending[0]
  return sampleQuantile(ascending, Math.min(last, Math.max(0, p * (last + 2) - 1)) / last)
}

/** Mean, deviation, quantiles of numbers, which are sorted in place. */
export interface Figures {
  readonly mean: number
  readonly deviation: number
  readonly low: number
  readonly median: number
  readonly high: number
}

export const figuresOf = (values: Float32Array | Float64Array): Figures => {
  const count = values.length
  let sum = 0
  for (const value of values) sum += value
  const mean = sum / count
  let squares = 0
  for (const value of values) squares += (value - mean) ** 2
  values.sort()
  return {
    mean,
    deviation: Math.sqrt(squares / Math.max(1, count - 1)),
    low: quantileOf(values, 0.05),
    median: quantileOf(values, 0.5),
    high: quantileOf(values, 0.95),
  }
}

/** A summary that is still to be filled. */
export const emptySummary = (places: number): Summary => ({
  mean: new Float32Array(places),
  deviation: new Float32Array(places),
  low: new Float32Array(places),
  median: new Float32Array(places),
  high: new Float32Array(places),
})

/** Fills the summary at places `from … to − 1`. @param draws - of one channel, [K, P] */
export const summarise = (
  { values, count, size }: Draws,
  summary: Summary,
  from: number,
  to: number,
): void => {
  const wide = to - from
  const columns = new Float32Array(wide * count)
  for (let k = 0; k < count; k++)
    for (let i = 0, at = k * size + from; i < wide; i++, at++) columns[i * count + k] = values[at]
  for (let i = 0; i < wide; i++) {
    const { mean, deviation, low, median, high } = figuresOf(columns.subarray(i * count, (i + 1) * count))
    summary.mean[from + i] = mean
    summary.deviation[from + i] = deviation
    summary.low[from + i] = low
    summary.median[from + i] = median
    summary.high[from + i] = high
  }
}

/** The draws at one place, [K], in their order. */
export const drawsAt = ({ values, count, size }: Draws, place: number): Float32Array =>
  Float32Array.from({ length: count }, (_, k) => values[k * size + place])

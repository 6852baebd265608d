/** Noise of observations: one standard deviation for all entries of each, or for none. */
import { TweedieError } from '../error.ts'
import type { NoiseRange } from '../operators/index.ts'
import { stream, uniformBatch } from '../random/index.ts'
import { NdArray, sizeOf } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'
import { countOf, type Observations, readRows } from './observation-source.ts'

/**
 * Standard deviations s_i, log-uniform between two, of observations `first …`: s_i depends on the seed and on
 * i only.
 *
 * @throws TweedieError `input` for ends that are not positive or do not rise
 */
export const drawnLevels = (
  { from, to }: NoiseRange,
  { count, seed, first = 0 }: { readonly count: number; readonly seed: number; readonly first?: number },
): Float32Array => {
  if (!(from > 0 && from < to && Number.isFinite(to)))
    throw new TweedieError('input', `observe: noise must rise from above 0, got ${from} to ${to}`)
  const observation = Array.from({ length: count }, (_, i) => first + i)
  const u = uniformBatch(stream(seed, 'observe noise level'), { observation }, [1]).data
  return u.map((v) => from * (to / from) ** v)
}

/**
 * The standard deviation of each observation [N], in units of y; undefined where it differs between the
 * entries of one.
 *
 * @example
 * ```ts
 * const levels = noiseLevels(readObservations('observations.npz'))
 * ```
 */
export const noiseLevels = ({ y, noise, std }: ObservationSet): NdArray<'float32'> | undefined => {
  const count = y.shape[0]
  if (!std) return new NdArray('float32', [count], new Float32Array(count).fill(noise))
  const size = sizeOf(std.shape.slice(1))
  const levels = Float32Array.from({ length: count }, (_, i) => std.data[(i * size) % std.size])
  const alike = std.data.every((s, k) => s === levels[Math.floor(k / size)])
  return alike ? new NdArray('float32', [count], levels) : undefined
}

/** Observations that are looked at at once. */
const PIECE = 256

/**
 * Between which standard deviations the noise of observations lies, where each has its own for all of its
 * entries; undefined where all have the same, or entries differ.
 */
export const noiseRangeOf = (observations: Observations): NoiseRange | undefined => {
  const count = countOf(observations)
  if (observations.std?.shape[0] !== count || count === 1) return undefined
  let [from, to] = [Number.POSITIVE_INFINITY, 0]
  for (let start = 0; start < count; start += PIECE) {
    const levels = noiseLevels(readRows(observations, start, Math.min(count, start + PIECE)))
    if (!levels) return undefined
    from = levels.data.reduce((a, b) => Math.min(a, b), from)
    to = levels.data.reduce((a, b) => Math.max(a, b), to)
  }
  return from < to ? { from, to } : undefined
}

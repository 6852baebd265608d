/**
 * The noise of samplers: addressed by seed, draw, observation and step, so that no draw depends on its batch.
 */
import { TweedieError } from '../error.ts'
import { type BatchAt, normalBatch, type Stream, stream } from '../random/index.ts'
import { NdArray, ndarray, type Shape, toNumbers, walk } from '../tensor/index.ts'

/**
 * Standard normals like x, for `step` −1 (the start) and 0 … T − 1, and `index` 0 … 15 within a step.
 * Samplers with K particles ask for steps up to K(T + 1), index 0 and 1.
 */
export type SamplerNoise = (step: number, index: number) => NdArray

/** Noises of one step at most: they share a counter. */
const NOISES = 16

/** An array in another float dtype; itself when it is of that dtype already. */
export const inDtype = (array: NdArray, dtype: 'float32' | 'float64'): NdArray =>
  array.dtype === dtype ? array : ndarray(toNumbers(array), array.shape, dtype)

/**
 * The noise at an address.
 *
 * @param streams - of a purpose, `start` or `step`
 * @param at - lap, draw and observations of the batch
 * @param event - shape of one x
 * @param dtype - default float32; float64 holds the same numbers
 * @throws TweedieError (the noise) `input` for more than 16 noises in a step
 *
 * @example
 * ```ts
 * const streams = (purpose: string) => stream(0, `draw ${purpose}`)
 * const noise = addressedNoise(streams, { observation: [0, 1] }, [1, 28, 28])
 * ```
 */
export const addressedNoise = (
  streams: (purpose: 'start' | 'step') => Stream,
  at: BatchAt,
  event: Shape,
  dtype: 'float32' | 'float64' = 'float32',
): SamplerNoise => {
  const [start, more] = [streams('start'), streams('step')]
  return (step, index) => {
    if (index >= NOISES)
      throw new TweedieError('input', `a step takes ${NOISES} noises at most, this one wants more`)
    const z =
      step < 0
        ? normalBatch(start, at, event)
        : normalBatch(more, { ...at, step: step * NOISES + index }, event)
    return inDtype(z, dtype)
  }
}

/** float64 when a batch's arrays are, so that one dtype serves the whole program. */
const dtypeOf = (context: unknown, mean: NdArray | undefined): 'float32' | 'float64' => {
  let wide = mean?.dtype === 'float64'
  walk(context, (leaf) => {
    if (leaf instanceof NdArray && leaf.dtype === 'float64') wide = true
  })
  return wide ? 'float64' : 'float32'
}

/**
 * The noise of one batch: that which was given, or that of the seed, whose rows are those of `posteriorDraws`
 * for observations 0 … B − 1.
 *
 * @throws TweedieError `input` when there is neither
 */
export const noiseOf = (
  context: unknown,
  {
    shape: [batch, ...event],
    noise,
    seed,
    draw = 0,
    mean,
  }: {
    readonly shape: Shape
    readonly noise?: SamplerNoise
    readonly seed?: number
    readonly draw?: number
    readonly mean?: NdArray
  },
): SamplerNoise => {
  if (noise) return noise
  if (seed === undefined)
    throw new TweedieError('input', 'a sampler needs a seed, or the noise itself; got neither')
  const at = { draw, observation: Array.from({ length: batch }, (_, i) => i) }
  return addressedNoise((purpose) => stream(seed, `draw ${purpose}`), at, event, dtypeOf(context, mean))
}

/** Draws of one batch of observations: what samplers, exact draws and the E-step have in common. */
import { addressedNoise, type Sampler } from '../diffusion/index.ts'
import type { BatchedObservations, ObservationBatch } from '../observations/index.ts'
import { filledOutside } from '../operators/index.ts'
import type { Stream } from '../random/index.ts'
import { float32, type NdArray, reshaped, type Tensor } from '../tensor/index.ts'

/** Where the randomness of a batch of draws comes from. */
export interface DrawAddress {
  readonly stream: (purpose: string) => Stream
  readonly lap: number
  readonly draw?: number
}

/** Samples of a batch: rows `start … stop − 1` of the set. */
export interface BatchDraw {
  (start: number, stop: number, address: DrawAddress): Promise<NdArray>
  release(): Promise<void>
}

/** start … stop − 1. */
export const range = (start: number, stop: number): number[] =>
  Array.from({ length: stop - start }, (_, i) => start + i)

/** Draws of a set, with the number that x is where the set's domain ends. */
export const keptToDomain = (x: NdArray, { domain }: Pick<BatchedObservations, 'domain'>): NdArray =>
  domain ? filledOutside(float32(x), domain) : x

/** Any compiled sampler over batches of a set, as a {@link BatchDraw}. */
export const samplerDraw = (
  draw: Sampler<ObservationBatch<Tensor>>,
  set: Pick<BatchedObservations, 'event' | 'batch' | 'domain'>,
  mean: NdArray,
  signal?: AbortSignal,
): BatchDraw => {
  const start = reshaped(float32(mean), set.event)
  const run = async (from: number, to: number, { stream, lap, draw: k = 0 }: DrawAddress) =>
    keptToDomain(
      await draw(set.batch(from, to), {
        shape: [to - from, ...set.event],
        mean: start,
        noise: addressedNoise(stream, { lap, draw: k, observation: range(from, to) }, set.event),
        signal,
      }),
      set,
    )
  return Object.assign(run, { release: draw.release })
}

/** The E-step under a Gaussian prior: one exact posterior draw per observation, or its moments. */
import { ddim, type Gaussian, gaussianDenoiser, type Schedule, sampler } from '../diffusion/index.ts'
import { cg, gaussianPosteriorCovariance, gaussianPosteriorDraw, mmps } from '../posterior/index.ts'
import { normalBatch, type Stream } from '../random/index.ts'
import { jit, mul, NdArray, sizeOf, type Tensor, zeros } from '../tensor/index.ts'
import type { BatchedObservations, ObservationBatch } from './batches.ts'

/** Where the randomness of an E-step comes from. */
export interface DrawAddress {
  readonly stream: (purpose: string) => Stream
  readonly lap: number
  readonly draw?: number
}

/** How posterior samples of a Gaussian are drawn. */
export type GaussianEStep =
  /** Matheron's rule: exact up to the conjugate gradients. */
  | { readonly kind: 'exact'; readonly iterations: number; readonly tolerance: number }
  /** DiEM's way: the reverse sampler with the Gaussian's own denoiser and exact covariance (ALGORITHMS 2.5). */
  | {
      readonly kind: 'diffusion'
      readonly steps: number
      readonly iterations: number
      readonly tolerance: number
      readonly schedule: Schedule
    }

/** Samples of a batch: rows `start … stop − 1` of the set. */
export interface BatchDraw {
  (start: number, stop: number, address: DrawAddress): Promise<NdArray>
  release(): Promise<void>
}

const range = (start: number, stop: number): number[] =>
  Array.from({ length: stop - start }, (_, i) => start + i)

const exactDraw = (
  prior: Gaussian,
  set: BatchedObservations,
  { iterations, tolerance }: { iterations: number; tolerance: number },
  noise: number,
): BatchDraw => {
  const r =
    prior.covariance.kind === 'ppca' || prior.covariance.kind === 'lowRank'
      ? prior.covariance.factor.shape[1]
      : 1
  const n = sizeOf(set.event)
  const draw = jit((batch: ObservationBatch<Tensor>, white: Tensor, factor: Tensor, observation: Tensor) =>
    gaussianPosteriorDraw(prior, set.observation(batch), cg({ iterations, tolerance }), {
      white,
      factor,
      observation: mul(observation, noise),
    }),
  )
  const run = async (
    start: number,
    stop: number,
    { stream, lap, draw: k = 0 }: DrawAddress,
  ): Promise<NdArray> => {
    const batch = set.batch(start, stop)
    const at = { lap, draw: k, observation: range(start, stop) }
    return draw(
      batch,
      normalBatch(stream('white'), at, [n]),
      normalBatch(stream('factor'), at, [r]),
      normalBatch(stream('observation noise'), at, batch.y.shape.slice(1)),
    )
  }
  return Object.assign(run, { release: draw.release })
}

/** Samples rows through any compiled sampler over batches of the set, with counter-addressed noise. */
export const samplerDraw = (
  draw: ReturnType<typeof sampler<ObservationBatch<Tensor>>>,
  set: BatchedObservations,
  mean: NdArray,
  onStep?: (done: number, total: number) => void,
  signal?: AbortSignal,
): BatchDraw => {
  const run = (start: number, stop: number, { stream, lap, draw: k = 0 }: DrawAddress): Promise<NdArray> => {
    const observation = range(start, stop)
    const [first, more] = [stream('start'), stream('step')]
    return draw(set.batch(start, stop), {
      shape: [stop - start, ...set.event],
      mean: new NdArray('float32', set.event, Float32Array.from(mean.data as Float32Array)),
      noise: (step, index) =>
        step < 0
          ? normalBatch(first, { lap, draw: k, observation }, set.event)
          : normalBatch(more, { lap, draw: k, step: step * 16 + index, observation }, set.event),
      onStep,
      signal,
    })
  }
  return Object.assign(run, { release: draw.release })
}

/** Compiles the E-step of a Gaussian prior. @param noise - standard deviation, prior units */
export const gaussianDraw = (
  prior: Gaussian,
  set: BatchedObservations,
  how: GaussianEStep,
  noise: number,
): BatchDraw => {
  if (how.kind === 'exact') return exactDraw(prior, set, how, noise)
  const { steps, iterations, tolerance, schedule } = how
  const denoiser = gaussianDenoiser(prior)
  const posterior = sampler(
    (batch: ObservationBatch<Tensor>) =>
      mmps(denoiser, set.observation(batch), {
        solve: cg({ iterations, tolerance }),
        covariance: gaussianPosteriorCovariance(prior.covariance),
      }),
    { steps, schedule, method: ddim() },
  )
  return samplerDraw(posterior, set, prior.mean)
}

/** One sample for each of `count` rows, drawn in batches; a short last batch reuses earlier rows and drops them. */
export const drawAll = async (
  draw: BatchDraw,
  set: BatchedObservations,
  address: DrawAddress,
  {
    count = set.count,
    batch = 256,
    onBatch,
  }: { count?: number; batch?: number; onBatch?: (done: number) => void } = {},
): Promise<NdArray<'float32'>> => {
  const n = sizeOf(set.event)
  const out = zeros([count, ...set.event])
  const size = Math.min(batch, count)
  for (let start = 0; start < count; start += size) {
    const from = Math.min(start, count - size) // the last batch is shifted back: one compiled shape serves all
    const x = await draw(from, from + size, address)
    out.data.set(x.data as Float32Array, from * n)
    onBatch?.(Math.min(start + size, count))
  }
  return out
}

/** Measures a cell: observes the test data, draws from the posterior, and takes the figures. */
import { applyAffine, fromPrior, type ObservationSet, observationsInPriorUnits } from '../data/index.ts'
import {
  coverage,
  type FeatureNetwork,
  meanOverDraws,
  perceptualDistance,
  psnr,
  ssim,
} from '../diagnose/index.ts'
import { ddpm, type Sampler, type Schedule } from '../diffusion/index.ts'
import {
  type BatchedObservations,
  batchedObservations,
  drawSeveral,
  type Prior,
  samplerDraw,
} from '../em/index.ts'
import { methods } from '../posterior/index.ts'
import { jit, NdArray, sizeOf, sub, type Tensor } from '../tensor/index.ts'
import type { Cell } from './cell.ts'
import type { Figures } from './figures.ts'

/** What cells are measured with. */
export interface Bench {
  readonly prior: Prior
  readonly schedule: Schedule
  /** [N, C, H, W] in [0, 1]. */
  readonly truth: NdArray<'float32'>
  /** The corrupted view of it, in the units of the data. */
  readonly set: ObservationSet
  readonly features: FeatureNetwork
  /** Images in flight at once, default 32. */
  readonly batch?: number
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Figures, and the draws [K, N, C, H, W] in [0, 1] that they are of. */
export interface Measured {
  readonly figures: Figures
  readonly draws: NdArray<'float32'>
}

const MIB = 2 ** 20

/** Values beyond this, in prior units where data are within ±2, mean that the sampler has diverged. */
const BOUND = 1000

const average = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum / values.length
}

/** Draw k of [K, N, …]. */
const drawOf = (draws: NdArray<'float32'>, k: number): NdArray<'float32'> => {
  const shape = draws.shape.slice(1)
  return new NdArray('float32', shape, draws.data.subarray(k * sizeOf(shape), (k + 1) * sizeOf(shape)))
}

/** Resident memory while a sampler runs: its peak, and how much it grew after the first tenth. */
const memoryWatch = () => {
  let [peak, early] = [0, 0]
  return {
    at: (done: number, total: number) => {
      const { rss } = process.memoryUsage()
      peak = Math.max(peak, rss)
      if (early === 0 && done >= total / 10) early = rss
    },
    figures: () => ({ peakMemory: peak / MIB, growth: (process.memoryUsage().rss - early) / MIB }),
  }
}

/** A sampler that tells of every step. */
const watched = <C>(draw: Sampler<C>, onStep: (done: number, total: number) => void): Sampler<C> => {
  const run = (...[context, request]: Parameters<Sampler<C>>) => draw(context, { ...request, onStep })
  return Object.assign(run, { release: draw.release })
}

/** Share of the draws that are numbers of a sane size; the others are set to mid-grey, so that every figure exists. */
const sanitised = (draws: NdArray<'float32'>, event: number): number => {
  const { data } = draws
  let sound = 0
  for (let from = 0; from < data.length; from += event) {
    const draw = data.subarray(from, from + event)
    if (draw.every((v) => Math.abs(v) < BOUND)) sound++
    else draw.fill(0)
  }
  return (sound * event) / data.length
}

/** ‖y − A x‖²/(M s²), averaged over draws; M counts what was observed (elsewhere y is exactly 0, and so is A x). */
const residualOf = async (
  draws: NdArray<'float32'>,
  batched: BatchedObservations,
  set: ObservationSet,
): Promise<number> => {
  const residual = jit((x: Tensor, batch: Parameters<BatchedObservations['observation']>[0]) => {
    const { y, A } = batched.observation(batch)
    return sub(y, A.apply(x))
  })
  const batch = batched.batch(0, batched.count)
  let sum = 0
  for (let k = 0; k < draws.shape[0]; k++) {
    const { data } = await residual(drawOf(draws, k), batch)
    for (let i = 0; i < data.length; i++) sum += Number(data[i]) ** 2
  }
  await residual.release()
  const seen = set.y.data.reduce((n, v) => n + (v === 0 ? 0 : 1), 0)
  return sum / (draws.shape[0] * seen * set.noise ** 2)
}

/** The 90 % interval where the draws can tell it (19 of them), else the 50 % interval (3). */
const coverageOf = (draws: NdArray<'float32'>, truth: NdArray<'float32'>): Figures['coverage'] => {
  const levels = [0.9, 0.5]
  const found = coverage(draws, truth, { levels, range: [0, 1], resolution: 1 / 255 })
  const told = found.find(({ resolved }) => resolved)
  return told && { level: told.level, share: told.observed }
}

/**
 * Runs a cell.
 *
 * @throws TweedieError `input` when the method does not take the operator; `interrupted`
 */
export const measure = async (cell: Cell, bench: Bench): Promise<Measured> => {
  const { prior, schedule, truth, features, batch = 32, onProgress, signal } = bench
  const set = observationsInPriorUnits(bench.set)
  const batched = batchedObservations(set)
  const method = methods[cell.method]
  const step = ddpm()
  const compiled = method.compile(prior.denoiser, batched.observation, cell.settings, {
    schedule,
    steps: cell.steps,
    method: step,
  })
  const memory = memoryWatch()
  const passes = cell.draws * Math.ceil(cell.images / batch)
  let pass = 0
  const onStep = (done: number, total: number) => {
    memory.at(pass * total + done, passes * total)
    onProgress?.(pass * total + done, passes * total)
    if (done === total) pass++
  }
  const draw = samplerDraw(watched(compiled, onStep), batched, prior.mean, signal)
  const started = performance.now()
  const latents = await drawSeveral(draw, batched, { draws: cell.draws, batch, seed: cell.seed, signal })
  const seconds = (performance.now() - started) / 1000
  const { peakMemory, growth } = memory.figures()
  await draw.release()

  const sound = sanitised(latents, sizeOf(batched.event))
  const residual = await residualOf(latents, batched, set)
  const draws = applyAffine(fromPrior(bench.set.range), latents)
  const singles = Array.from({ length: cell.draws }, (_, k) => drawOf(draws, k))
  const perceptual = await Promise.all(singles.map((x) => perceptualDistance(features, clipped(x), truth)))
  const [cost, last] = [method.cost(cell.settings, step), method.last(cell.settings)]
  return {
    draws,
    figures: {
      psnr: average(singles.map((x) => average(psnr(x, truth)))),
      ssim: average(singles.map((x) => average(ssim(x, truth)))),
      psnrMean: average(psnr(meanOverDraws(draws), truth)),
      perceptual: average(perceptual.map(average)),
      coverage: coverageOf(draws, truth),
      residual,
      sound,
      evaluations: cost.evaluations * cell.steps + last.evaluations,
      vjps: cost.vjps * cell.steps + last.vjps,
      seconds,
      perStep: seconds / (cell.steps * cell.draws * cell.images),
      peakMemory,
      growth,
    },
  }
}

const clipped = (x: NdArray<'float32'>): NdArray<'float32'> =>
  new NdArray(
    'float32',
    x.shape,
    x.data.map((v) => Math.min(1, Math.max(0, v))),
  )

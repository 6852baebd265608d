/** What a learned prior makes: prior samples, and test images restored. All in [0, 1] units. */

import { sampler } from '../../src/diffusion/index.ts'
import { TweedieError } from '../../src/error.ts'
import { network } from '../../src/nn/index.ts'
import { keptEntries, maskedRows } from '../../src/observations/index.ts'
import { applyAffine, fromPrior } from '../../src/operators/index.ts'
import { posteriorDraws, priorDraws } from '../../src/posterior/index.ts'
import { checkAborted, type LongCall } from '../../src/progress.ts'
import { bernoulliBatch, normalBatch, stream } from '../../src/random/index.ts'
import type { LearnedPrior } from '../../src/run/index.ts'
import {
  frozen,
  full,
  jit,
  type NdArray,
  reshaped,
  rows,
  sizeOf,
  type Tensor,
  zeros,
} from '../../src/tensor/index.ts'
import { fixedMask, maskedDenoiser } from '../../src/training/ambient.ts'
import type { LearnerKind } from './learners.ts'
import { type Plan, posteriorSampling, priorSampling } from './plan.ts'

const BATCH = 100
const SEED = 7

const inData = (x: NdArray<'float32'>) => applyAffine(fromPrior([0, 1]), x)

/** Work on consecutive rows, BATCH at a time, put together along the first axis. */
const byBatches = async (
  count: number,
  event: readonly number[],
  { onProgress, signal }: LongCall,
  work: (from: number, to: number) => Promise<NdArray>,
): Promise<NdArray<'float32'>> => {
  const out = zeros([count, ...event])
  for (let from = 0; from < count; from += BATCH) {
    checkAborted(signal)
    const to = Math.min(from + BATCH, count)
    const part = await work(from, to)
    out.data.set(part.data as Float32Array, from * sizeOf(event))
    onProgress?.({ phase: 'sampling', done: to, total: count })
  }
  return out
}

/** The fixed-mask sampler of AmbientDiffusion: here each sample keeps a mask of its own. */
const maskedSamples = async (
  prior: LearnedPrior,
  plan: Plan,
  call: LongCall,
): Promise<NdArray<'float32'>> => {
  if (!prior.ambient) throw new TweedieError('input', 'expected a prior of AmbientDiffusion')
  const { keep, shape } = prior.ambient
  const h = maskedDenoiser(network(prior.net), frozen(prior.params))
  const draw = sampler(
    ({ mask }: { mask: Tensor }) => fixedMask(h, mask),
    priorSampling(prior.sigmaMin, prior.sigmaMax),
  )
  const samples = await byBatches(plan.samples, plan.event, call, (from, to) => {
    const observation = Array.from({ length: to - from }, (_, i) => from + i)
    const mask = bernoulliBatch(stream(SEED, 'mask'), keep, { observation }, shape)
    return draw(
      { mask },
      {
        shape: [to - from, ...plan.event],
        noise: () => normalBatch(stream(SEED, 'start'), { observation }, plan.event),
      },
    )
  })
  await draw.release()
  return samples
}

/** Samples of the prior, [plan.samples, C, H, W]. */
export const samplesOf = async (
  { masked }: LearnerKind,
  prior: LearnedPrior,
  plan: Plan,
  call: LongCall = {},
): Promise<NdArray<'float32'>> => {
  if (masked) return inData(await maskedSamples(prior, plan, call))
  return priorDraws(prior, plan.samples, {
    ...priorSampling(prior.sigmaMin, prior.sigmaMax),
    batch: BATCH,
    seed: SEED,
    onProgress: (done, total) => call.onProgress?.({ phase: 'sampling', done, total }),
    signal: call.signal,
  })
}

/**
 * A masked denoiser restores in one evaluation: y is Ã xt for Ã = A at the lowest noise level, so h(y, A,
 * σ_min) is the posterior mean itself. It has no draws.
 */
const directly = async (prior: LearnedPrior, { test }: Plan, call: LongCall): Promise<NdArray<'float32'>> => {
  const observed = maskedRows(test.set)
  const { y } = await observed.rowsAt(Array.from({ length: observed.count }, (_, i) => i))
  await observed.release()
  const mask = keptEntries(test.set) ?? full(y.shape, 1)
  const h = maskedDenoiser(network(prior.net), frozen(prior.params))
  const program = jit((y: Tensor, m: Tensor, sigma: Tensor) => h(y, m, sigma))
  const [count, ...event] = y.shape
  const means = await byBatches(count, event, call, (from, to) =>
    program(rows(y, from, to), rows(mask, from, to), full([to - from], prior.sigmaMin)),
  )
  await program.release()
  return reshaped(means, [1, ...means.shape])
}

/** Restorations of the test images: draws by MMPS(1) [K, N, …], or the posterior mean alone as one "draw". */
export const restorationsOf = async (
  { masked }: LearnerKind,
  prior: LearnedPrior,
  plan: Plan,
  call: LongCall = {},
): Promise<NdArray<'float32'>> => {
  if (masked) return inData(await directly(prior, plan, call))
  return posteriorDraws(prior, plan.test.set, {
    ...posteriorSampling(plan, prior),
    draws: plan.draws,
    batch: BATCH,
    seed: SEED,
    onProgress: (done, total) => call.onProgress?.({ phase: 'restoring', done, total }),
    signal: call.signal,
  })
}

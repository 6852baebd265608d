/** Sampling by a denoiser that is more than one program. */
import { TweedieError } from '../error.ts'
import { checkAborted } from '../progress.ts'
import { type Arrays, type Feeds, jit, type NdArray, scalar, type Tensor, zeros } from '../tensor/index.ts'
import {
  expectSingleSteps,
  gridOf,
  joined,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
} from './sampler.ts'
import { noiseOf } from './sampler-noise.ts'
import { meanOf, startOf } from './start.ts'
import type { Levels, Stepped } from './step.ts'
import { adams } from './steps/index.ts'

/**
 * A denoiser that is more than one program: E[x | xt] for x [B, ...event] and one noise level, a scalar. A
 * posterior whose system takes a number of iterations that is not known beforehand is one.
 */
export interface HostDenoiser<C> {
  (x: NdArray, sigma: NdArray, context: Feeds<C>): Promise<NdArray>
  release(): Promise<void>
}

/**
 * The sampler of a {@link HostDenoiser}: as `sampler`, with the denoiser's answers made beside the program of
 * the step. Each answer is handed to `onStep`.
 *
 * @throws TweedieError `input` as `sampler`, for steps of more than one evaluation and for `stepsPerRun`
 *
 * @example
 * ```ts
 * const denoise = jit((x: Tensor, s: Tensor) => prior(x, broadcastTo(s, [x.shape[0]])))
 * const host = Object.assign((x: NdArray, s: NdArray) => denoise(x, s), { release: denoise.release })
 * const draw = hostSampler(host, { step: ddim(), steps: 32 })
 * ```
 */
export const hostSampler = <C>(denoise: HostDenoiser<C>, options: SamplerOptions = {}): Sampler<C> => {
  const { step: kind = adams(), start: begin = 'informed' } = options
  if (kind.evaluations !== 1)
    throw new TweedieError(
      'input',
      `step '${kind.name}' takes ${kind.evaluations} answers of the denoiser, expected one here`,
    )
  expectSingleSteps('a sampler whose denoiser is more than one program', options)
  const grid = gridOf(options)
  const total = grid.length - 1
  const start = startOf(begin, options)
  const advance = jit(
    (state: Stepped, levels: Levels, z: readonly Tensor[], xhat: Tensor) =>
      kind.step(() => xhat, state, levels, z[0]),
    options,
  )
  const run = async (context: Feeds<C>, request: SampleRequest): Promise<NdArray> => {
    const { shape, onStep, signal } = request
    const noise = noiseOf(context, request)
    const z0 = noise(-1, 0)
    const level = grid.map((sigma) => scalar(sigma, z0.dtype))
    const x = await start.run(z0, meanOf(request, z0), level[0], (x) => denoise(x, level[0], context))
    let state: Arrays<Stepped> = {
      x,
      memory: Array.from({ length: kind.remembers }, () => zeros(shape, z0.dtype)),
    }
    for (let i = 0; i < total; i++) {
      checkAborted(signal, 'sampling')
      const levels = { t: level[i], s: level[i + 1], before: level[Math.max(i - 1, 0)] }
      const noises = Array.from({ length: kind.noises }, (_, j) => noise(i, j))
      const xhat = await denoise(state.x, level[i], context)
      state = await advance(state, levels, noises.length > 0 ? [joined(noises, shape)] : [], xhat)
      onStep?.({ step: i + 1, steps: total, sigma: grid[i + 1], x: state.x, xhat })
    }
    return denoise(state.x, level[total], context)
  }
  return Object.assign(run, {
    release: async () => {
      await Promise.all([start, advance, denoise].map((program) => program.release()))
    },
  })
}

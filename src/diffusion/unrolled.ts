/** A sampler of few steps as one expression: what a program without a loop takes. */
import { TweedieError } from '../error.ts'
import { add, mul, scalarLike, type Tensor } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import { perSample, type Step, type Stepped } from './step.ts'

/**
 * A step for {@link unrolled}: one that takes no noise, so that a draw is a function of its start.
 *
 * @throws TweedieError `input` for steps that take noise
 */
export const deterministic = (step: Step): Step => {
  if (step.noises === 0) return step
  throw new TweedieError(
    'input',
    `step '${step.name}' takes noise; dpm, ddim and heun without settings do not`,
  )
}

/** Denoiser evaluations of {@link unrolled}: two for the start, those of the steps, and the last denoise. */
export const unrolledEvaluations = (step: Step, steps: number): number => steps * step.evaluations + 3

/**
 * Draws by the probability flow: the informed start (see start.ts), the steps, the denoise at the last level;
 * the same as `sampler` with the same z, and 0 for the mean of its start.
 *
 * @param z - [B, ...event], standard normal
 * @param levels - noise levels from high to low, as of `levelsOf`
 * @throws TweedieError `input` for steps that take noise
 *
 * @example
 * ```ts
 * const levels = levelsOf({ schedule: exponentialSchedule(), steps: 10 }, taperedGrid)
 * const draw = jit((z: Tensor) => unrolled(prior, z, dpmSolver(), levels))
 * ```
 */
export const unrolled = (D: Denoiser, z: Tensor, step: Step, levels: readonly number[]): Tensor => {
  const { remembers, step: next } = deterministic(step)
  const level = (i: number): Tensor => scalarLike(z, levels[i])
  const at = (x: Tensor, i: number): Tensor => D(x, perSample(level(i), x))
  const noise = mul(z, level(0))
  const mean = at(mul(z, 0), 0)
  const above = at(add(mean, noise), 0)
  let state: Stepped = {
    x: add(mul(add(mean, above), 0.5), noise),
    memory: Array.from({ length: remembers }, () => mul(z, 0)),
  }
  for (let i = 0; i + 1 < levels.length; i++)
    state = next(D, state, { t: level(i), s: level(i + 1), before: level(Math.max(i - 1, 0)) }, undefined)
  return at(state.x, levels.length - 1)
}

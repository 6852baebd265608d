/** Draws of a guided diffusion sampler, and what they cost. */

import { ddpm, type Prior, type Sampler, type SamplerState } from '../diffusion/index.ts'
import { batchedObservations, type ObservationSet } from '../observations/index.ts'
import { applyAffine, fromPrior } from '../operators/index.ts'
import { compileMethod, drawSeveral, methodNamed, samplerDraw } from '../posterior/index.ts'
import type { GuidedCell } from './cell.ts'
import { type CostedDraws, memoryWatch, type Watch } from './costed-draws.ts'

/** The prior and batch of guided samplers. */
export interface Guidance extends Watch {
  readonly prior: Prior
  /** Items in flight at once, default 32. */
  readonly batch?: number
}

/** A sampler that reports every step. */
const watched = <C>(draw: Sampler<C>, onStep: (at: SamplerState) => void): Sampler<C> => {
  const run = (...[context, request]: Parameters<Sampler<C>>) => draw(context, { ...request, onStep })
  return Object.assign(run, { release: draw.release })
}

/**
 * Runs a method on a set in the units of the data.
 *
 * @throws TweedieError `input` when the method does not take the operator; `interrupted`
 */
export const guidedDraws = async (
  cell: GuidedCell,
  set: ObservationSet,
  { prior, batch = 32, onProgress, signal }: Guidance,
): Promise<CostedDraws> => {
  const { settings, steps, draws, images, seed } = cell
  const batched = batchedObservations(set, prior.range)
  const method = methodNamed(cell.method)
  const step = ddpm()
  const compiled = compileMethod(method.make(settings), prior.denoiser, batched.observation, {
    schedule: prior.schedule,
    steps,
    step, // all methods by the steps of the papers' benchmark, from their start
    start: 'plain',
  })
  const memory = memoryWatch()
  const passes = draws * Math.ceil(images / batch)
  let pass = 0
  const onStep = ({ step: made }: SamplerState) => {
    memory.at(pass * steps + made, passes * steps)
    onProgress?.(pass * steps + made, passes * steps)
    if (made === steps) pass++
  }
  const draw = samplerDraw(watched(compiled, onStep), batched, prior.mean, signal)
  const started = performance.now()
  const latents = await drawSeveral(draw, batched, { draws, batch, seed, signal })
  const seconds = (performance.now() - started) / 1000
  const spent = memory.figures()
  await draw.release()
  const [cost, last] = [method.cost(settings, step), method.last(settings)]
  return {
    draws: applyAffine(fromPrior(prior.range), latents),
    cost: {
      evaluations: cost.evaluations * steps + last.evaluations,
      vjps: cost.vjps * steps + last.vjps,
      seconds,
      perStep: seconds / (steps * draws * images),
      perMeasurement: seconds / (draws * images),
      ...spent,
    },
  }
}

/**
 * Distillation of a diffusion prior into a one-step sampler: a conditional flow trained on measurements alone, by reverse
 * Kullback–Leibler divergence. A step draws, evaluates the objective, and goes back through flow, operator and denoiser.
 */
import type { Denoiser, LikelihoodOptions } from '../diffusion/index.ts'
import type { Flow, FlowParams } from '../flows/index.ts'
import { normalBatch, type Stream } from '../random/index.ts'
import { reshape, type Tensor } from '../tensor/index.ts'
import {
  type DescentOptions,
  type Distiller,
  descent,
  type Loss,
  type Measurements,
  type Named,
} from './descent.ts'
import { exactNegLogPrior } from './exact-neg-log-prior.ts'
import { boundNegLogPrior, type NegLogPrior } from './neg-log-prior.ts'
import { type ApsOptions, klTerms } from './objective.ts'

/** How to distil. */
export interface DistillOptions extends DescentOptions {
  /** The bound on log p(x). */
  readonly objective?: ApsOptions
  /**
   * Take log p(x) itself in place of its bound, by the probability-flow ODE (Feng et al. 2023): the comparator, hundreds of network
   * evaluations a step. Its diffusion and start are given here; `objective` is then without meaning.
   */
  readonly exact?: LikelihoodOptions
}

/**
 * Compiles distillation.
 *
 * All randomness is addressed by the step: a run gives the same result whether or not it was interrupted.
 *
 * @param flow - over x flattened or in the prior's shape: as many entries
 * @param prior - denoiser with its weights as constants (`frozen`)
 * @param streamOf - the random stream of a purpose, such as `(purpose) => stream(seed, purpose)`
 * @throws TweedieError `input` when the measurements have no rows, or not all as many
 *
 * @example
 * ```ts
 * const measurements = { arrays: { y, mask }, observe: ({ y, mask: m }) => ({ y, A: mask(m), noise: isotropicNoise(0.4) }) }
 * const { step } = distiller(flow, prior, measurements, { batch: 64, rate: warmUp(constantRate(1e-5), 5000) }, (p) => stream(0, p))
 * const next = await step(initDistillState(flow.init(0)), 0)
 * ```
 */
export const distiller = (
  flow: Flow,
  prior: Denoiser,
  measurements: Measurements,
  options: DistillOptions,
  streamOf: (purpose: string) => Stream,
): Distiller => {
  const { exact, batch, objective, execute } = options
  if (exact) {
    const tangents = exactNegLogPrior(prior, drawing(flow, measurements, batch), { ...exact, ...execute })
    return descent(measurements, divergence(flow, measurements, tangents, batch, streamOf), options, streamOf)
  }
  const bound = boundNegLogPrior(prior, batch, streamOf, objective)
  return descent(measurements, divergence(flow, measurements, bound, batch, streamOf), options, streamOf)
}

/** A draw of each row, the way training makes it. */
const drawing =
  (flow: Flow, measurements: Measurements, batch: number) =>
  (params: FlowParams<Tensor>, arrays: Named<string, Tensor>, z: Tensor) => {
    const observation = measurements.observe(arrays)
    const told = measurements.condition?.(arrays) ?? reshape(observation.y, [batch, ...flow.condition])
    const drawn = flow.sample(params, told, z, { training: true })
    return { ...drawn, x: reshape(drawn.x, [batch, ...observation.A.inShape]), observation }
  }

/** The reverse divergence of one draw for each measurement, whatever the price of a draw under the prior. */
const divergence = <P>(
  flow: Flow,
  measurements: Measurements,
  price: NegLogPrior<P>,
  batch: number,
  streamOf: (purpose: string) => Stream,
): Loss<{ readonly z: Tensor; readonly price: P }> => {
  const latents = streamOf('z')
  const observation = Array.from({ length: batch }, (_, i) => i)
  const drawn = drawing(flow, measurements, batch)
  return {
    of: (params, arrays, given, weight) => {
      const draw = drawn(params, arrays, given.z)
      const terms = klTerms(draw.observation, draw, price.of(draw.x, given.price), weight)
      return { terms, statistics: draw.statistics }
    },
    given: async (input) => {
      const z = normalBatch(latents, { step: input.step, observation }, flow.event) // one z for each y
      return { z, price: await price.given({ ...input, z }) }
    },
    release: price.release,
  }
}

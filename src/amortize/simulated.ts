/**
 * The other way to an amortised posterior: forward Kullback–Leibler divergence on simulations (neural posterior estimation: Papamakarios &
 * Murray 2016; Radev et al. 2020). With x from the prior, observed as one of the measurements was,
 *
 *   E_x E_{y given x} [−log q(x | y)] = E_y KL(p(x | y) ‖ q(x | y)) + const.
 *
 * It covers every mode, where the reverse divergence may drop some, and its step needs no network of the prior. Still no truth: x are
 * draws of the prior.
 */

import { TweedieError } from '../error.ts'
import { type Flow, logStandardNormal } from '../flows/index.ts'
import { integers, normalBatch, type Stream } from '../random/index.ts'
import { mean, type NdArray, neg, reshape, rowsAt, scalarLike, sub, type Tensor } from '../tensor/index.ts'
import { type DescentOptions, type Distiller, descent, type Loss, type Measurements } from './descent.ts'

/**
 * Compiles the training of a flow on simulations. Of the terms of a step, `prior` is −log π(z), `logdet` that of x ↦ z, `data` 0. Statistics
 * of BatchNorm stay as they are.
 *
 * @param x - draws of the prior [N, ...event], in its units
 * @param measurements - their operators and noise are those of the simulations; their y is not looked at
 * @throws TweedieError `input` when the measurements have no rows, or cannot be simulated
 *
 * @example
 * ```ts
 * const { step } = simulationDistiller(flow, x, measurements, { batch: 64, rate: constantRate(1e-3) }, (p) => stream(0, p))
 * const next = await step(initDistillState(flow.init(0)), 0)
 * ```
 */
export const simulationDistiller = (
  flow: Flow,
  x: NdArray<'float32'>,
  measurements: Measurements,
  options: DescentOptions,
  streamOf: (purpose: string) => Stream,
): Distiller => {
  const { simulate } = measurements
  if (!simulate)
    throw new TweedieError('input', 'simulationDistiller: these measurements cannot be simulated')
  const [chosen, noises] = [streamOf('samples'), streamOf('simulated noise')]
  const observation = Array.from({ length: options.batch }, (_, i) => i)
  const loss: Loss<{ readonly x: Tensor; readonly e: Tensor }> = {
    of: (params, arrays, given) => {
      const told = simulate(arrays, given.x, given.e)
      const inside = reshape(given.x, [given.x.shape[0], ...flow.event])
      const { z, logdet } = flow.inverse(params, inside, told)
      const [surprise, volume] = [mean(neg(logStandardNormal(z))), mean(logdet)]
      return {
        terms: { loss: sub(surprise, volume), data: scalarLike(volume, 0), prior: surprise, logdet: volume },
        statistics: params.statistics,
      }
    },
    given: async ({ step, arrays }) => {
      const rows = Array.from(integers(chosen, 0, x.shape[0], [options.batch], { step }).data, Number)
      return {
        x: rowsAt(x, rows),
        e: normalBatch(noises, { step, observation }, arrays.y.shape.slice(1)),
      }
    },
    release: async () => {},
  }
  return descent(measurements, loss, options, streamOf)
}
